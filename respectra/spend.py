"""What a paper costs to make: GPU-hours of its trainings, disk of its data.

Hours are iterations times measured seconds; where a network was not measured, its multiplications
at the rate that the measured ones reach. Training is a forward and a backward pass of twice its
work, so three times the multiplications of an image.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from respectra import plan
from respectra.config import Choices, Config
from respectra.datasets.layout import HELD_OUT, HELD_OUT_DRAW, read_splits

TIMINGS = "data/timings/h200.csv"
PASSES = 3  # forward, and backward for features and weights
Product = tuple[str, str, str, str]  # data set, method, run and split of what a method made


@dataclass(frozen=True)
class Step:
    """A measured training step."""

    seconds: float
    pixels: int  # batch × patch²


@dataclass(frozen=True)
class Training:
    """One network's trainings: how many, how long each step, and how that is known."""

    method: str
    runs: int
    iterations: int
    seconds: float  # of a step, the mean over iterations
    basis: str  # `measured`, `scaled` from what was measured, or `counted` from multiplications

    @property
    def hours(self) -> float:
        """Of all runs together."""
        return self.runs * self.iterations * self.seconds / 3600


def trainings(config: Config, paper: str, edition: str, choices: Choices) -> list[Training]:
    """Every training that a paper's tables and figures rest on, the longest first.

    Args:
        config: the tree.
        paper: a name in config/papers.
        edition: a budget, perhaps with a stand-in.
        choices: seeds and methods.
    """
    steps = read_steps(config.root / TIMINGS)
    rate = _rate(config, steps)
    budget, _ = plan.split_edition(config, edition)
    found: dict[str, list[str]] = {}
    for path in sorted(_trained(config, paper, edition, choices)):
        found.setdefault(path.split("/")[3], []).append(path)
    lines = []
    for method, runs in found.items():
        phases = plan.train(config, method, budget)["train"]
        step = steps.get(method.partition("-")[0])
        basis = "measured" if method in steps else "scaled"
        iterations = sum(phase["iterations"] for phase in phases)
        work = sum(phase["iterations"] * _pixels(phase) for phase in phases)
        if step is None or config.budget(budget).small:
            basis = "counted"
            seconds = _macs(config, method, budget) * PASSES / rate * work / iterations / 256**2
        else:
            seconds = step.seconds * work / iterations / step.pixels
        lines.append(Training(method, len(runs), iterations, seconds, basis))
    return sorted(lines, key=lambda line: -line.hours)


def _products(
    config: Config, paper: str, edition: str, choices: Choices
) -> tuple[set[Product], set[str]]:
    """What the tables and figures of a paper show of methods, and trainings' files they read."""
    found = config.paper(paper)
    files = [plan.table_files(config, paper, key, edition, choices) for key in found.tables]
    files += [
        plan.figure_files(config, paper, key, edition, choices)
        for key in found.figures
        if plan.possible(config, paper, key, edition)
    ]
    products, read = set(), set()
    for path in {file for some in files for file in some}:
        if path.startswith("results/train/"):
            read.add(path)
        elif path.startswith(("results/reconstruct/", "results/score/")):
            dataset, method, run, file = path.split("/")[2:]
            products.add((dataset, method, run, file.partition(".")[0]))
    return products, read


def _trained(config: Config, paper: str, edition: str, choices: Choices) -> set[str]:
    """The folders of the trainings behind a paper."""
    products, read = _products(config, paper, edition, choices)
    return {path.rpartition("/")[0] for path in read} | {
        f"results/train/{dataset}/{source}/{ran}"
        for dataset, method, run, _ in products
        for source, ran in plan.trainings(config, choices, method, run.partition("-")[0])
    }


def _reconstructed(config: Config, paper: str, edition: str, choices: Choices) -> set[Product]:
    """What a paper shows of methods, and what the members of its ensembles made for that."""
    products, _ = _products(config, paper, edition, choices)
    wanted, found = [*products], set()
    while wanted:
        product = wanted.pop()
        dataset, method, run, split = product
        if product not in found and config.kind(method) == "ensemble":
            members = plan.member_files(config, dataset, method, run, split)
            members += plan.held_out_files(config, dataset, method, run)
            parts = (file.removesuffix(".h5").split("/")[2:] for file in members)
            wanted += [(name, member, ran, of) for name, member, ran, of in parts]
        found.add(product)
    return found


def read_steps(path: Path) -> dict[str, Step]:
    """Measured seconds by method: batch, patch, seconds."""
    with open(path, newline="", encoding="utf-8") as file:
        return {
            row["method"]: Step(float(row["seconds"]), int(row["batch"]) * int(row["patch"]) ** 2)
            for row in csv.DictReader(file)
        }


def _pixels(phase: Mapping[str, Any]) -> int:
    return phase["batch"] * phase["patch"] ** 2


def _rate(config: Config, steps: Mapping[str, Step]) -> float:
    """Multiply-accumulates a second that the measured trainings reach: their median."""
    counted = ((config.method(name).expect.macs, step) for name, step in steps.items())
    return median(
        PASSES * macs * step.pixels / 256**2 / step.seconds for macs, step in counted if macs
    )


def _macs(config: Config, method: str, budget: str) -> float:
    """Multiply-accumulates of a 256×256 image, counted if the method's file does not say."""
    small = config.budget(budget).small
    found = config.method(method, small=small)
    if found.expect.macs and not small:
        return found.expect.macs
    # PyTorch is wanted for what was not counted before alone, and for narrow twins
    from respectra.build import build
    from respectra.cost import example, multiply_accumulates

    assert found.network is not None
    assert found.inputs is not None
    network = build("network", found.network, bands=31)
    return multiply_accumulates(network, example(found.inputs, 1, 256, 256))


def disk(config: Config, paper: str, edition: str, choices: Choices) -> dict[str, float]:
    """Bytes of the cubes with their pictures, and of the reconstructions; a data set of which
    nobody states size and scenes is left out."""
    products = _reconstructed(config, paper, edition, choices)
    cubes, reconstructions = 0.0, 0.0
    for name in {dataset for dataset, *_ in products}:
        scenes, size = _scenes(config, name), _bytes(config, name)
        cubes += size * sum(split != "unused" for split in scenes.values())
        held_out = HELD_OUT_DRAW["share"] * sum(split == "train" for split in scenes.values())
        for split in [split for dataset, *_, split in products if dataset == name]:
            count = sum(s == split for s in scenes.values())
            reconstructions += size * (held_out if split == HELD_OUT else count)
    return {"cubes and pictures": cubes, "reconstructions": reconstructions}


def _scenes(config: Config, name: str) -> dict[str, str]:
    read = config.dataset(name).read
    splits = read.get("splits", "")
    if not splits or splits.startswith("all:") or "/" not in splits:
        return {}
    return read_splits(str(config.root / read["folder"]), str(config.root / splits))


def _bytes(config: Config, name: str) -> float:
    """Of a scene's cube as float32 and its picture."""
    found = config.dataset(name)
    rows, columns = found.size or (0, 0)
    return rows * columns * (4.0 * len(found.wavelengths() or []) + 3)


def report(config: Config, paper: str, edition: str, choices: Choices) -> Iterator[str]:
    """The lines of `python -m respectra cost`."""
    lines = trainings(config, paper, edition, choices)
    yield f"{'method':28} {'runs':>4} {'iterations':>10} {'s/step':>8} {'GPU-hours':>10}"
    for line in lines:
        yield (
            f"{line.method:28} {line.runs:4} {line.iterations:10,} {line.seconds:8.3f} "
            f"{line.hours:10.1f}  {line.basis}"
        )
    total = sum(line.hours for line in lines)
    yield f"{len(lines)} networks, {sum(line.runs for line in lines)} trainings: {total:.0f} hours"
    for part, count in disk(config, paper, edition, choices).items():
        yield f"{part}: {count / 1e9:.0f} GB"
    yield (
        f"Seconds are of one NVIDIA H200: measured ({TIMINGS}), scaled by pixels for variants, or "
        "counted from multiplications. Scoring and classifying are left out."
    )
