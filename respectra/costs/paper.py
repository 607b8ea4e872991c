"""What a paper costs: GPU-hours of its trainings, disk space of its data.

The hours of a training are its iterations times the measured seconds of a step. For a network
that was not measured, the seconds follow from its multiply-accumulates and the rate that the
measured trainings reach. A training step is a forward pass and a backward pass of twice its work,
so it costs three times the multiply-accumulates of its images.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from respectra.config import Choices, Config
from respectra.costs.step_times import STEP_TIMES, StepTime, read_step_times
from respectra.datasets.layout import ALL_FILES, HELD_OUT, HELD_OUT_DRAW, read_splits
from respectra.lengths import count_iterations, read_patch
from respectra.plan_types import PhasePlan
from respectra.plans.cells import Cell, Training, step_of
from respectra.plans.editions import read_edition
from respectra.plans.figures import is_drawable
from respectra.plans.products import figure_files, table_files
from respectra.plans.runs import held_out_files, member_files, trainings_of_run
from respectra.plans.splits import split_of
from respectra.plans.steps import plan_train

FORWARD_PASSES = 3  # a training step in units of a forward pass: forward 1, backward 2
UNKNOWN_SCENES, UNKNOWN_SIZE = 897, (482, 512)
COUNTED_SIZE = 256  # `expect.macs` is of an image of 256 x 256 pixels


@dataclass(frozen=True)
class TrainingCost:
    """The trainings of one method: how many, how long, and how the time is known.

    Attributes:
        method: a name in config/methods, perhaps with a variant.
        runs: trainings of the method, one per seed.
        iterations: steps of one training, the mean over the runs.
        seconds: of a step, the mean over the iterations.
        basis: `measured`; `scaled` by pixels and multiply-accumulates from the measured step of
            the method without variant; or `counted` from multiply-accumulates.
        public_seconds: of a step of the public code, scaled alike; None if it was not measured.
    """

    method: str
    runs: int
    iterations: int
    seconds: float
    basis: str
    public_seconds: float | None = None

    @property
    def hours(self) -> float:
        """GPU-hours of all runs together."""
        return self.runs * self.iterations * self.seconds / 3600

    @property
    def public_hours(self) -> float | None:
        """GPU-hours of all runs together with the public code."""
        seconds = self.public_seconds
        return None if seconds is None else self.hours * seconds / self.seconds


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
    budget = read_edition(config, edition).budget
    trainings = _list_trainings(config, paper, edition, choices)
    datasets: dict[str, list[str]] = {}
    for training in sorted(trainings):
        datasets.setdefault(training.method, []).append(training.dataset)
    costs = [
        _estimate_training(config, method, budget, names, step_times, rate)
        for method, names in datasets.items()
    ]
    return sorted(costs, key=lambda cost: -cost.hours)


def _estimate_training(
    config: Config,
    method: str,
    budget: str,
    datasets: Sequence[str],
    step_times: Mapping[str, StepTime],
    rate: float,
) -> TrainingCost:
    """Estimate one method's trainings, one for each entry of `datasets`.

    `rate` is in multiply-accumulates per second.
    """
    lengths = [
        (phase, _count_iterations(config, phase, dataset))
        for dataset in datasets
        for phase in plan_train(config, method, budget)["train"]
    ]
    iterations = sum(length for _, length in lengths)
    pixels = sum(length * _count_pixels(phase) for phase, length in lengths)
    step_time = step_times.get(method.partition("-")[0])
    if step_time is None or config.budget(budget).small:
        basis, public_seconds = "counted", None
        macs_per_pixel = _count_macs(config, method, budget) / COUNTED_SIZE**2
        seconds = macs_per_pixel * FORWARD_PASSES / rate * pixels / iterations
    else:
        basis = "measured" if method in step_times else "scaled"
        work = 1.0 if basis == "measured" else _compare_macs(config, method, budget)
        steps = work * pixels / iterations / step_time.pixels  # measured ones in a step
        seconds, public_seconds = step_time.seconds * steps, step_time.public_seconds
        public_seconds = None if public_seconds is None else public_seconds * steps
    runs = len(datasets)
    return TrainingCost(method, runs, round(iterations / runs), seconds, basis, public_seconds)


def _count_iterations(config: Config, phase: PhasePlan, name: str) -> int:
    """Iterations of a phase on a data set; one of unknown scenes is taken to be like ARAD-1K."""
    splits = _read_scene_splits(config, name)
    count = sum(split == "train" for split in splits.values()) or UNKNOWN_SCENES
    if phase["hold_out"] is not None:
        count -= round(phase["hold_out"]["share"] * count)
    dataset = config.dataset(name)
    size = dataset.size or dataset.usual_size or UNKNOWN_SIZE
    return count_iterations(phase, [(size[0], size[1])] * count)


def _compare_macs(config: Config, variant: str, budget: str) -> float:
    """Multiply-accumulates of a variant in units of those of the method without variant."""
    stem = variant.partition("-")[0]
    return _count_macs(config, variant, budget) / _count_macs(config, stem, budget)


def _list_products(
    config: Config, paper: str, edition: str, choices: Choices
) -> tuple[set[Cell], set[Training]]:
    """The products of methods that a paper shows, and the trainings whose files it reads."""
    contents = config.paper(paper)
    inputs = [table_files(config, paper, key, edition, choices) for key in contents.tables]
    inputs += [
        figure_files(config, paper, key, edition, choices)
        for key in contents.figures
        if is_drawable(config, paper, key, edition, choices)
    ]
    paths = {path for files in inputs for path in files}
    cells = {Cell.from_path(path) for path in paths if step_of(path) in ("reconstruct", "score")}
    return cells, {Training.from_path(path) for path in paths if step_of(path) == "train"}


def _list_trainings(config: Config, paper: str, edition: str, choices: Choices) -> set[Training]:
    """The trainings behind a paper."""
    cells, trainings = _list_products(config, paper, edition, choices)
    return trainings | {
        Training(run.trained_on or cell.dataset, run.method, run.run)
        for cell in cells
        for run in trainings_of_run(config, cell.method, cell.run)
    }


def _list_reconstructions(config: Config, paper: str, edition: str, choices: Choices) -> set[Cell]:
    """The products of methods that a paper shows, and those of its ensembles' members."""
    cells, _ = _list_products(config, paper, edition, choices)
    queue, reconstructions = [*cells], set[Cell]()
    while queue:
        cell = queue.pop()
        if cell not in reconstructions and config.kind(cell.method) == "ensemble":
            paths = member_files(config, cell.dataset, cell.method, cell.run, cell.split)
            paths += held_out_files(config, cell.dataset, cell.method, cell.run)
            queue += [Cell.from_path(path) for path in paths]
        reconstructions.add(cell)
    return reconstructions


def _count_pixels(phase: PhasePlan) -> int:
    """Pixels of a training step."""
    return phase["batch"] * math.prod(read_patch(phase))


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
    """Estimate the disk space of a paper's data; zero for a data set of unknown size or scenes.

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
    for dataset in {cell.dataset for cell in reconstructions}:
        splits = _read_scene_splits(config, dataset)
        scene_bytes = _count_scene_bytes(config, dataset)
        cube_bytes += scene_bytes * sum(split != "unused" for split in splits.values())
        trained_on = sum(split == "train" for split in splits.values())
        held_out = HELD_OUT_DRAW["share"] * trained_on
        for cell in reconstructions:
            if cell.dataset == dataset:
                count = sum(split == split_of(cell.split) for split in splits.values())
                scenes = held_out if cell.split == HELD_OUT else count
                reconstruction_bytes += scene_bytes * scenes
    return {"cubes and pictures": cube_bytes, "reconstructions": reconstruction_bytes}


def _read_scene_splits(config: Config, dataset: str) -> dict[str, str]:
    """The split of every scene; empty if the data set has no table of splits."""
    settings = config.dataset(dataset).read
    splits = settings.get("splits", "")
    if not splits or splits.startswith(ALL_FILES) or "/" not in splits:
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
    head = f"{'method':28} {'runs':>4} {'iterations':>10} {'s/step':>8} {'GPU-hours':>10}"
    yield f"{head} {'public':>8}"
    for cost in costs:
        public = "–" if cost.public_hours is None else f"{cost.public_hours:.1f}"
        yield (
            f"{cost.method:28} {cost.runs:4} {cost.iterations:10,} {cost.seconds:8.3f} "
            f"{cost.hours:10.1f} {public:>8}  {cost.basis}"
        )
    hours = sum(cost.hours for cost in costs)
    yield f"{len(costs)} networks, {sum(cost.runs for cost in costs)} trainings: {hours:.0f} hours"
    pairs = [(cost.hours, cost.public_hours) for cost in costs if cost.public_hours is not None]
    if pairs:
        ours, public_sum = (sum(column) for column in zip(*pairs, strict=True))
        yield (
            f"networks whose public code was measured: {ours:.0f} hours here, "
            f"{public_sum:.0f} hours with the public code"
        )
    for part, size in estimate_disk(config, paper, edition, choices).items():
        yield f"{part}: {size / 1e9:.0f} GB"
    yield (
        f"Seconds are of one NVIDIA H200: measured ({STEP_TIMES}), scaled by work for variants, "
        "or counted from multiply-accumulates. Scoring and classification are not included."
    )
