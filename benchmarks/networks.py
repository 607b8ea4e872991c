"""`python benchmarks/networks.py`: seconds and memory of every network, as a table; no test.

Each network and layout is measured in a process of its own, so its peak memory is its own. `first`
is plain eager rendering: channels-first throughout, also in the networks that turn their features
channels-last inside, and memory as PyTorch finds it. `last` is how our jobs compute. Compare ratios
on one machine, not seconds between machines. With `--recipe` patch and batch are those of each
recipe's first phase, so that `--device cuda --recipe` says what its iterations take. `--save
results/timings.csv` adds our seconds per image to what the papers' tables of runtimes show.
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


def seconds(call: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds + (rounds > 1)):  # the first of several is a warm-up
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:] or times)


def measure(name: str, asked: argparse.Namespace) -> None:
    """Print seconds per image and step of one network, precision after precision; peak memory."""
    method, device = Config(ROOT).method(name), torch.device(asked.device)
    assert method.train is not None
    phase = method.train[0]
    count, (rows, columns) = 1, asked.size
    if asked.recipe:
        count, rows, columns = phase.batch, phase.patch, phase.patch
    torch.manual_seed(0)
    plain = asked.layout == "first"
    order = torch.contiguous_format if plain else torch.channels_last
    network = build("network", method.network, bands=BANDS)
    if not plain:
        keep_freed_memory()
        place_network(network, device)
    network.to(device)  # what is placed is there already
    assert method.inputs is not None
    drawn = draw_images(method.inputs, count, rows, columns, bands=BANDS)
    images = {key: v.to(device).contiguous(memory_format=order) for key, v in drawn.items()}
    cube = torch.rand(count, BANDS, rows, columns, device=device) + 0.1
    cube = cube.contiguous(memory_format=order)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-5)

    def image(dtype: torch.dtype) -> None:
        network.eval()
        with torch.inference_mode(), autocast(dtype, device):
            network(**images)
        finish()

    def step(dtype: torch.dtype) -> None:
        network.train()
        optimizer.zero_grad()
        with autocast(dtype, device):
            reconstruction = network(**images)
        mrae(reconstruction.float(), cube).backward()
        optimizer.step()
        finish()

    def finish() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize()

    contiguous = torch.Tensor.contiguous
    channels_first = mock.patch.object(
        torch.Tensor, "contiguous", lambda self, memory_format=None: contiguous(self)
    )
    with channels_first if plain else nullcontext():
        for precision in asked.precisions:
            dtype = getattr(torch, precision)
            print(seconds(lambda dtype=dtype: image(dtype), asked.rounds))
            images_only = asked.images_only
            print("–" if images_only else seconds(lambda dtype=dtype: step(dtype), asked.rounds))
    on_cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 2**10
    peak = torch.cuda.max_memory_allocated() if device.type == "cuda" else on_cpu
    print(peak / 2**30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="*", help="names in config/methods (all networks)")
    parser.add_argument("--size", type=int, nargs=2, default=[128, 128], help="rows and columns")
    parser.add_argument("--recipe", action="store_true", help="patch and batch of the recipe")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--images-only", action="store_true", help="no training steps")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median is taken (3)")
    parser.add_argument("--precisions", nargs="*", default=PRECISIONS)
    parser.add_argument("--layouts", nargs="*", default=LAYOUTS, help="plain, and ours")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of PyTorch")
    parser.add_argument(
        "--save", type=Path, help="a CSV of our seconds per image, in the first precision, added to"
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--layout", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    if asked.one:
        measure(asked.one, asked)
        return
    config = Config(ROOT)
    methods = asked.methods or [m for m in config.methods if config.kind(m) == "network"]
    size = "patch and batch of the recipe" if asked.recipe else f"{asked.size[0]}×{asked.size[1]}"
    print(
        f"{describe_device(torch.device(asked.device))}, {os.cpu_count()} cores, "
        f"torch {torch.__version__}, load {os.getloadavg()[0]:.1f}, {size}\n"
        "seconds per image (or batch) and per Adam step; peak memory in GiB\n"
    )
    heads = [
        f"{'bf16' if precision == 'bfloat16' else 'f32'}/{layout:5} {'step':>8}"
        for layout in asked.layouts
        for precision in asked.precisions
    ]
    memories = "".join(f"{layout:>9}" for layout in asked.layouts)
    print(f"{'':18} {' '.join(heads)}  memory:{memories}", flush=True)
    for method in methods:
        times, memory = [], []
        for layout in asked.layouts:
            done = subprocess.run(
                [sys.executable, __file__, *sys.argv[1:], "--one", method, "--layout", layout],
                stdout=subprocess.PIPE,
                text=True,
            )
            *found, peak = done.stdout.split() or [""]
            if done.returncode:  # what came before it failed is not taken for a whole line
                found, peak = ["–"] * (2 * len(asked.precisions)), ""
                print(f"{method}, {layout}: failed with status {done.returncode}", file=sys.stderr)
            times += [f"{float(t):8.3f}" if t != "–" else f"{t:>8}" for t in found]
            memory.append(f"{float(peak):9.2f}" if peak else f"{'–':>9}")
            if asked.save and layout == "last" and not done.returncode:
                images = dict(zip(asked.precisions, found[::2], strict=True))
                save(asked, method, next(iter(images.values())))
        print(f"{method:18} {'  '.join(times)}         {''.join(memory)}", flush=True)


def save(asked: argparse.Namespace, method: str, seconds: str) -> None:
    """Add a line, or replace the one of the same method, size and device."""
    device = describe_device(torch.device(asked.device))
    line = {
        "method": method, "rows": str(asked.size[0]), "columns": str(asked.size[1]),
        "device": device, "seconds": f"{float(seconds):.4g}",
    }  # fmt: skip
    kept = []
    if asked.save.is_file():
        with open(asked.save, newline="", encoding="utf-8") as file:
            kept = [
                old
                for old in csv.DictReader(file)
                if any(old[key] != line[key] for key in ("method", "rows", "columns", "device"))
            ]
    asked.save.parent.mkdir(parents=True, exist_ok=True)
    with (
        replace_atomically(asked.save) as path,
        open(path, "w", newline="", encoding="utf-8") as file,
    ):
        table = csv.DictWriter(file, list(line), lineterminator="\n")
        table.writeheader()
        table.writerows([*kept, line])


if __name__ == "__main__":
    main()
