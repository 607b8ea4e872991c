"""`python benchmarks/networks.py`: seconds and memory of every network, as a table; no test.

Each network is measured in a process of its own, so its peak memory is its own. `first` is plain
eager rendering: channels-first throughout, also in the networks that turn their features
channels-last inside. Compare ratios on one machine, not seconds between machines.
"""

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import torch

from respectra.build import build
from respectra.config import Config
from respectra.device import autocast, place
from respectra.losses import mrae

ROOT = Path(__file__).parents[1]
BANDS = 31
CASES = [(p, layout) for p in ("float32", "bfloat16") for layout in ("first", "last")]


def seconds(call: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds + (rounds > 1)):  # the first of several is a warm-up
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:] or times)


def measure(name: str, size: tuple[int, int], steps: bool, rounds: int, cases: list[str]) -> None:
    """Print one line for one network: per case, seconds per image and per step; peak memory."""
    method = Config(ROOT).method(name)
    torch.manual_seed(0)
    found = []
    for precision, layout in CASES:
        if f"{precision}/{layout}" not in cases:
            continue
        network = build("network", method.network, bands=BANDS)
        images = {"rgb": torch.rand(1, 3, *size)}
        if layout == "last":
            place(network, torch.device("cpu"))
            images["rgb"] = images["rgb"].contiguous(memory_format=torch.channels_last)
        if method.inputs and method.inputs.superpixels:
            scales = len(method.inputs.superpixels.segments)
            images["superpixels"] = torch.randint(1, 9, (1, scales, *size))
        cube = torch.rand(1, BANDS, *size) + 0.1
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-5)
        dtype, cpu = getattr(torch, precision), torch.device("cpu")

        def image(network=network, images=images, dtype=dtype, cpu=cpu) -> None:
            network.eval()
            with torch.inference_mode(), autocast(dtype, cpu):
                network(**images)

        def step(
            network=network, images=images, dtype=dtype, cpu=cpu, cube=cube, optimizer=optimizer
        ) -> None:
            network.train()
            optimizer.zero_grad()
            with autocast(dtype, cpu):
                reconstruction = network(**images)
            mrae(reconstruction.float(), cube).backward()
            optimizer.step()

        contiguous = torch.Tensor.contiguous
        plain = mock.patch.object(
            torch.Tensor,
            "contiguous",
            lambda self, memory_format=None, contiguous=contiguous: contiguous(self),
        )
        with plain if layout == "first" else mock.MagicMock():
            found.append(f"{seconds(image, rounds):9.3f}")
            found.append(f"{seconds(step, rounds):9.3f}" if steps else "        –")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{name:18} {' '.join(found)} {peak:8.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="*", help="names in config/methods (all networks)")
    parser.add_argument("--size", type=int, nargs=2, default=[128, 128], help="rows and columns")
    parser.add_argument("--images-only", action="store_true", help="no training steps")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median is taken (3)")
    parser.add_argument("--cases", nargs="*", default=["/".join(case) for case in CASES])
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of PyTorch")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    if asked.one:
        size = (asked.size[0], asked.size[1])
        measure(asked.one, size, not asked.images_only, asked.rounds, asked.cases)
        return
    config = Config(ROOT)
    methods = asked.methods or [m for m in config.methods if config.kind(m) == "network"]
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"{asked.threads} threads, torch {torch.__version__}, load {os.getloadavg()[0]:.1f}, "
        f"{asked.size[0]}×{asked.size[1]}\n"
        "seconds per image and per Adam step of batch 1; peak memory in GiB\n"
    )
    heads = " ".join(f"{case.replace('bfloat16', 'bf16').replace('float32', 'f32'):>9}      step"
                     for case in asked.cases)  # fmt: skip
    print(f"{'':18} {heads} {'memory':>8}", flush=True)
    own = [word for word in sys.argv[1:] if word]
    for method in methods:
        done = subprocess.run([sys.executable, __file__, *own, "--one", method])
        if done.returncode:
            print(f"{method:18} failed with status {done.returncode}", flush=True)


if __name__ == "__main__":
    main()
