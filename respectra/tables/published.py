"""Published tables, as they are transcribed in `published/`."""

from collections.abc import Mapping
from pathlib import Path

from respectra.datasets.table import read_table

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
        ValueError: the file cannot be read, a column is missing, or a row has too few cells.
    """
    if path is None:
        return []
    return [*read_table(Path(path), FIELDS, may_be_empty=True)]
