"""Measured seconds per image, for tables of run times."""

import csv

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
