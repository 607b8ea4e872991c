"""The numbers of a table's cells, from files of scores."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

from respectra.files import read_product
from respectra.plan_types import CellPlan
from respectra.score_files import read_scores


@dataclass(frozen=True)
class Number:
    """One of our numbers.

    Attributes:
        value: the mean over seeds, in our unit (angles in radians, times in seconds).
        spread: the standard deviation over seeds; None for one seed.
        interval: of confidence, in the same unit; None for none.
        group: grouping letters; rows that share one are not shown to differ.
    """

    value: float
    spread: float | None = None
    interval: tuple[float, float] | None = None
    group: str = ""


Key = tuple[str, str, str]  # row, column, metric, as the paper labels them
Numbers = dict[Key, Number]


def average_scores(cells: Iterable[CellPlan]) -> Numbers:
    """Average scores over the scenes of a split, then over the seeds.

    Args:
        cells: one entry per file of scores; entries of the same row and column are seeds. A file
            that does not exist is left out, as are the scenes in `left_out`.

    Returns:
        A number for every key with at least one file.
    """
    means: dict[Key, list[float]] = {}
    for cell in cells:
        if not Path(cell["scores"]).is_file():
            continue
        scores = read_scores(cell["scores"])
        with read_product(cell["scores"]):
            scores = scores[scores["region"] == cell["region"]]
            scores = scores[~scores["scene"].isin(cell["left_out"])]
            for label, metric in cell["metrics"].items():
                key = cell["row"], cell["column"], label
                means.setdefault(key, []).append(float(scores[metric].mean()))
    return {key: average(values) for key, values in means.items()}


def average(values: list[float]) -> Number:
    """Return the mean and standard deviation of the values of seeds.

    The deviation of an infinite score (PSNR) is not defined.
    """
    defined = len(values) > 1 and all(math.isfinite(value) for value in values)
    return Number(fmean(values), stdev(values) if defined else None)
