"""A table as Markdown and TeX."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from respectra.datasets.layout import HELD_OUT
from respectra.plan_types import TablePlan
from respectra.tables.join import Line
from respectra.tables.ranks import PRIMARY_RANK, RANK
from respectra.tables.times import read_times, read_training_times

SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
_TO_SUBSCRIPTS = str.maketrans("0123456789", SUBSCRIPTS)
_TEX_ESCAPES = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "_": r"\_",
    "#": r"\#",
    "±": r"$\pm$",
    "—": "---",
    "×": r"$\times$",
    **{subscript: f"$_{digit}$" for digit, subscript in enumerate(SUBSCRIPTS)},
}


def spread_lines(lines: Sequence[Line]) -> pd.DataFrame:
    """Arrange lines as a table of text, `ours / published_value` in a cell.

    Args:
        lines: one per cell.

    Returns:
        An index entry per row, a column per column and metric. A heading names the column only if
        there are several. A primary rank is a subscript of the rank.
    """
    primary_ranks = {line["row"]: line for line in lines if line["metric"] == PRIMARY_RANK}
    several = len({line["column"] for line in lines}) > 1
    cells: dict[str, dict[str, str]] = {}
    for line in lines:
        if line["metric"] == PRIMARY_RANK:
            continue
        unit = f" ({line['unit']})" if line["unit"] not in ("", "1") else ""
        heading = f"{line['metric']}{unit}"
        heading = f"{line['column']}: {heading}" if several else heading
        subscript = primary_ranks.get(line["row"]) if line["metric"] == RANK else None
        cells.setdefault(line["row"], {})[heading] = _format_cell(line, subscript)
    frame = pd.DataFrame.from_dict(cells, orient="index").fillna("")
    stale_rows = {line["row"] for line in lines if line["verdict"] == "stale"}
    frame.index = pd.Index([f"{row} (stale)" if row in stale_rows else row for row in frame.index])
    return frame


def _format_cell(line: Line, subscript: Line | None = None) -> str:
    """`0.1134 ± 0.002 [0.10, 0.13] ab / 0.1131, reproduced`; ours is a dash if it was not run."""
    ours = f"{float(line['ours']):.4g}" if line["ours"] else "—"
    published_value = line["theirs"]
    if subscript:
        ours += subscript["ours"].translate(_TO_SUBSCRIPTS)
        published_value += subscript["theirs"].translate(_TO_SUBSCRIPTS)
    if line["spread"]:
        ours += f" ± {float(line['spread']):.2g}"
    if line["low"]:
        ours += f" [{float(line['low']):.3g}, {float(line['high']):.3g}]"
    if line["group"]:
        ours += f" {line['group']}"
    if not published_value:
        return ours
    if line["verdict"].startswith(("reproduced", "off by")):
        return f"{ours} / {published_value}, {line['verdict']}"
    return f"{ours} / {published_value}"


def render_markdown(frame: pd.DataFrame, plan: TablePlan) -> str:
    """Return the caption and a Markdown table.

    Args:
        frame: from `spread_lines`.
        plan: for the caption.
    """
    return f"{write_caption(plan)}\n\n{render_markdown_rows(frame)}"


def render_markdown_rows(frame: pd.DataFrame) -> str:
    """Return a Markdown table without its caption.

    Args:
        frame: from `spread_lines`.
    """

    def render_row(cells: Sequence[Any]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    head = ["", *frame.columns]
    body = [render_row([name, *frame.loc[name]]) for name in frame.index]
    rule = render_row(["---"] * len(head))
    return "\n".join([render_row(head), rule, *body, ""])


def render_tex(frame: pd.DataFrame, plan: TablePlan) -> str:
    """Return a booktabs table with its caption.

    Args:
        frame: from `spread_lines`.
        plan: for the caption.
    """
    escaped = frame.rename(columns=_escape, index=_escape).map(_escape)
    return escaped.to_latex(caption=_escape(write_caption(plan)), position="t")


def _escape(text: str) -> str:
    for character, escape in _TEX_ESCAPES.items():
        text = text.replace(character, escape)
    return text


def write_caption(plan: TablePlan) -> str:
    """Return the sentences that a reader of the table needs: contents, budget, data, device."""
    edition = plan["edition"]
    parts = [plan["caption"].rstrip(".")]
    if plan["published"]:
        parts.append("Cells: our value / published value")
    parts.append(f"Budget: {edition['budget']}")
    if edition["stand_in"]:
        sources = ", ".join(sorted({column["source"] for column in plan["columns"]}))
        scored_on = f" ({sources})" if sources else ""
        place = " instead of the paper's data" if plan["published"] else ""
        parts.append(f"Data: {edition['stand_in']}{scored_on}{place}")
        if plan["published"]:
            parts.append("Our values are not comparable with the published values")
    device, _ = read_times(plan)
    if device and plan["timed_size"]:
        rows, columns = plan["timed_size"]
        parts.append(f"Our times: one {rows}×{columns} image on {device}")
    if devices := read_training_times(plan)[0]:
        parts.append(f"Our training times: all trainings of a row on {', '.join(devices)}")
    if plan["columns"] and (weights := describe_weights(plan)):
        parts.append(weights)
    if plan["remark"]:
        parts.append(plan["remark"].rstrip("."))
    return ". ".join(parts) + "."


def describe_weights(plan: TablePlan) -> str | None:
    """Return which rows have the best weights of their trainings; None if all have the last."""
    chosen_rows: set[str] = set()
    last_rows: set[str] = set()
    splits: set[str] = set()
    for training in plan["trained"].values():
        choose = training["plan"]["train"][-1]["choose"]
        (last_rows if choose is None else chosen_rows).update(training["rows"])
        if choose is not None:
            splits.add(
                "held-out training scenes" if choose["split"] == HELD_OUT else choose["split"]
            )
    if not chosen_rows:
        return None
    text = f"Weights: the best on {' or '.join(sorted(splits))}"
    titles = sorted(plan["conditions"], key=len, reverse=True)
    rows = dict.fromkeys(_drop_condition(row, titles) for row in plan["rows"] if row in chosen_rows)
    return f"{text} ({', '.join(rows)}), else the last" if last_rows else text


def _drop_condition(row: str, titles: Sequence[str]) -> str:
    """The label of a row without its condition; longer titles come first."""
    ends = (f", {title}" for title in titles)
    return next((row.removesuffix(end) for end in ends if row.endswith(end)), row)
