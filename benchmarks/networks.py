"""Measure the time and the memory of every network and print a table.

    python benchmarks/networks.py --methods edsr hprn --size 128 128

Each network and layout runs in a process of its own, so that its peak memory is that of one case.
Layout `first` is plain eager PyTorch: tensors are channels-first everywhere, also in networks that
use channels-last inside, and PyTorch manages its memory. Layout `last` is what the workflow's jobs
use. Ratios on one machine are comparable; seconds on different machines are not.

With `--recipe` the patch and the batch are those of the first phase of each recipe, so that
`--device cuda --recipe` measures an iteration of a training. `--save results/timings.csv` adds the
seconds per image to the file that tables with the papers' times read.
"""

import argparse
import csv
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from unittest import mock

import torch

from respectra.build import build
from respectra.config import Config
from respectra.costs.network import draw_images
from respectra.device import autocast, describe_device, keep_freed_memory, place_network
from respectra.files import replace_atomically
from respectra.losses import mrae

ROOT = Path(__file__).parents[1]
BANDS = 31
LAYOUTS, PRECISIONS = ("first", "last"), ("float32", "bfloat16")
DASH = "–"  # not measured


def measure_seconds(call: Callable[[], object], rounds: int) -> float:
    """Return the median time of a call; one more round before the others is not counted."""
    times = []
    for _ in range(rounds + (rounds > 1)):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:] or times)


def prepare(
    name: str, options: argparse.Namespace
) -> tuple[torch.nn.Module, dict[str, torch.Tensor], torch.Tensor]:
    """Return a network, random inputs and a random cube, on the device and in the layout."""
    method, device = Config(ROOT).method(name), torch.device(options.device)
    count, (rows, columns) = 1, options.size
    if options.recipe:
        phase = method.train[0]
        sides = (phase.patch,) if isinstance(phase.patch, int) else phase.patch
        count, rows, columns = phase.batch, sides[0], sides[-1]
    torch.manual_seed(0)
    plain = options.layout == "first"
    order = torch.contiguous_format if plain else torch.channels_last
    network = build("network", method.network, bands=BANDS)
    if not plain:
        keep_freed_memory()
        place_network(network, device)
    network.to(device)
    drawn = draw_images(method.inputs, count, rows, columns, bands=BANDS)
    images = {key: v.to(device).contiguous(memory_format=order) for key, v in drawn.items()}
    cube = torch.rand(count, BANDS, rows, columns, device=device) + 0.1
    return network, images, cube.contiguous(memory_format=order)


def measure(name: str, options: argparse.Namespace) -> None:
    """Print a network's seconds per image and per step for each precision, then its peak memory.

    Args:
        name: a method with a network.
        options: of the command line; `layout` is that of this process.
    """
    device = torch.device(options.device)
    network, images, cube = prepare(name, options)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-5)

    def reconstruct(dtype: torch.dtype) -> None:
        network.eval()
        with torch.inference_mode(), autocast(dtype, device):
            network(**images)
        synchronize()

    def train(dtype: torch.dtype) -> None:
        network.train()
        optimizer.zero_grad()
        with autocast(dtype, device):
            reconstruction = network(**images)
        mrae(reconstruction.float(), cube).backward()
        optimizer.step()
        synchronize()

    def synchronize() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize()

    with channels_first() if options.layout == "first" else nullcontext():
        for precision in options.precisions:
            dtype = getattr(torch, precision)
            print(measure_seconds(lambda dtype=dtype: reconstruct(dtype), options.rounds))
            if options.images_only:
                print(DASH)
            else:
                print(measure_seconds(lambda dtype=dtype: train(dtype), options.rounds))
    on_cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 2**10
    peak = torch.cuda.max_memory_allocated() if device.type == "cuda" else on_cpu
    print(peak / 2**30)


def channels_first() -> mock._patch:
    """Return a context in which `Tensor.contiguous` ignores the memory format."""
    contiguous = torch.Tensor.contiguous
    return mock.patch.object(
        torch.Tensor, "contiguous", lambda self, memory_format=None: contiguous(self)
    )


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--methods", nargs="*", help="names in config/methods (all networks)")
    parser.add_argument("--size", type=int, nargs=2, default=[128, 128], help="rows and columns")
    parser.add_argument("--recipe", action="store_true", help="patch and batch of the recipe")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--images-only", action="store_true", help="no training steps")
    parser.add_argument("--rounds", type=int, default=3, help="the median is over these (3)")
    parser.add_argument("--precisions", nargs="*", default=PRECISIONS)
    parser.add_argument("--layouts", nargs="*", default=LAYOUTS, help="first, last or both")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of PyTorch")
    parser.add_argument(
        "--save", type=Path, help="a CSV to add the seconds per image in the first precision to"
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--layout", help=argparse.SUPPRESS)
    return parser.parse_args()


def run_alone(
    method: str, layout: str, options: argparse.Namespace
) -> tuple[list[str], str | None]:
    """Measure one network in a new process.

    Returns:
        Seconds per image and per step for each precision, and the peak memory in GiB; dashes and
        None if the process failed.
    """
    done = subprocess.run(
        [sys.executable, __file__, *sys.argv[1:], "--one", method, "--layout", layout],
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        print(f"{method}, {layout}: failed with status {done.returncode}", file=sys.stderr)
        return [DASH] * (2 * len(options.precisions)), None
    *times, peak = done.stdout.split()
    return times, peak


def print_heading(options: argparse.Namespace) -> None:
    """Print the machine and the head of the table."""
    rows, columns = options.size
    size = "patch and batch of the recipe" if options.recipe else f"{rows}×{columns}"
    print(
        f"{describe_device(torch.device(options.device))}, {os.cpu_count()} cores, "
        f"torch {torch.__version__}, load {os.getloadavg()[0]:.1f}, {size}\n"
        "seconds per image (or batch) and per Adam step; peak memory in GiB\n"
    )
    heads = [
        f"{'bf16' if precision == 'bfloat16' else 'f32'}/{layout:5} {'step':>8}"
        for layout in options.layouts
        for precision in options.precisions
    ]
    memories = "".join(f"{layout:>9}" for layout in options.layouts)
    print(f"{'':18} {' '.join(heads)}  memory:{memories}", flush=True)


def main() -> None:
    """Print a row for each network."""
    options = read_options()
    torch.set_num_threads(options.threads)
    if options.one:
        measure(options.one, options)
        return
    config = Config(ROOT)
    methods = options.methods or [m for m in config.methods if config.kind(m) == "network"]
    print_heading(options)
    for method in methods:
        cells, memories = [], []
        for layout in options.layouts:
            times, peak = run_alone(method, layout, options)
            cells += [f"{t:>8}" if t == DASH else f"{float(t):8.3f}" for t in times]
            memories.append(f"{DASH:>9}" if peak is None else f"{float(peak):9.2f}")
            if options.save and layout == "last" and peak is not None:
                save_seconds(options, method, times[0])
        print(f"{method:18} {'  '.join(cells)}         {''.join(memories)}", flush=True)


def save_seconds(options: argparse.Namespace, method: str, seconds: str) -> None:
    """Add a line to a CSV; it replaces the line of the same method, size and device."""
    line = {
        "method": method,
        "rows": str(options.size[0]),
        "columns": str(options.size[1]),
        "device": describe_device(torch.device(options.device)),
        "seconds": f"{float(seconds):.4g}",
    }
    others = []
    if options.save.is_file():
        with open(options.save, newline="", encoding="utf-8") as file:
            others = [
                old
                for old in csv.DictReader(file)
                if any(old[key] != line[key] for key in ("method", "rows", "columns", "device"))
            ]
    options.save.parent.mkdir(parents=True, exist_ok=True)
    with (
        replace_atomically(options.save) as path,
        open(path, "w", newline="", encoding="utf-8") as file,
    ):
        table = csv.DictWriter(file, list(line), lineterminator="\n")
        table.writeheader()
        table.writerows([*others, line])


if __name__ == "__main__":
    main()
