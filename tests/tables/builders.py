"""Plans of tables and their files, for the tests of this folder."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from respectra.plan_types import CellPlan, ColumnPlan, TablePlan
from respectra.tables.join import COLUMNS, Line
from respectra.tables.text import render_markdown_rows, spread_lines


def write_published(path: Path, *cells: tuple[str, ...]) -> str:
    """A transcribed table; a cell is row, column, metric, value, unit, note."""
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([("row", "column", "metric", "value", "unit", "note"), *cells])
    return str(path)


def write_scores(path: Path, **metrics: float) -> str:
    """A file of scores with the same numbers for two scenes and both regions."""
    lines = [{"scene": s, "region": r, **metrics} for s in "ab" for r in ("full", "crop")]
    pd.DataFrame(lines).to_csv(path, index=False)
    return str(path)


def make_line(**fields: str) -> Line:
    line = {**dict.fromkeys(COLUMNS, ""), "row": "HPRN", "column": "Clean", "metric": "MRAE"}
    return {**line, **fields}  # type: ignore[typeddict-item]


def write_table(path: Path, lines: Sequence[Line], caption: str = "A table.") -> None:
    """A finished table: its CSV, and its Markdown beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(lines)
    rows = render_markdown_rows(spread_lines(lines))
    path.with_suffix(".md").write_text(f"{caption}\n\n{rows}", encoding="utf-8")


def make_cell(scores: str, **changes: Any) -> CellPlan:
    cell: CellPlan = {
        "row": "HPRN",
        "column": "Clean",
        "region": "full",
        "metrics": {"MRAE": "mrae"},
        "scores": scores,
        "left_out": [],
    }
    return {**cell, **changes}  # type: ignore[typeddict-item]


def make_column(**changes: Any) -> ColumnPlan:
    column: ColumnPlan = {
        "label": "Clean",
        "metrics": {"MRAE": "mrae"},
        "source": "synthetic/valid",
        "other_images": None,
    }
    return {**column, **changes}  # type: ignore[typeddict-item]


def make_plan(folder: Path, **changes: Any) -> TablePlan:
    """A table of two published rows; HPRN has two seeds, AWAN was not run."""
    cells = [
        make_cell(
            write_scores(folder / f"{seed}.csv", mrae=mrae, sam=0.0349),
            metrics={"MRAE": "mrae", "SAM": "sam"},
        )
        for seed, mrae in enumerate((0.10, 0.104))
    ]
    published = write_published(
        folder / "published.csv",
        ("AWAN", "Clean", "MRAE", "0.2", "1", ""),
        ("HPRN", "Clean", "MRAE", "0.1", "1", "as printed"),
        ("HPRN", "Clean", "SAM", "2", "deg", ""),
    )
    plan: TablePlan = {
        "is": "scores",
        "settings": {},
        "caption": "A table",
        "remark": None,
        "edition": {"budget": "all of it", "small": False, "stand_in": None},
        "published": published,
        "rows": ["AWAN", "HPRN"],
        "conditions": [],
        "columns": [make_column()],
        "cells": cells,
        "products": [],
        "compared_with": {},
        "ranked": None,
        "primary": None,
        "passes": {},
        "macs_size": {},
        "timed_size": None,
        "timings": None,
        "parameters": {"HPRN": 14_892_975},
        "macs": {},
        "trained": {},
        "machines": {},
        "judged": True,
        "tolerance": 0.05,
        "code": "",
    }
    return {**plan, **changes}  # type: ignore[typeddict-item]
