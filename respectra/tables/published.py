"""Published tables, as they are transcribed in `published/`."""

import csv
from collections.abc import Mapping
from pathlib import Path

FIELDS = ("row", "column", "metric", "value", "unit", "note")
PublishedCell = Mapping[str, str]  # a value for each of FIELDS


def read_published(path: str | Path | None) -> list[PublishedCell]:
    """Read a transcribed table.

    Args:
        path: a CSV with the columns row, column, metric, value, unit, note; None for a table that
            no paper prints.

    Returns:
        The cells in the order of the file; none if `path` is None.

    Raises:
        ValueError: a column is missing.
    """
    if path is None:
        return []
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        cells: list[PublishedCell] = list(reader)
    missing = [field for field in FIELDS if field not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(
            f"{path}: the column {missing[0]} is missing; a published table has the columns "
            f"{', '.join(FIELDS)}"
        )
    return cells
