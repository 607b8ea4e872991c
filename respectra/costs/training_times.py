"""Published training times next to the estimated hours of the same rows."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from respectra.config import Choices, Config
from respectra.costs.paper import TrainingCost
from respectra.plans.editions import read_edition
from respectra.plans.runs import trainings_of
from respectra.tables.join import TRAINING_TIME
from respectra.tables.published import read_published

DEVICE = "GPU"  # the metric that names the device of a published training time
DEVICES = "data/timings/devices.csv"  # peak float32 rates that manufacturers state
ESTIMATED_ON = "H200"  # the device of the estimated hours
HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0}


@dataclass(frozen=True)
class TrainingTime:
    """The published training time of a row, and ours.

    Attributes:
        row: the paper's label.
        method: the method of the row.
        printed: the published time as it is printed.
        device: the device of the published time.
        hours: ours, estimated, of all trainings of the method one after another on one H200.
        scaled_hours: the same trainings on `device`, by the peak rates of both, with the public
            code's steps where they were measured; None if a rate is not known. The published time
            is that of a public code, too.
    """

    row: str
    method: str
    printed: str
    device: str
    hours: float
    scaled_hours: float | None

    @property
    def ratio(self) -> float | None:
        """Ours on the published device in units of the published time."""
        published_hours = parse_hours(self.printed)
        if self.scaled_hours is None or published_hours is None:
            return None
        return self.scaled_hours / published_hours


def list_training_times(
    config: Config, paper: str, edition: str, choices: Choices, costs: Sequence[TrainingCost]
) -> Iterator[TrainingTime]:
    """Yield every published training time whose row has trainings.

    Args:
        config: the tree of YAML files.
        paper: a name in config/papers.
        edition: `budget` or `budget.dataset`.
        choices: seeds and methods.
        costs: the estimated trainings of the paper.
    """
    budget = read_edition(config, edition).budget
    hours = {cost.method: cost.hours / cost.runs for cost in costs}
    public_hours = {cost.method: (cost.public_hours or cost.hours) / cost.runs for cost in costs}
    rates = read_rates(config.root / DEVICES)
    for method, row, printed, device in _read_times(config, paper):
        sources = {*trainings_of(config, choices, method, budget)}
        if sources and all(training.method in hours for training in sources):
            repeats = len(choices.seeds) if config.kind(method) == "network" else 1
            ours, public = (
                sum(table[training.method] for training in sources) / repeats
                for table in (hours, public_hours)
            )
            rate = find_rate(device, rates)
            scaled = public * rates[ESTIMATED_ON] / rate if rate and ESTIMATED_ON in rates else None
            yield TrainingTime(row, method, printed, device, ours, scaled)


def compare_training_times(times: Sequence[TrainingTime]) -> Iterator[str]:
    """Yield a line for each published training time, with the estimated hours of the row."""
    for time in times:
        line = (
            f"{time.row:28} {time.printed:>10} on {time.device:28} {time.hours:8.3g} hours of an "
            f"{ESTIMATED_ON} here"
        )
        if time.scaled_hours is not None:
            line += f", about {time.scaled_hours:.3g} hours on that device"
        yield line


def _read_times(config: Config, paper: str) -> Iterator[tuple[str, str, str, str]]:
    """Method, row, published training time and device of every row with a method."""
    for key, table in config.paper(paper).tables.items():
        if not table.published or isinstance(table.rows, str):
            continue
        cells = read_published(config.root / f"published/{paper}/{key}.csv")
        values = {(cell["row"], cell["metric"]): cell["value"] for cell in cells}
        for (row, metric), printed in values.items():
            method = table.rows.get(row)
            if metric == TRAINING_TIME and method is not None:
                device = values.get((row, DEVICE), "a device that is not stated")
                yield method, row, printed, device


def read_rates(path: Path) -> dict[str, float]:
    """Read the peak float32 rates of devices.

    Args:
        path: a CSV with the columns device, float32_tflops.

    Returns:
        10¹² operations per second by the name of the device; empty if there is no file.
    """
    if not path.is_file():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        return {row["device"]: float(row["float32_tflops"]) for row in csv.DictReader(file)}


def find_rate(devices: str, rates: Mapping[str, float]) -> float | None:
    """Return the rate of all devices that a paper names; None if one is not known.

    Example:
        >>> find_rate("2x 1080Ti + RTX 3090", {"GTX 1080Ti": 11.0, "RTX 3090": 36.0})
        58.0
    """
    total = 0.0
    for part in devices.split(" + "):
        number, _, name = part.rpartition("x ")
        known = [device for device in rates if device in name or device.endswith(name)]
        if not known:
            return None
        total += rates[max(known, key=len)] * (int(number) if number else 1)
    return total


def parse_hours(printed: str) -> float | None:
    """Return a printed time in hours.

    Example:
        >>> parse_hours("5 days"), parse_hours("30 minutes"), parse_hours("long")
        (120.0, 0.5, None)
    """
    match = re.fullmatch(r"([\d.]+) (minute|hour|day)s?", printed)
    return None if match is None else float(match[1]) * HOURS[match[2]]
