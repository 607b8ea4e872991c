"""Our numbers next to the published values, with a verdict: the lines of a table."""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypedDict

import yaml

from respectra.files import read_product
from respectra.plan_types import TablePlan
from respectra.tables.numbers import Key, Number, Numbers
from respectra.tables.published import PublishedCell

# Factors from our unit to a published one. Our SAM is in radians, our errors are plain ratios.
UNITS = {
    "deg": 180 / math.pi, "0-4095 counts": 4095.0, "%": 100.0, "ms": 1e3,
    "K": 1e-3, "M": 1e-6, "G": 1e-9, "h": 1 / 3600,
}  # fmt: skip
PARAMETERS_OVER_BASELINE = "Params over the baseline"
MACS_OVER_BASELINE = "MACs over the baseline"
COUNTED_METRICS = ("Params", "MACs", "Size", PARAMETERS_OVER_BASELINE, MACS_OVER_BASELINE)
TRAINING_TIME = "TrainTime"  # published as text, such as `5 days`; ours are in hours
TIMED_METRICS = ("Time", "InferenceTime", TRAINING_TIME)


class Line(TypedDict):
    """A line of a table's CSV: one cell. Numbers are text; "" means that there is none."""

    row: str
    column: str
    metric: str
    unit: str
    ours: str
    spread: str  # standard deviation over seeds
    low: str  # interval of confidence
    high: str
    group: str  # letters; rows that share one are not shown to differ
    theirs: str  # as published
    difference: str
    verdict: str
    note: str


COLUMNS = tuple(Line.__annotations__)


def join_published(
    plan: TablePlan, numbers: Numbers, published: Sequence[PublishedCell]
) -> Iterator[Line]:
    """Join our numbers with the published values on row, column and metric.

    Args:
        plan: rows, trainings, tolerance, whether the table is judged.
        numbers: ours, in our units.
        published: the paper's cells.

    Yields:
        The published cells in their order, then cells that the paper does not print, in the order
        of the plan's rows. Ours is converted to the published unit.
    """
    stale_rows = find_stale_rows(plan)
    cells = {(cell["row"], cell["column"], cell["metric"]): cell for cell in published}
    units = {(cell["column"], cell["metric"]): cell["unit"] for cell in published}
    positions = {row: i for i, row in enumerate(plan["rows"])}
    unpublished = sorted(
        (key for key in numbers if key not in cells),
        key=lambda key: positions.get(key[0], len(positions)),
    )
    for key in [*cells, *unpublished]:
        cell = cells.get(key, {})
        unit = cell.get("unit", units.get(key[1:], ""))
        unit = unit or ("h" if key[2] == TRAINING_TIME else "")
        number = _convert(numbers.get(key), UNITS.get(unit, 1.0))
        ours, spread = (None, None) if number is None else (number.value, number.spread)
        low, high = (number and number.interval) or (None, None)
        printed = cell.get("value", "")
        published_value = parse_number(printed)
        difference = None if ours is None or published_value is None else ours - published_value
        yield {
            "row": key[0],
            "column": key[1],
            "metric": key[2],
            "unit": unit,
            "ours": format_number(ours),
            "spread": format_number(spread),
            "low": format_number(low),
            "high": format_number(high),
            "group": number.group if number else "",
            "theirs": printed,
            "difference": format_number(difference),
            "verdict": "stale" if key[0] in stale_rows else judge(plan, key, ours, printed),
            "note": "; ".join(filter(None, (cell.get("note", ""), _note_images(plan, key, ours)))),
        }


def _convert(number: Number | None, factor: float) -> Number | None:
    if number is None:
        return None
    spread = None if number.spread is None else number.spread * factor
    interval = number.interval and (number.interval[0] * factor, number.interval[1] * factor)
    return Number(number.value * factor, spread, interval, number.group)


def judge(plan: TablePlan, key: Key, ours: float | None, printed: str) -> str:
    """Return the verdict on a cell.

    Scores are only judged at the full budget (`plan["judged"]`) and if our images are the paper's.
    Counts depend on neither: they are always judged, to the last printed digit. Times depend on
    the device and are never judged.

    Args:
        plan: `judged`; `tolerance`, a relative error; `columns` with their images.
        key: row, column, metric.
        ours: in the published unit; None if there is no number.
        printed: the published value as the paper prints it.

    Returns:
        `not run`, "" (nothing published), `not judged`, `reproduced` or `off by N %`.
    """
    metric, published_value = key[2], parse_number(printed)
    if ours is None:
        return "not run"
    if published_value is None:
        return ""
    relative_error = (
        abs(ours - published_value) / abs(published_value) if published_value else math.inf
    )
    if metric in COUNTED_METRICS:
        return "reproduced" if has_printed_digits(ours, printed) else _describe(relative_error)
    if metric in TIMED_METRICS or not plan["judged"] or find_other_images(plan, key[1]):
        return "not judged"
    return "reproduced" if relative_error <= plan["tolerance"] else _describe(relative_error)


def has_printed_digits(value: float, printed: str) -> bool:
    """Whether a value, rounded to the digits of a printed number, is that number.

    Example:
        >>> has_printed_digits(14.892975, "14.893"), has_printed_digits(26.6, "26.5")
        (True, False)
    """
    published_value = Decimal(printed)
    exponent = published_value.as_tuple().exponent
    half = Decimal(1).scaleb(int(exponent)) / 2
    return abs(Decimal(repr(value)) - published_value) <= half


def _describe(relative_error: float) -> str:
    """`off by N %`, with enough digits that it is not zero."""
    percent = 100 * relative_error
    return f"off by {percent:.0f} %" if percent >= 1 else f"off by {percent:.1g} %"


def find_other_images(plan: TablePlan, column: str) -> str | None:
    """How the scored images of a column differ from the paper's; None if they do not."""
    labels = {entry["label"]: entry["other_images"] for entry in plan["columns"]}
    return labels.get(column)


def _note_images(plan: TablePlan, key: Key, ours: float | None) -> str | None:
    if ours is None or key[2] in (*COUNTED_METRICS, *TIMED_METRICS):
        return None
    return find_other_images(plan, key[1])


def find_stale_rows(plan: TablePlan) -> set[str]:
    """Find the rows that rest on a training with another plan than today's.

    Their numbers are not those of this configuration, however new their files are.
    """
    stale_rows: set[str] = set()
    for path, training in plan["trained"].items():
        if Path(path).is_file():
            with read_product(path):
                saved_plan = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
            if saved_plan != training["plan"]:
                stale_rows |= set(training["rows"])
    return stale_rows


def parse_number(text: str) -> float | None:
    """Return a number, or None for text that is none (`-`, `N/A`, "").

    Example:
        >>> parse_number("0.17"), parse_number("N/A")
        (0.17, None)
    """
    try:
        return float(text)
    except ValueError:
        return None


def format_number(value: float | None) -> str:
    """Return a number with six significant digits, or "" for None.

    Example:
        >>> format_number(1 / 3), format_number(None)
        ('0.333333', '')
    """
    return "" if value is None else f"{value:.6g}"
