"""The step that makes a table."""

import csv
from pathlib import Path

from respectra.build import function
from respectra.files import replace_atomically
from respectra.plan_types import TablePlan
from respectra.tables.join import COLUMNS, join_published
from respectra.tables.numbers import Numbers
from respectra.tables.published import read_published
from respectra.tables.ranks import rank_rows
from respectra.tables.text import render_markdown, render_tex, spread_lines


def make_table(
    *,
    plan: TablePlan,
    save_csv: str | Path,
    save_markdown: str | Path,
    save_tex: str | Path,
) -> None:
    """Make a table and write it as CSV, Markdown and TeX.

    Args:
        plan: rows, columns, files of scores and the published table.
        save_csv: one line per cell with the columns row, column, metric, unit, ours, spread,
            low, high, group, theirs, difference, verdict, note.
        save_markdown, save_tex: a line per row, `ours / theirs` in a cell.

    Raises:
        ValueError: the published table lacks a column.
    """
    published = read_published(plan["published"])
    products = {"products": plan["products"]} if plan["products"] else {}
    numbers: Numbers = function("table", plan["is"])(plan, **plan["settings"], **products)
    lines = list(join_published(plan, numbers, published))
    lines = [*rank_rows(plan, lines), *lines]
    with (
        replace_atomically(save_csv) as path,
        open(path, "w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    frame = spread_lines(lines)
    with replace_atomically(save_markdown) as path:
        path.write_text(render_markdown(frame, plan), encoding="utf-8")
    with replace_atomically(save_tex) as path:
        path.write_text(render_tex(frame, plan), encoding="utf-8")
