"""Measure the speed of each part of the workflow and print a table.

    python benchmarks/speed.py --data

A table row with its rows of `…` is one comparison. Its cases take turns, so that other programs on
the machine slow all of them alike: compare their ratios, not seconds.
"""

import argparse
import io
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import torch
from PIL import Image

from respectra.build import build
from respectra.camera.observations import Observations
from respectra.camera.observe import photograph_cube, photograph_dataset
from respectra.camera.response import load_response, project
from respectra.config import Config
from respectra.costs.network import draw_images
from respectra.datasets.scenes import store_dataset
from respectra.datasets.store import Store
from respectra.datasets.superpixels import label_superpixels
from respectra.device import autocast, keep_freed_memory, place_network
from respectra.inputs import InputAssembler
from respectra.losses import mrae
from respectra.metrics import METRICS
from respectra.plans.steps import plan_camera, plan_dataset
from respectra.score import compute_scores
from respectra.train.patches import Patches

ROOT = Path(__file__).parents[1]
ROWS, COLUMNS, BANDS = 482, 512, 31


def measure_seconds(*calls: Callable[[], object], rounds: int = 5) -> list[float]:
    """Return the median time of each call; the calls take turns, after one round to warm up."""
    for call in calls:
        call()
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, call_times in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            call_times.append(time.perf_counter() - start)
    return [statistics.median(call_times) for call_times in times]


def draw_cube(rng: np.random.Generator) -> np.ndarray:
    """Return a random cube, (bands, rows, columns), in the memory order of the store."""
    return np.moveaxis(rng.random((ROWS, COLUMNS, BANDS), dtype=np.float32) + 0.05, -1, 0)


def write_store(
    rng: np.random.Generator, folder: Path, count: int = 12
) -> tuple[Store, Observations]:
    """Write random scenes of the challenge's size and their pictures to a folder."""
    (folder / "cubes").mkdir()
    lines = ["scene,split,path,rows,columns"]
    for i in range(count):
        np.save(folder / f"cubes/{i}.npy", np.moveaxis(draw_cube(rng), 0, -1))
        np.save(folder / f"{i}.npy", rng.integers(0, 256, (ROWS, COLUMNS, 3), dtype=np.uint8))
        lines.append(f"{i},train,cubes/{i}.npy,{ROWS},{COLUMNS}")
    (folder / "scenes.csv").write_text("\n".join(lines) + "\n")
    (folder / "wavelengths.csv").write_text(
        "\n".join(["wavelength_nm", *(str(400 + 10 * i) for i in range(BANDS)), ""])
    )
    return Store(folder / "scenes.csv"), Observations(folder)


class InMemory(Store):
    """A store that holds its scenes in memory, for the comparison with memory mapping."""

    def __init__(self, manifest: Path) -> None:
        super().__init__(manifest)
        self._copies: dict[str, np.ndarray] = {}

    def bands_last(self, name: str) -> np.ndarray:
        """Return a cube, (rows, columns, bands)."""
        if name not in self._copies:
            self._copies[name] = np.array(super().bands_last(name))
        return self._copies[name]


def measure_patches(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Training patches per second, read from memory-mapped files and from memory."""
    phase = {
        "patch": 128,
        "stride": 8,
        "batch": 20,
        "augment": ["rotate", "flip"],
        "iterations": 9999,
        "resize": False,
        "clipping": None,
        "cubes": "stored",
    }
    inputs = {"rgb": {"scale": "per_image"}, "superpixels": None, "estimate": None}
    with tempfile.TemporaryDirectory() as folder:
        mapped, observations = write_store(rng, Path(folder))
        in_memory = InMemory(Path(folder) / "scenes.csv")
        sources = [
            Patches(
                store, InputAssembler(inputs, store, observations), store.scenes(),
                phase=phase, seed=0, number=0,
            )
            for store in (mapped, in_memory)
        ]  # fmt: skip
        for patches in sources:  # fill the cache of the operating system, and the arrays
            for i in range(10):
                patches[i]
        counters = [iter(range(10, 9999)) for _ in sources]
        streamed_time, memory_time = measure_seconds(
            *(lambda p=p, c=c: p[next(c)] for p, c in zip(sources, counters, strict=True)),
            rounds=25,
        )
        block = np.ones((128, 128, BANDS), np.float32)
        place = np.empty_like(block)
        with ThreadPoolExecutor(2) as pool:
            calls = range(100)

            def measure_threads(call: Callable[[int], object]) -> float:
                times = measure_seconds(lambda: list(pool.map(call, calls)), rounds=5)
                return times[0] / len(calls)

            threads_time = measure_threads(lambda _: sources[0][next(counters[0])])
            copies_time = measure_threads(lambda _: [np.copyto(place, block) for _ in range(20)])
    step = prepare_step("mst_plus_plus", 128, 1, "float32", True)
    step_time = measure_seconds(step, rounds=3)[0] * phase["batch"]
    yield "patches of 128×128 per second, from files", f"{phase['batch'] / streamed_time:.0f}"
    yield "… from files, on two threads", f"{phase['batch'] / threads_time:.0f}"
    yield "… copies of as many bytes only, on two threads", f"{20 / copies_time:.0f}"
    yield "… from memory", f"{phase['batch'] / memory_time:.0f}"
    extra = max(0.0, streamed_time - memory_time) / step_time
    yield "… extra time of files in a training step of MST++", f"{100 * extra:.2f} %"


def photograph_plainly(cube: np.ndarray, curves: np.ndarray, rng: np.random.Generator) -> bytes:
    """Return a picture of the challenge's camera, computed as its definition is written."""
    rgb = np.einsum("rcb,kb->rck", np.moveaxis(cube, 0, -1).astype(np.float64), curves)
    rgb = np.clip(rgb, 0, None)
    rgb = rng.poisson(rgb * 750) / 750
    rgb = np.clip(rgb * (0.18 / rgb.mean()), 0, 1)
    file = io.BytesIO()
    picture = Image.fromarray((rgb * 255).astype(np.uint8))
    picture.save(file, "JPEG", quality=70, subsampling="4:2:0")
    return file.getvalue()


def measure_camera(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Pictures per second of the challenge's camera."""
    camera = Config(ROOT).camera("ntire2022")
    wavelengths = [400.0 + 10 * i for i in range(BANDS)]
    response = load_response(
        ROOT / camera.response.file,
        wavelengths,
        columns=camera.response.columns,
        gains=camera.response.gains,
    )
    cube, chain = draw_cube(rng), [dict(part) for part in camera.chain]
    signal = project(cube, response)
    ours, plain, photons = measure_seconds(
        lambda: photograph_cube(cube, response, chain, rng),
        lambda: photograph_plainly(cube, response, rng),
        lambda: rng.poisson(signal * 750),
    )
    yield f"camera: {ROWS}×{COLUMNS} images per second and core", f"{1 / ours:.1f} ({ours:.4f} s)"
    yield "… the definition in plain NumPy", f"{1 / plain:.1f} ({plain:.4f} s)"
    yield "… ratio", f"{plain / ours:.2f}"
    yield "… NumPy's draw of photons, part of the definition", f"{photons:.4f} s"


def measure_preparation(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Time, disk and memory of the steps `datasets` and `camera` for the 950 scenes of ARAD-1K.

    Twelve scenes are measured; time and disk are in proportion.
    """
    config = Config(ROOT)
    for stored in ("float32", "float16"):
        peaks = []
        for count in (4, 12):
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                rows = ["scene,split"]
                for i in range(count):
                    rows.append(f"s{i},train")
                    values = np.ascontiguousarray(draw_cube(rng).transpose(0, 2, 1))
                    with h5py.File(folder / f"s{i}.mat", "w") as file:  # MATLAB's order, v7.3
                        file["cube"] = values / 1.1
                (folder / "scenes.csv").write_text("\n".join(rows) + "\n")
                read = {"is": "folder:read", "folder": place, "splits": "scenes.csv"}
                plan = {
                    **plan_dataset(config, "arad1k", config.choices()),
                    "read": {**read, "key": "cube"},
                    "stored": stored,
                }
                camera_plan = {**plan_camera(config, "arad1k", config.choices()), "provided": None}
                start = time.perf_counter()
                _run_alone(_prepare, plan, camera_plan, folder / "out")
                duration = time.perf_counter() - start
                peaks.append(int((folder / "out/peak").read_text()) / 2**20)
                disk = sum(f.stat().st_size for f in (folder / "out").rglob("*") if f.is_file())
        label = f"preparing 950 scenes, stored as {stored}, in proportion to {count}"
        yield label, f"{950 * duration / count / 60:.1f} min, {950 * disk / count / 1e9:.1f} GB"
        yield "… peak memory with 4 and 12 scenes", f"{peaks[0]:.2f}, {peaks[1]:.2f} GiB"
    # Half precision is coarse for small values, so the values are uniform in their logarithm.
    values = np.exp(rng.uniform(np.log(1e-3), 0, 10**6)).astype(np.float32)
    error = np.abs(values.astype(np.float16).astype(np.float32) - values) / values
    yield "… MRAE of a float16 store, values of 0.001 to 1", f"{error.mean():.6f}"


def _prepare(plan: dict[str, object], camera_plan: dict[str, object], out: Path) -> None:
    """Run the steps `datasets` and `camera` and write the peak memory of the process."""
    out.mkdir()
    scenes, cubes = out / "scenes.csv", out / "cubes"
    threads = os.cpu_count() or 1
    store_dataset(
        plan=plan, save_scenes=scenes, save_cubes=cubes, save_wavelengths=out / "wavelengths.csv",
        threads=threads,
    )  # fmt: skip
    photograph_dataset(
        plan=camera_plan, scenes=scenes, save_observations=out / "observations",
        save_response=out / "response.csv", save_scenes=out / "pictures.csv", threads=threads,
    )  # fmt: skip
    status = Path("/proc/self/status").read_text()  # getrusage would count the parent's memory
    (out / "peak").write_text(next(x.split()[1] for x in status.splitlines() if "VmHWM" in x))


def _run_alone(call: Callable[..., None], *arguments: object) -> None:
    """Run a function in a new process, so that its peak memory is that of this call."""
    process = multiprocessing.get_context("spawn").Process(target=call, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{call.__name__} ended with status {process.exitcode}")


def measure_superpixels(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Time of HPRN's superpixels, compared with a step of its training."""
    method = Config(ROOT).method("hprn")
    assert method.inputs is not None
    assert method.inputs.superpixels is not None
    settings = method.inputs.superpixels.model_dump()
    coarse = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    patch = np.kron(coarse, np.ones((8, 8, 1), np.uint8))
    fast, slow = measure_seconds(
        lambda: label_superpixels(patch, **{**settings, "backend": "fast_slic"}),
        lambda: label_superpixels(patch, **{**settings, "backend": "skimage"}),
    )
    step = measure_seconds(prepare_step("hprn", 64, 1, "float32", True), rounds=3)[0]
    yield "superpixels of a 64×64 patch at four scales, fast-slic, ms", f"{1e3 * fast:.2f}"
    yield "… scikit-image, ms", f"{1e3 * slow:.2f}"
    yield "… fast-slic's share of a training step of HPRN", f"{100 * fast / (fast + step):.2f} %"


def measure_scores(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Time of all metrics of a scene."""
    cube = draw_cube(rng)
    reconstruction = cube * (1 + 0.1 * rng.standard_normal((BANDS, 1, 1)).astype(np.float32))
    response = rng.random((3, BANDS))
    duration = measure_seconds(lambda: compute_scores(reconstruction, cube, response))[0]
    yield f"scoring: {len(METRICS)} metrics of a scene, seconds", f"{duration:.3f}"


def prepare_step(
    name: str, size: int, batch: int, precision: str, last: bool
) -> Callable[[], object]:
    """Return a function that computes one training step of a method's network."""
    network, images = build_network(name, size, size, batch, last)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    layout = torch.channels_last if last else torch.contiguous_format
    cube = (torch.rand(batch, BANDS, size, size) + 0.1).contiguous(memory_format=layout)
    dtype = getattr(torch, precision)

    def step() -> None:
        optimizer.zero_grad()
        with autocast(dtype, torch.device("cpu")):
            reconstruction = network(**images)
        mrae(reconstruction.float(), cube).backward()
        optimizer.step()

    return step


def prepare_image(
    name: str, rows: int, columns: int, precision: str, last: bool
) -> Callable[[], object]:
    """Return a function that reconstructs one image with a method's network."""
    network, images = build_network(name, rows, columns, 1, last)
    dtype = getattr(torch, precision)

    def run() -> None:
        with torch.inference_mode(), autocast(dtype, torch.device("cpu")):
            network(**images)

    return run


def build_network(
    name: str, rows: int, columns: int, batch: int, last: bool
) -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    """Return a method's network and random inputs, channels-last if `last`."""
    method = Config(ROOT).method(name)
    layout = torch.channels_last if last else torch.contiguous_format
    network = build("network", method.network, bands=BANDS)
    if last:
        place_network(network, torch.device("cpu"))
    assert method.inputs is not None
    drawn = draw_images(method.inputs, batch, rows, columns, bands=BANDS)
    return network, {key: v.contiguous(memory_format=layout) for key, v in drawn.items()}


def measure_networks(size: int) -> Iterator[tuple[str, str]]:
    """Time of an image and of a training step of each network."""
    config = Config(ROOT)
    for name in config.methods:
        if config.kind(name) != "network":
            continue
        cases = [(p, last) for p in ("float32", "bfloat16") for last in (False, True)]
        images = [prepare_image(name, size, size, *case) for case in cases]
        steps = [prepare_step(name, size, 1, *case) for case in cases]
        image_times = measure_seconds(*images, rounds=3)
        step_times = measure_seconds(*steps, rounds=3)
        for (precision, last), image, step in zip(cases, image_times, step_times, strict=True):
            layout = "channels last" if last else "channels first"
            title = f"{config.method(name).title}, {size}×{size}, {precision}, {layout}"
            yield f"{title}: image, step (s)", f"{image:.3f}, {step:.3f}"


PARTS = (
    measure_patches, measure_camera, measure_preparation, measure_superpixels, measure_scores,
)  # fmt: skip


def main() -> None:
    """Print a row per measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=128, help="side of the networks' images (128)")
    parser.add_argument("--data", action="store_true", help="do not measure the networks")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of PyTorch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    keep_freed_memory()  # as in the jobs of the workflow
    rng = np.random.default_rng(0)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"{options.threads} threads, torch {torch.__version__}, load {os.getloadavg()[0]:.1f}\n"
    )
    for part in PARTS:
        for label, value in part(rng):
            print(f"{label:75} {value}", flush=True)
    for label, value in () if options.data else measure_networks(options.size):
        print(f"{label:75} {value}", flush=True)


if __name__ == "__main__":
    main()
