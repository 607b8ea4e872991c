"""Measure whether trainings wait for data: iterations per second of each recipe, its inputs made.

    python benchmarks/pipeline.py --workers 8 --cores 8 --arithmetic fast --graphs --save p.jsonl
    python benchmarks/pipeline.py --loader-only --methods hprn --workers 1

Scenes of the challenge's size, smooth and random, are stored and photographed once. Then the
training loop of each method runs as in a job, without checkpoints and choices of weights: first
with one batch that lies on the device (`step`), then with its loader (`loop`). In between, batches
are read and left unused (`loader`). Phases whose inputs are equal are measured once. `waiting` is
the share of time that the device waits for data, 1 − loop / step.

Each method runs in a process of its own, one after the other, so that a failure is one row of the
table. A method that does not fit into the device's memory is measured again with each batch in
more parts. Methods that are not reached before the end of `--seconds` are named.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, repeat
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from scipy import ndimage

from respectra.camera.observe import photograph_dataset
from respectra.config import Config
from respectra.datasets.scenes import store_dataset
from respectra.device import describe_device
from respectra.plan_types import TrainPlan
from respectra.plans.steps import plan_camera, plan_dataset, plan_train
from respectra.train import loop
from respectra.train.objective import needs_gain
from respectra.train.progress import Progress, Recorder
from respectra.train.run import Run, prepare_run

ROOT = Path(__file__).parents[1]
# The first are those that need most of a loader.
FIRST = ("hprn", "mialgo_han", "ivl_squeeze", "unet", "mst_plus_plus", "yuelushan", "mscnn")
SIZE, TINY_SIZE, BANDS = (482, 512), (64, 72), 31
SURFACES, BLOBS = 6, 24  # spectra of a scene, and areas along its shorter side
ITERATIONS = 100_000  # of a measured phase: more than are ever reached
WARM_UPS, SHORTEST = 3, 0.3  # steps; seconds between two waits for the device
SHARES = {"step": 0.25, "loader": 0.25, "loop": 0.5}  # of the seconds of a method
PRELOADED = ["__main__", "torch._dynamo"]  # of the process that those of methods are copies of
SETUP, SHORTEST_WINDOW = 3.0, 1.2  # seconds before a method is measured; and of its measurements
PATIENCE = 90.0  # seconds for one method
LARGEST_PARTS = 4
DECISIVE = (
    "patch", "resize", "stride", "batch", "augment", "clipping", "cubes", "hold_out",
)  # fmt: skip
COLUMNS = ("method", "phase", "batch", "patch", "loop", "step", "loader", "waiting", "setup")
Row = dict[str, Any]


def draw_scene(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Return a smooth random cube, (rows, columns, bands), float32, at most 1."""
    rows, columns = size
    coarse = rng.random((SURFACES, BLOBS, BLOBS + 2), dtype=np.float32)
    scale = (1, rows / BLOBS, columns / (BLOBS + 2))
    areas = ndimage.zoom(coarse, scale, order=1)[:, :rows, :columns]
    areas *= 1 + 0.05 * rng.standard_normal(areas.shape, dtype=np.float32)
    walks = np.cumsum(rng.standard_normal((SURFACES, BANDS)), axis=1)
    spectra = np.exp(0.2 * walks).astype(np.float32)
    cube = np.maximum(np.einsum("srw,sb->rwb", areas, spectra, optimize=True), 1e-3)
    return cube / cube.max()


def store_scenes(folder: Path, count: int, size: tuple[int, int], threads: int) -> None:
    """Store random scenes and their pictures as the steps `datasets` and `camera` do."""
    source, datasets, camera = folder / "source", folder / "datasets", folder / "camera"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)

    def save(number: int) -> None:
        np.save(source / f"s{number:02}.npy", draw_scene(np.random.default_rng(number), size))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(save, range(count)))
    rows = ["scene,split", *(f"s{number:02},train" for number in range(count))]
    (source / "scenes.csv").write_text("\n".join([*rows, ""]))
    config = Config(ROOT)
    plan = plan_dataset(config, "arad1k", config.choices())
    read: Any = {"is": "folder:read", "folder": str(source), "splits": "scenes.csv"}
    store_dataset(
        plan={**plan, "read": read, "size": list(size)}, save_scenes=datasets / "scenes.csv",
        save_cubes=datasets / "cubes", save_wavelengths=datasets / "wavelengths.csv",
        threads=threads,
    )  # fmt: skip
    shutil.rmtree(source)
    photograph_dataset(
        plan={**plan_camera(config, "arad1k", config.choices()), "provided": None},
        scenes=datasets / "scenes.csv", save_observations=camera / "observations",
        save_response=camera / "response.csv", save_scenes=camera / "scenes.csv",
        threads=threads,
    )  # fmt: skip


def plan_measurement(method: str, parts: int, *, tiny: bool) -> TrainPlan:
    """Return the plan of a training that is long enough and chooses no weights.

    Args:
        method: its name.
        parts: factor of the number of parts in which a batch is computed.
        tiny: whether the network is small and the batch as well.
    """
    config = Config(ROOT)
    plan = plan_train(config, method, "smoke" if tiny else "full")
    for phase in plan["train"]:
        phase.update(
            iterations=ITERATIONS, epochs=None, choose=None, accumulate=phase["accumulate"] * parts
        )
    return plan


def choose_phases(run: Run) -> list[int]:
    """Return the numbers of the phases whose inputs no earlier phase has."""
    described = [
        repr([phase[key] for key in DECISIVE])  # type: ignore[literal-required]
        + repr((phase["extra_datasets"], needs_gain(run.network, phase["objective"])))
        for phase in run.phases
    ]
    return [number for number, text in enumerate(described) if text not in described[:number]]


class Reader:
    """Takes the place of the loop's reader of batches, and measures while the loop runs.

    Args:
        read: the loop's own reader.
        seconds: of all measurements together.
        device: of the network.
        loader_only: whether no step is measured.
    """

    def __init__(
        self, read: Callable[..., Any], seconds: float, device: torch.device, *, loader_only: bool
    ) -> None:
        self._read, self._device, self._loader_only = read, device, loader_only
        shares = {"loader": 1.0} if loader_only else SHARES
        self._seconds = {name: share * seconds for name, share in shares.items()}
        self.rates: dict[str, float] = {}

    def __call__(self, patches: Any, first: int, device: Any, workers: int) -> Iterator[Any]:
        """Yield batches until everything is measured; the arguments are those of the loop."""
        if not self._loader_only:
            batch = {name: tensor.to(self._device) for name, tensor in patches[first].items()}
            self.rates["step"] = yield from self._measure_loop(repeat(batch), "step")
        batches = iter(self._read(patches, first, device, workers))
        # Nobody waits for the loader's first batches, so it holds none in reserve at the end.
        self.rates["loader"] = self._measure_loader(batches, max(1, workers))
        if not self._loader_only:
            self.rates["loop"] = yield from self._measure_loop(batches, "loop")

    def _measure_loader(self, batches: Iterator[Any], warm_ups: int) -> float:
        for _ in islice(batches, warm_ups):
            pass
        start, count = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < self._seconds["loader"]:
            next(batches)
            count += 1
        return count / elapsed

    def _measure_loop(self, batches: Iterable[Any], name: str) -> Generator[Any, None, float]:
        """Yield batches; return the number of steps per second."""
        batches = iter(batches)
        yield from islice(batches, WARM_UPS)
        self._wait()
        start, count, size = time.perf_counter(), 0, 1
        while (elapsed := time.perf_counter() - start) < self._seconds[name]:
            began = time.perf_counter()
            yield from islice(batches, size)
            self._wait()  # the loop is ahead of the device, so time is only known at these points
            count += size
            if time.perf_counter() - began < SHORTEST:
                size *= 2
        return count / elapsed

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize()


def measure_method(task: Row, answers: Any) -> None:
    """Measure the phases of a method in this process and send a row for each.

    Args:
        task: method, parts, and the options of the command line.
        answers: a pipe's end, which receives rows; None at the end.
    """
    multiprocessing.set_start_method(task["start_method"], force=True)  # of the loader's workers
    if task["cores"]:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: task["cores"]])
    folder = Path(task["data"])
    try:
        torch.set_num_threads(1)  # as a job of the workflow
        run = prepare_run(
            plan=plan_measurement(task["method"], task["parts"], tiny=task["tiny"]),
            scenes=folder / "datasets/scenes.csv", observations=folder / "camera/observations",
            extra_manifests=(), seed=0, device_name=task["device"], workers=task["workers"],
            graphs=task["graphs"], arithmetic=task["arithmetic"],
        )  # fmt: skip
        numbers = choose_phases(run)
        for number in numbers:
            reader = Reader(
                loop.read_batches, task["window"] / len(numbers), run.device,
                loader_only=task["loader_only"],
            )  # fmt: skip
            progress = Progress("", iterations=run.count_iterations(number))
            recorder = Recorder(progress, folder / "progress.pt", run.iterations, float("inf"))
            with mock.patch.object(loop, "read_batches", reader):
                loop.run_phase(run, number, recorder)
            phase = run.phases[number]
            answers.send(
                {
                    "method": task["method"], "phase": number + 1, "batch": phase["batch"],
                    "patch": phase["patch"], "parts": phase["accumulate"], **reader.rates,
                    "device": describe_device(run.device),
                }
            )  # fmt: skip
    except Exception as error:  # the other methods are measured all the same
        answers.send({"method": task["method"], "error": f"{type(error).__name__}: {error}"[:300]})
    answers.send(None)


def run_alone(context: Any, task: Row) -> list[Row]:
    """Measure a method in a new process and return its rows."""
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=measure_method, args=(task, sending))
    start = time.monotonic()
    process.start()
    sending.close()
    rows: list[Row] = []
    problem = None
    try:
        while True:
            if not receiving.poll(max(0.0, start + PATIENCE - time.monotonic())):
                problem = f"no answer within {PATIENCE:.0f} s"
                break
            row = receiving.recv()
            if row is None:
                break
            rows.append(row)
    except EOFError:
        process.join()
        problem = f"the process ended with status {process.exitcode}"
    process.join(0 if problem else PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()
    if problem:
        rows.append({"method": task["method"], "error": problem})
    setup = time.monotonic() - start - task["window"]
    return [{**row, "setup": round(setup, 1)} for row in rows]


def measure_in_parts(context: Any, task: Row) -> list[Row]:
    """Measure a method; if memory does not suffice, with each batch in more parts."""
    while True:
        rows = run_alone(context, task)
        is_full = any("OutOfMemory" in row.get("error", "") for row in rows)
        if not is_full or task["parts"] >= LARGEST_PARTS:
            return rows
        task = {**task, "parts": 2 * task["parts"]}


def format_row(row: Row) -> str:
    """Return a row of the table."""
    if "error" in row:
        return f"| {row['method']} | {row['error']} |"
    texts = [row["method"], row["phase"], row["batch"], row["patch"]]
    texts += [f"{row[key]:.2f}" if key in row else "–" for key in ("loop", "step", "loader")]
    texts.append(f"{100 * row['waiting']:.1f} %" if "waiting" in row else "–")
    parts = f" in {row['parts']} parts" if row["parts"] > 1 else ""
    return f"| {' | '.join(map(str, texts))} | {row['setup']}{parts} |"


def list_methods(config: Config) -> list[str]:
    """Return the networks; the first ones need most of a loader."""
    networks = [name for name in config.methods if config.kind(name) == "network"]
    return [*FIRST, *(name for name in networks if name not in FIRST)]


def read_options() -> argparse.Namespace:
    """Return the options of the command line; those of a machine are as in config.yaml."""
    choices = Config(ROOT).choices()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--methods", nargs="*", help="names of networks; all of them by default")
    parser.add_argument("--device", default=choices.device)
    parser.add_argument("--arithmetic", default=choices.arithmetic, choices=("exact", "fast"))
    parser.add_argument("--graphs", action="store_true", default=choices.graphs)
    parser.add_argument("--workers", type=int, default=8, help="processes that read patches")
    parser.add_argument("--cores", type=int, default=0, help="of the CPU, for each training")
    parser.add_argument("--scenes", type=int, default=24)
    parser.add_argument("--data", type=Path, help="a folder for the scenes, which are used again")
    parser.add_argument("--window", type=float, default=4.0, help="seconds of a method, at most")
    parser.add_argument("--seconds", type=float, default=150.0, help="of everything")
    parser.add_argument("--loader-only", action="store_true", help="no steps")
    parser.add_argument("--save", type=Path, help="a file of JSON lines")
    parser.add_argument("--tiny", action="store_true", help="sizes that test this script")
    return parser.parse_args()


def main() -> None:
    """Measure all methods and print a table."""
    options, start = read_options(), time.monotonic()
    methods = options.methods or list_methods(Config(ROOT))
    start_method = multiprocessing.get_start_method()
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = (
        "1"  # a look for a GPU must not open it: see below
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.data or Path(temporary)
        if not (folder / "camera/scenes.csv").is_file():
            size = TINY_SIZE if options.tiny else SIZE
            store_scenes(folder, options.scenes, size, len(os.sched_getaffinity(0)))
        shared = shutil.disk_usage("/dev/shm").free / 2**30
        print(
            f"{options.scenes} scenes after {time.monotonic() - start:.0f} s; "
            f"{options.workers} workers, {options.cores or os.cpu_count()} cores, "
            f"{options.arithmetic}{', graphs' if options.graphs else ''}, "
            f"PyTorch {torch.__version__}, {shared:.1f} GiB of shared memory"
        )
        print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}", flush=True)
        setups = [SETUP]
        for number, method in enumerate(methods):
            left = start + options.seconds - time.monotonic()
            if left < SETUP:
                print(f"not measured: {' '.join(methods[number:])}")
                break
            share = left / (len(methods) - number) - sum(setups) / len(setups)
            task = {
                **vars(options), "method": method, "data": str(folder), "parts": 1,
                "start_method": start_method,
                "window": min(options.window, max(share, SHORTEST_WINDOW)),
            }  # fmt: skip
            task.pop("save")
            rows = measure_in_parts(context, task)
            if number == 0 and any("CUDA error" in row.get("error", "") for row in rows):
                # A process cannot open a GPU if it is a copy of one that has opened it.
                context = multiprocessing.get_context("spawn")
                rows = measure_in_parts(context, task)
            setups.append(rows[-1]["setup"])
            for row in rows:
                if "loop" in row:
                    row["waiting"] = max(0.0, 1 - row["loop"] / row["step"])
                print(format_row(row), flush=True)
                if options.save:
                    with open(options.save, "a", encoding="utf-8") as file:
                        file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
