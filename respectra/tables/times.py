"""Measured seconds per image and hours of trainings, for tables of run times."""

import csv
from pathlib import Path

import yaml

from respectra.files import read_product
from respectra.plan_types import TablePlan

REMEDY = "remove it, or measure again with benchmarks/networks.py --save"


def read_times(plan: TablePlan) -> tuple[str, dict[str, float]]:
    """Read the times of the device that was measured last.

    `python benchmarks/networks.py --save` writes the file with the times of networks. The time of
    an ensemble is the sum over its networks, because they run one after another.

    Args:
        plan: `timings`, the file or None; `timed_size`, the rows and columns of the image;
            `passes`, how often each network runs for a row of the table.

    Returns:
        The device ("" if nothing was measured) and the seconds per image by row of the table.
        Rows with a network that was not measured are left out.
    """
    if not plan["timings"]:
        return "", {}
    path = plan["timings"]
    with read_product(path, REMEDY), open(path, newline="", encoding="utf-8") as file:
        measurements = [
            line
            for line in csv.DictReader(file)
            if [int(line["rows"]), int(line["columns"])] == plan["timed_size"]
        ]
    device = measurements[-1]["device"] if measurements else ""
    seconds = {
        line["method"]: float(line["seconds"]) for line in measurements if line["device"] == device
    }
    return device, {
        row: sum(count * seconds[network] for network, count in passes.items())
        for row, passes in plan["passes"].items()
        if passes and passes.keys() <= seconds.keys()
    }


def read_training_times(plan: TablePlan) -> tuple[list[str], dict[str, float]]:
    """Read how long the trainings behind each row took, one after another.

    Args:
        plan: `machines`, the files that the trainings of a row wrote; the seeds of a network
            repeat its training, so its time is their mean.

    Returns:
        The devices, and the seconds by row of the table. Rows with a training that was not run
        are left out.
    """
    devices: set[str] = set()
    seconds: dict[str, float] = {}
    for row, machines in plan["machines"].items():
        paths = [Path(file) for file in machines["files"]]
        if not all(path.is_file() for path in paths):
            continue
        entries = [entry for path in paths if (entry := _read_machine(path)) is not None]
        if len(entries) == len(paths):
            devices |= {device for device, _ in entries}
            seconds[row] = sum(duration for _, duration in entries) / machines["repeats"]
    return sorted(devices), seconds


def _read_machine(path: Path) -> tuple[str, float] | None:
    """The device and the seconds of a training; None if it did not state its time."""
    with read_product(path):
        entry = yaml.safe_load(path.read_text(encoding="utf-8"))
        return (str(entry["device"]), 3600 * float(entry["hours"])) if "hours" in entry else None
