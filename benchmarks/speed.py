"""`python benchmarks/speed.py`: how fast the parts are, as a table; nothing here is a test.

Rows that belong together are measured in turn and side by side: compare their ratio, not seconds.
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


def seconds(*calls: Callable[[], object], rounds: int = 5) -> list[float]:
    """The median time of each call, taken in turn so that a busy machine slows all alike."""
    for call in calls:
        call()
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, found in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            found.append(time.perf_counter() - start)
    return [statistics.median(found) for found in times]


def scene(rng: np.random.Generator) -> np.ndarray:
    """A cube as the store has it, (bands, rows, columns) over (rows, columns, bands)."""
    return np.moveaxis(rng.random((ROWS, COLUMNS, BANDS), dtype=np.float32) + 0.05, -1, 0)


def store(rng: np.random.Generator, folder: Path, count: int = 12) -> tuple[Store, Observations]:
    """Scenes of the challenge's size on disk."""
    (folder / "cubes").mkdir()
    lines = ["scene,split,path,rows,columns"]
    for i in range(count):
        np.save(folder / f"cubes/{i}.npy", np.moveaxis(scene(rng), 0, -1))
        np.save(folder / f"{i}.npy", rng.integers(0, 256, (ROWS, COLUMNS, 3), dtype=np.uint8))
        lines.append(f"{i},train,cubes/{i}.npy,{ROWS},{COLUMNS}")
    (folder / "scenes.csv").write_text("\n".join(lines) + "\n")
    (folder / "wavelengths.csv").write_text(
        "\n".join(["wavelength_nm", *(str(400 + 10 * i) for i in range(BANDS)), ""])
    )
    return Store(folder / "scenes.csv"), Observations(folder)


class InMemory(Store):
    """The same scenes held in memory, to compare with."""

    def bands_last(self, name: str) -> np.ndarray:
        if name not in self._open:
            self._open[name] = np.array(super().bands_last(name))
            self._open[name] = np.array(self._open[name])
        return self._open[name]


def streaming(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    phase = {
        "patch": 128,
        "stride": 8,
        "batch": 20,
        "augment": ["rotate", "flip"],
        "iterations": 9999,
        "clipping": None,
        "cubes": "stored",
    }
    inputs = {"rgb": {"scale": "per_image"}, "superpixels": None, "estimate": None}
    with tempfile.TemporaryDirectory() as folder:
        mapped, seen = store(rng, Path(folder))
        held = InMemory(Path(folder) / "scenes.csv")
        made = [
            Patches(s, InputAssembler(inputs, s, seen), s.scenes(), phase=phase, seed=0, number=0)
            for s in (mapped, held)
        ]
        for patches in made:  # both warm: the operating system's cache, and the arrays
            for i in range(10):
                patches[i]
        counters = [iter(range(10, 9999)) for _ in made]
        one, two = seconds(
            *(lambda p=p, c=c: p[next(c)] for p, c in zip(made, counters, strict=True)), rounds=25
        )
        block = np.ones((128, 128, BANDS), np.float32)
        place = np.empty_like(block)
        with ThreadPoolExecutor(2) as pool:
            many = range(100)

            def all_at_once(call: Callable[[int], object]) -> float:
                return seconds(lambda: list(pool.map(call, many)), rounds=5)[0] / len(many)

            both = all_at_once(lambda _: made[0][next(counters[0])])
            copies = all_at_once(lambda _: [np.copyto(place, block) for _ in range(20)])
    step = training_step("mst_plus_plus", 128, 1, "float32", True)
    network = seconds(step, rounds=3)[0] * phase["batch"]
    yield "patches of 128×128 per second, streamed", f"{phase['batch'] / one:.0f}"
    yield "… on two threads", f"{phase['batch'] / both:.0f}"
    yield "… mere copies of as many bytes, on two threads", f"{20 / copies:.0f}"
    yield "… streamed, from memory", f"{phase['batch'] / two:.0f}"
    extra = max(0.0, one - two) / network
    yield "… extra cost of streaming in a training step of MST++ here", f"{100 * extra:.2f} %"


def plain_camera(cube: np.ndarray, curves: np.ndarray, rng: np.random.Generator) -> bytes:
    """The challenge camera as its definition reads, step by step, to compare with."""
    rgb = np.einsum("rcb,kb->rck", np.moveaxis(cube, 0, -1).astype(np.float64), curves)
    rgb = np.clip(rgb, 0, None)
    rgb = rng.poisson(rgb * 750) / 750
    rgb = np.clip(rgb * (0.18 / rgb.mean()), 0, 1)
    file = io.BytesIO()
    picture = Image.fromarray((rgb * 255).astype(np.uint8))
    picture.save(file, "JPEG", quality=70, subsampling="4:2:0")
    return file.getvalue()


def camera(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    found = Config(ROOT).camera("ntire2022")
    wavelengths = [400.0 + 10 * i for i in range(BANDS)]
    response = load_response(
        ROOT / found.response.file,
        wavelengths,
        columns=found.response.columns,
        gains=found.response.gains,
    )
    cube, chain = scene(rng), [dict(part) for part in found.chain]
    signal = project(cube, response)
    ours, plain, noise = seconds(
        lambda: photograph_cube(cube, response, chain, rng),
        lambda: plain_camera(cube, response, rng),
        lambda: rng.poisson(signal * 750),
    )
    yield f"camera: {ROWS}×{COLUMNS} images per second and core", f"{1 / ours:.1f} ({ours:.4f} s)"
    yield "… plain NumPy rendering of the definition", f"{1 / plain:.1f} ({plain:.4f} s)"
    yield "… ratio", f"{plain / ours:.2f}"
    yield "… of which NumPy's draw of photons, in the plain one", f"{noise:.4f} s"


def preparing(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """`datasets` and `camera` on files as ARAD-1K's: time and disk of 950 scenes, projected."""
    config = Config(ROOT)
    for stored in ("float32", "float16"):
        peaks = []
        for count in (4, 12):
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                rows = ["scene,split"]
                for i in range(count):
                    rows.append(f"s{i},train")
                    values = np.ascontiguousarray(scene(rng).transpose(0, 2, 1))
                    with h5py.File(folder / f"s{i}.mat", "w") as file:  # MATLAB's order, v7.3
                        file["cube"] = values / 1.1
                (folder / "scenes.csv").write_text("\n".join(rows) + "\n")
                read = {"is": "folder:read", "folder": place, "splits": "scenes.csv"}
                plan = {
                    **plan_dataset(config, "arad1k", config.choices()),
                    "read": {**read, "key": "cube"},
                    "stored": stored,
                }
                seen = {**plan_camera(config, "arad1k", config.choices()), "provided": None}
                started = time.perf_counter()
                _alone(_prepared, plan, seen, folder / "out")
                took = time.perf_counter() - started
                peaks.append(int((folder / "out/peak").read_text()) / 2**20)
                disk = sum(f.stat().st_size for f in (folder / "out").rglob("*") if f.is_file())
        label = f"preparing 950 scenes, stored as {stored}, projected from {count}"
        yield label, f"{950 * took / count / 60:.1f} min, {950 * disk / count / 1e9:.1f} GB"
        yield "… peak memory with 4 and 12 scenes", f"{peaks[0]:.2f}, {peaks[1]:.2f} GiB"
    # Darkness is where half precision is coarse, so values spread evenly over their logarithm.
    values = np.exp(rng.uniform(np.log(1e-3), 0, 10**6)).astype(np.float32)
    error = np.abs(values.astype(np.float16).astype(np.float32) - values) / values
    yield "… MRAE of a float16 store, values of 0.001 to 1", f"{error.mean():.6f}"


def _prepared(plan: dict[str, object], seen: dict[str, object], out: Path) -> None:
    out.mkdir()
    scenes, cubes = out / "scenes.csv", out / "cubes"
    threads = os.cpu_count() or 1
    store_dataset(
        plan=plan, save_scenes=scenes, save_cubes=cubes, save_wavelengths=out / "wavelengths.csv",
        threads=threads,
    )  # fmt: skip
    photograph_dataset(
        plan=seen, scenes=scenes, save_observations=out / "observations",
        save_response=out / "response.csv", save_scenes=out / "pictures.csv", threads=threads,
    )  # fmt: skip
    status = Path("/proc/self/status").read_text()  # getrusage would count the parent's memory
    (out / "peak").write_text(next(x.split()[1] for x in status.splitlines() if "VmHWM" in x))


def _alone(call: Callable[..., None], *given: object) -> None:
    """In a process of its own, so that its peak memory is its own."""
    process = multiprocessing.get_context("spawn").Process(target=call, args=given)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{call.__name__} ended with status {process.exitcode}")


def prior(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """What HPRN's superpixels cost beside a step of its training here."""
    method = Config(ROOT).method("hprn")
    assert method.inputs is not None
    assert method.inputs.superpixels is not None
    settings = method.inputs.superpixels.model_dump()
    coarse = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    patch = np.kron(coarse, np.ones((8, 8, 1), np.uint8))
    fast, slow = seconds(
        lambda: label_superpixels(patch, **{**settings, "backend": "fast_slic"}),
        lambda: label_superpixels(patch, **{**settings, "backend": "skimage"}),
    )
    step = seconds(training_step("hprn", 64, 1, "float32", True), rounds=3)[0]
    yield "superpixels of a 64×64 patch at four scales, fast-slic, ms", f"{1e3 * fast:.2f}"
    yield "… scikit-image, ms", f"{1e3 * slow:.2f}"
    yield "… fast-slic's share of HPRN's training step here", f"{100 * fast / (fast + step):.2f} %"


def scoring(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    cube = scene(rng)
    reconstruction = cube * (1 + 0.1 * rng.standard_normal((BANDS, 1, 1)).astype(np.float32))
    response = rng.random((3, BANDS))
    took = seconds(lambda: compute_scores(reconstruction, cube, response))[0]
    yield f"scoring: {len(METRICS)} metrics of a scene, seconds", f"{took:.3f}"


def training_step(
    name: str, size: int, batch: int, precision: str, last: bool
) -> Callable[[], object]:
    network, images = made(name, size, size, batch, last)
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


def forward(name: str, rows: int, columns: int, precision: str, last: bool) -> Callable[[], object]:
    network, images = made(name, rows, columns, 1, last)
    dtype = getattr(torch, precision)

    def run() -> None:
        with torch.inference_mode(), autocast(dtype, torch.device("cpu")):
            network(**images)

    return run


def made(
    name: str, rows: int, columns: int, batch: int, last: bool
) -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    method = Config(ROOT).method(name)
    layout = torch.channels_last if last else torch.contiguous_format
    network = build("network", method.network, bands=BANDS)
    if last:
        place_network(network, torch.device("cpu"))
    assert method.inputs is not None
    drawn = draw_images(method.inputs, batch, rows, columns, bands=BANDS)
    return network, {key: v.contiguous(memory_format=layout) for key, v in drawn.items()}


def networks(size: int) -> Iterator[tuple[str, str]]:
    config = Config(ROOT)
    for name in config.methods:
        if config.kind(name) != "network":
            continue
        cases = [(p, last) for p in ("float32", "bfloat16") for last in (False, True)]
        images = seconds(*(forward(name, size, size, p, last) for p, last in cases), rounds=3)
        steps = seconds(*(training_step(name, size, 1, p, last) for p, last in cases), rounds=3)
        for (precision, last), image, step in zip(cases, images, steps, strict=True):
            layout = "channels last" if last else "channels first"
            title = f"{config.method(name).title}, {size}×{size}, {precision}, {layout}"
            yield f"{title}: image, step (s)", f"{image:.3f}, {step:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=128, help="image of the network rows (128)")
    parser.add_argument("--data", action="store_true", help="no network rows")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of PyTorch")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    keep_freed_memory()  # as our jobs do
    rng = np.random.default_rng(0)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"{asked.threads} threads, torch {torch.__version__}, load {os.getloadavg()[0]:.1f}\n"
    )
    for part in (streaming, camera, preparing, prior, scoring):
        for label, value in part(rng):
            print(f"{label:75} {value}", flush=True)
    for label, value in () if asked.data else networks(asked.size):
        print(f"{label:75} {value}", flush=True)


if __name__ == "__main__":
    main()
