"""What a paper costs: GPU-hours of its trainings, disk space of its data.

The hours of a training are its iterations times the measured seconds of a step. For a network
that was not measured, the seconds follow from its multiply-accumulates and the rate that the
measured trainings reach. A training step is a forward pass and a backward pass of twice its work,
so it costs three times the multiply-accumulates of its images.
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

STEP_TIMES = "data/timings/h200.csv"  # batch, patch and seconds of a training step, by method
FORWARD_PASSES = 3  # a training step in units of a forward pass: forward 1, backward 2
COUNTED_SIZE = 256  # `expect.macs` is of an image of 256 x 256 pixels
Product = tuple[str, str, str, str]  # data set, method, run and split of a method's product


@dataclass(frozen=True)
class StepTime:
    """A measured training step."""

    seconds: float
    pixels: int  # batch × patch²


@dataclass(frozen=True)
class TrainingCost:
    """The trainings of one method: how many, how long, and how the time is known.

    Attributes:
        method: a name in config/methods, perhaps with a variant.
        runs: trainings of the method, one per seed.
        iterations: steps of one training.
        seconds: of a step, the mean over the iterations.
        basis: `measured`; `scaled` by pixels from the measured step of the method without
            variant; or `counted` from multiply-accumulates.
    """

    method: str
    runs: int
    iterations: int
    seconds: float
    basis: str

    @property
    def hours(self) -> float:
        """GPU-hours of all runs together."""
        return self.runs * self.iterations * self.seconds / 3600


def estimate_trainings(
    config: Config, paper: str, edition: str, choices: Choices
) -> list[TrainingCost]:
    """Estimate the cost of every training behind a paper's tables and figures.

    Args:
        config: the tree of YAML files.
        paper: a name in config/papers.
        edition: `budget` or `budget.dataset`.
        choices: seeds and methods.

    Returns:
        One entry per method, the longest training first.

    Raises:
        ConfigError: the paper or the edition is unknown.
    """
    step_times = read_step_times(config.root / STEP_TIMES)
    rate = _measure_rate(config, step_times)
    budget, _ = plan.split_edition(config, edition)
    folders: dict[str, list[str]] = {}
    for folder in sorted(_list_training_folders(config, paper, edition, choices)):
        folders.setdefault(folder.split("/")[3], []).append(folder)
    costs = [
        _estimate_training(config, method, budget, len(runs), step_times, rate)
        for method, runs in folders.items()
    ]
    return sorted(costs, key=lambda cost: -cost.hours)


def _estimate_training(
    config: Config,
    method: str,
    budget: str,
    runs: int,
    step_times: Mapping[str, StepTime],
    rate: float,
) -> TrainingCost:
    """Estimate one method's trainings; `rate` is in multiply-accumulates per second."""
    phases = plan.train(config, method, budget)["train"]
    iterations = sum(phase["iterations"] for phase in phases)
    pixels = sum(phase["iterations"] * _count_pixels(phase) for phase in phases)
    step_time = step_times.get(method.partition("-")[0])
    if step_time is None or config.budget(budget).small:
        basis = "counted"
        macs_per_pixel = _count_macs(config, method, budget) / COUNTED_SIZE**2
        seconds = macs_per_pixel * FORWARD_PASSES / rate * pixels / iterations
    else:
        basis = "measured" if method in step_times else "scaled"
        seconds = step_time.seconds * pixels / iterations / step_time.pixels
    return TrainingCost(method, runs, iterations, seconds, basis)


def _list_products(
    config: Config, paper: str, edition: str, choices: Choices
) -> tuple[set[Product], set[str]]:
    """The products of methods that a paper shows, and the files of trainings that it reads."""
    contents = config.paper(paper)
    inputs = [plan.table_files(config, paper, key, edition, choices) for key in contents.tables]
    inputs += [
        plan.figure_files(config, paper, key, edition, choices)
        for key in contents.figures
        if plan.possible(config, paper, key, edition)
    ]
    products, training_files = set(), set()
    for path in {path for paths in inputs for path in paths}:
        if path.startswith("results/train/"):
            training_files.add(path)
        elif path.startswith(("results/reconstruct/", "results/score/")):
            dataset, method, run, file = path.split("/")[2:]
            products.add((dataset, method, run, file.partition(".")[0]))
    return products, training_files


def _list_training_folders(config: Config, paper: str, edition: str, choices: Choices) -> set[str]:
    """The folders of the trainings behind a paper."""
    products, training_files = _list_products(config, paper, edition, choices)
    return {path.rpartition("/")[0] for path in training_files} | {
        f"results/train/{dataset}/{source}/{training_run}"
        for dataset, method, run, _ in products
        for source, training_run in plan.trainings(config, choices, method, run.partition("-")[0])
    }


def _list_reconstructions(
    config: Config, paper: str, edition: str, choices: Choices
) -> set[Product]:
    """The products of methods that a paper shows, and those of its ensembles' members."""
    products, _ = _list_products(config, paper, edition, choices)
    queue, reconstructions = [*products], set()
    while queue:
        product = queue.pop()
        dataset, method, run, split = product
        if product not in reconstructions and config.kind(method) == "ensemble":
            paths = plan.member_files(config, dataset, method, run, split)
            paths += plan.held_out_files(config, dataset, method, run)
            for path in paths:
                name, member, member_run, member_split = path.removesuffix(".h5").split("/")[2:]
                queue.append((name, member, member_run, member_split))
        reconstructions.add(product)
    return reconstructions


def read_step_times(path: Path) -> dict[str, StepTime]:
    """Read measured training steps.

    Args:
        path: a CSV with the columns method, batch, patch, seconds.

    Returns:
        A step by method.
    """
    with open(path, newline="", encoding="utf-8") as file:
        return {
            row["method"]: StepTime(
                float(row["seconds"]), int(row["batch"]) * int(row["patch"]) ** 2
            )
            for row in csv.DictReader(file)
        }


def _count_pixels(phase: Mapping[str, Any]) -> int:
    """Pixels of a training step."""
    return phase["batch"] * phase["patch"] ** 2


def _measure_rate(config: Config, step_times: Mapping[str, StepTime]) -> float:
    """Multiply-accumulates per second of the measured trainings: their median."""
    counts = ((config.method(name).expect.macs, step) for name, step in step_times.items())
    return median(
        FORWARD_PASSES * macs * step.pixels / COUNTED_SIZE**2 / step.seconds
        for macs, step in counts
        if macs
    )


def _count_macs(config: Config, method_name: str, budget: str) -> float:
    """Multiply-accumulates of one image of 256 x 256 pixels.

    PyTorch is only imported if the method's `expect` has no count, or for small networks.
    """
    small = config.budget(budget).small
    method = config.method(method_name, small=small)
    if method.expect.macs and not small:
        return method.expect.macs
    from respectra.build import build
    from respectra.costs.network import count_multiply_accumulates, draw_images

    assert method.network is not None
    assert method.inputs is not None
    network = build("network", method.network, bands=31)
    images = draw_images(method.inputs, 1, COUNTED_SIZE, COUNTED_SIZE)
    return count_multiply_accumulates(network, images)


def estimate_disk(config: Config, paper: str, edition: str, choices: Choices) -> dict[str, float]:
    """Estimate the disk space of a paper's data.

    A data set without a stated size and list of scenes counts as zero.

    Args:
        config: the tree of YAML files.
        paper: a name in config/papers.
        edition: `budget` or `budget.dataset`.
        choices: seeds and methods.

    Returns:
        Bytes of `cubes and pictures` and of `reconstructions`.
    """
    reconstructions = _list_reconstructions(config, paper, edition, choices)
    cube_bytes, reconstruction_bytes = 0.0, 0.0
    for dataset in {product[0] for product in reconstructions}:
        splits, scene_bytes = (
            _read_scene_splits(config, dataset),
            _count_scene_bytes(config, dataset),
        )
        cube_bytes += scene_bytes * sum(split != "unused" for split in splits.values())
        trained_on = sum(split == "train" for split in splits.values())
        held_out = HELD_OUT_DRAW["share"] * trained_on
        for name, _, _, split in reconstructions:
            if name == dataset:
                count = sum(s == split for s in splits.values())
                reconstruction_bytes += scene_bytes * (held_out if split == HELD_OUT else count)
    return {"cubes and pictures": cube_bytes, "reconstructions": reconstruction_bytes}


def _read_scene_splits(config: Config, dataset: str) -> dict[str, str]:
    """The split of every scene; empty if the data set has no table of splits."""
    settings = config.dataset(dataset).read
    splits = settings.get("splits", "")
    if not splits or splits.startswith("all:") or "/" not in splits:
        return {}
    return read_splits(str(config.root / settings["folder"]), str(config.root / splits))


def _count_scene_bytes(config: Config, name: str) -> float:
    """Bytes of a scene: its cube as float32 and its 8-bit picture."""
    dataset = config.dataset(name)
    rows, columns = dataset.size or (0, 0)
    return rows * columns * (4.0 * len(dataset.wavelengths() or []) + 3)


def report_costs(config: Config, paper: str, edition: str, choices: Choices) -> Iterator[str]:
    """Yield the lines of `respectra cost`: a line per method, the sum, the disk space."""
    costs = estimate_trainings(config, paper, edition, choices)
    yield f"{'method':28} {'runs':>4} {'iterations':>10} {'s/step':>8} {'GPU-hours':>10}"
    for cost in costs:
        yield (
            f"{cost.method:28} {cost.runs:4} {cost.iterations:10,} {cost.seconds:8.3f} "
            f"{cost.hours:10.1f}  {cost.basis}"
        )
    hours = sum(cost.hours for cost in costs)
    yield f"{len(costs)} networks, {sum(cost.runs for cost in costs)} trainings: {hours:.0f} hours"
    for part, size in estimate_disk(config, paper, edition, choices).items():
        yield f"{part}: {size / 1e9:.0f} GB"
    yield (
        f"Seconds are of one NVIDIA H200: measured ({STEP_TIMES}), scaled by pixels for variants, "
        "or counted from multiply-accumulates. Scoring and classification are not included."
    )
