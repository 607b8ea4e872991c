"""Published training times next to the estimated hours of the same entries."""

from collections.abc import Iterator, Sequence

from respectra.config import Choices, Config
from respectra.costs.paper import TrainingCost
from respectra.plans.editions import read_edition
from respectra.plans.runs import trainings_of
from respectra.tables.published import read_published

METRIC, DEVICE = "TrainTime", "GPU"


def compare_training_times(
    config: Config, paper: str, edition: str, choices: Choices, costs: Sequence[TrainingCost]
) -> Iterator[str]:
    """Yield a line for each published training time, with the estimated hours of the entry.

    An entry is the method of the row in the paper's first table that has the row. Its hours are
    those of all trainings that it rests on, one after another.

    Args:
        config: the tree of YAML files.
        paper: a name in config/papers.
        edition: `budget` or `budget.dataset`.
        choices: seeds and methods.
        costs: the estimated trainings of the paper.
    """
    budget = read_edition(config, edition).budget
    hours = {cost.method: cost.hours / cost.runs for cost in costs}
    entries = _list_entries(config, paper)
    for row, (time, device) in _read_times(config, paper).items():
        method = entries.get(row)
        trainings = trainings_of(config, choices, method, budget) if method else []
        sources = {(source, run) for source, run, _ in trainings}
        if sources and all(source in hours for source, _ in sources):
            ours = sum(hours[source] for source, _ in sources)
            yield f"{row:28} {time:>10} on {device:28} {ours:8.1f} GPU-hours here"


def _list_entries(config: Config, paper: str) -> dict[str, str]:
    """The method of each row of a paper's tables; the first table with the row decides."""
    entries: dict[str, str] = {}
    for table in config.paper(paper).tables.values():
        for row, method in () if table.rows == "every_method" else table.rows.items():
            if method is not None:
                entries.setdefault(row, method)
    return entries


def _read_times(config: Config, paper: str) -> dict[str, tuple[str, str]]:
    """The published training time of each row, and its device, as they are printed."""
    times: dict[str, tuple[str, str]] = {}
    for key, table in config.paper(paper).tables.items():
        if not table.published:
            continue
        cells = read_published(config.root / f"published/{paper}/{key}.csv")
        values = {(cell["row"], cell["metric"]): cell["value"] for cell in cells}
        for (row, metric), value in values.items():
            if metric == METRIC:
                times[row] = value, values.get((row, DEVICE), "a device that is not stated")
    return times
