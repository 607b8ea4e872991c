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
from respectra.datasets.layout import listed

TIMINGS = "data/timings/h200.csv"
PASSES = 3  # forward, and backward for features and weights


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
    paths: set[str] = set()
    for key in config.paper(paper).tables:
        paths |= set(plan.table(config, paper, key, edition, choices)["trained"])
    for key in config.paper(paper).figures:
        if plan.possible(config, paper, key, edition):
            paths |= _drawn(config, plan.figure(config, paper, key, edition, choices), choices)
    found: dict[str, list[str]] = {}
    for path in paths:
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


def _drawn(config: Config, figure: plan.Plan, choices: Choices) -> set[str]:
    """The plans of the trainings behind a figure."""
    paths = [path for method in figure["methods"] for path in method["reconstructions"]]
    found = {
        f"results/train/{dataset}/{source}/{run}/plan.yaml"
        for _, _, dataset, method, ran, _ in (path.split("/") for path in paths)
        for source, run in plan.trainings(config, choices, method, ran.partition("-")[0])
    }
    histories = [path for method in figure["methods"] for path in method["histories"]]
    return found | {str(Path(path).with_name("plan.yaml")) for path in histories}


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
    cells, datasets = set(), set()
    for key in config.paper(paper).tables:
        table = plan.table(config, paper, key, edition, choices)
        cells |= {tuple(cell["scores"].split("/")[2:]) for cell in table["cells"]}
        datasets |= {cell["scores"].split("/")[2] for cell in table["cells"]}
    cubes, reconstructions = 0.0, 0.0
    for name in datasets:
        scenes, size = _scenes(config, name), _bytes(config, name)
        count = sum(split != "unused" for split in scenes.values())
        cubes += count * size
        for _, _, _, file in (cell for cell in cells if cell[0] == name):
            split = file.partition(".")[0]
            reconstructions += sum(s == split for s in scenes.values()) * size
    return {"cubes and pictures": cubes, "reconstructions": reconstructions}


def _scenes(config: Config, name: str) -> dict[str, str]:
    read = config.dataset(name).read
    splits = read.get("splits", "")
    if not splits or splits.startswith("all:") or "/" not in splits:
        return {}
    return listed(str(config.root / read["folder"]), str(config.root / splits))


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
