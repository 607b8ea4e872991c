"""Reads tables that are finished; rows that are missing and numbers that differ are told."""

import csv
from pathlib import Path
from typing import cast

from respectra.files import read_product
from respectra.tables.join import COLUMNS, Line
from respectra.tables.text import render_markdown_rows, spread_lines

REMEDY = "remove both and run the same command again, which makes them anew"


def read_lines(path: str | Path) -> list[Line]:
    """Read the lines of a finished table.

    The Markdown beside the CSV was made from the same lines. What it shows is compared with them,
    so that a row that one of the two lacks, or a number that differs, is found.

    Args:
        path: such as `results/tables/hprn/table2.demo.csv`.

    Raises:
        ValueError: one of the two files is missing or damaged, or they differ.
    """
    path = Path(path)
    with read_product(path), open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
        for row in rows:
            if tuple(row) != COLUMNS or None in row.values():
                raise ValueError("a row has other columns")
        lines = [cast(Line, row) for row in rows]
        expected = render_markdown_rows(spread_lines(lines))
    markdown = path.with_suffix(".md")
    with read_product(markdown):
        text = markdown.read_text(encoding="utf-8")
    if not text.endswith(f"\n\n{expected}"):
        raise ValueError(
            f"{markdown}: does not show the rows and numbers of {path.name} beside it; one of them "
            f"is cut short or changed: {REMEDY}"
        )
    return lines
