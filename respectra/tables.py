"""Scores + published → ours beside theirs, with a verdict.

A table joins on the paper's own labels, so no number is typed twice and none of ours is typed at
all. What is missing is shown as missing.
"""

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pandas as pd
import yaml

from respectra.build import function
from respectra.files import aside

Plan = Mapping[str, Any]

# What a published unit makes of our number: SAM is in radians, all else a plain ratio.
UNITS = {
    "deg": 180 / math.pi, "0-4095 counts": 4095.0, "%": 100.0, "ms": 1e3,
    "K": 1e-3, "M": 1e-6, "G": 1e-9,
}  # fmt: skip
ADDED = "Params over the baseline"
COUNTED = ("Params", "MACs", "Size", ADDED)
RANK, PRIMARY = "Rank", "Primary rank"
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
COLUMNS = (
    "row",
    "column",
    "metric",
    "unit",
    "ours",
    "spread",
    "theirs",
    "difference",
    "verdict",
    "note",
)


@dataclass(frozen=True)
class Number:
    """One of ours: the mean over seeds, and how far the seeds lie apart (None for one seed)."""

    value: float
    spread: float | None = None


Cells = dict[tuple[str, str, str], Number]  # row, column, metric


def make_table(
    *,
    plan: Plan,
    save_csv: str | Path,
    save_markdown: str | Path,
    save_tex: str | Path,
) -> None:
    """Write a table as long CSV, Markdown and TeX.

    Args:
        plan: rows, columns, the cells' score files, the published table.
        save_csv: row, column, metric, unit, ours, spread, theirs, difference, verdict, note.
        save_markdown, save_tex: for people, a row per method and `ours / theirs` in a cell.
    """
    theirs = read_published(plan["published"]) if plan["published"] else []
    ours: Cells = function("table", plan["is"])(plan)
    lines = list(join(plan, ours, theirs))
    lines = [*ranks(plan, lines), *lines]
    with aside(save_csv) as path, open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(lines)
    frame = wide(lines)
    with aside(save_markdown) as path:
        path.write_text(markdown(frame, plan), encoding="utf-8")
    with aside(save_tex) as path:
        path.write_text(tex(frame, plan), encoding="utf-8")


# --- kinds of tables: each gives our cells -----------------------------------------------------


def scores(plan: Plan) -> Cells:
    """Mean scores over the scenes of a split; over seeds, their mean and standard deviation."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for cell in plan["cells"]:
        if not Path(cell["scores"]).is_file():
            continue
        rows = pd.read_csv(cell["scores"])
        rows = rows[rows["region"] == cell["region"]]
        rows = rows[~rows["scene"].isin(cell["left_out"])]
        for label, metric in cell["metrics"].items():
            key = cell["row"], cell["column"], label
            found.setdefault(key, []).append(float(rows[metric].mean()))
    return {
        key: Number(fmean(values), stdev(values) if len(values) > 1 and _finite(values) else None)
        for key, values in found.items()
    }


def cost(plan: Plan) -> Cells:
    """Parameters, also beyond those of the first row, multiply-accumulates, the size of a float32
    checkpoint in MiB, seconds per image where they were measured; beside them the table's scores.

    The counts are the method's `expect`, which a test holds against the network.
    """
    found, (_, timed) = scores(plan), timings(plan)
    for cell in read_published(plan["published"]) if plan["published"] else []:
        parameters, least = (plan["parameters"].get(row) for row in (cell["row"], plan["rows"][0]))
        sizes = {
            "Params": parameters,
            ADDED: parameters and least and parameters - least,
            "Size": parameters and parameters * 4 / 2**20,
            "MACs": _macs(plan, cell),
            "Time": timed.get(cell["row"]),
            "InferenceTime": timed.get(cell["row"]),
        }
        size = sizes.get(cell["metric"])
        if size is not None:
            found[cell["row"], cell["column"], cell["metric"]] = Number(size)
    return found


def _macs(plan: Plan, cell: Mapping[str, str]) -> float | None:
    """A network's multiply-accumulates, which grow with the image."""
    macs = plan["macs"].get(cell["row"])
    rows, columns = plan["counted"].get(cell["column"], (256, 256))
    return macs and macs * rows * columns / 256**2


def timings(plan: Plan) -> tuple[str, dict[str, float]]:
    """The device that was measured last, and its seconds per image of the table's size by row.

    `python benchmarks/networks.py --save` writes those of networks; an ensemble takes as long as
    its networks one after another. What was not measured is left out.
    """
    if not plan["timings"]:
        return "", {}
    with open(plan["timings"], newline="", encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if [int(row["rows"]), int(row["columns"])] == plan["timed"]
        ]
    device = rows[-1]["device"] if rows else ""
    known = {row["method"]: float(row["seconds"]) for row in rows if row["device"] == device}
    return device, {
        label: sum(count * known[network] for network, count in passes.items())
        for label, passes in plan["passes"].items()
        if passes and passes.keys() <= known.keys()
    }


def gains(plan: Plan) -> Cells:
    """How far a row's error lies below the best of those it is set against: as a share of theirs
    where the paper prints per cents, else as it is."""
    shares = {
        (cell["row"], cell["column"], cell["metric"])
        for cell in read_published(plan["published"])
        if cell["unit"] == "%"
    }
    found: Cells = {}
    for key, own in scores(plan).items():
        rivals = [scores({**plan, "cells": cells}).get(key) for cells in plan["against"][key[0]]]
        errors = [rival.value for rival in rivals if rival is not None]
        if errors and len(errors) == len(rivals):
            gain = min(errors) - own.value
            found[key] = Number(gain / min(errors) if key in shares else gain)
    return found


def quoted(plan: Plan) -> Cells:
    """Theirs alone: what this project has nothing to set beside."""
    del plan
    return {}


# --- joining -----------------------------------------------------------------------------------


def read_published(path: str | Path) -> list[dict[str, str]]:
    """A transcribed table: row, column, metric, value, unit, note.

    Raises:
        ValueError: a column is missing.
    """
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wanted = {"row", "column", "metric", "value", "unit", "note"}
    if rows and not wanted <= set(rows[0]):
        raise ValueError(f"{path}: the columns {', '.join(sorted(wanted))} are wanted")
    return rows


def join(plan: Plan, ours: Cells, theirs: Sequence[Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    """Ours beside theirs in the published order; what they do not print comes after."""
    old = stale_rows(plan)
    printed = {(cell["row"], cell["column"], cell["metric"]): cell for cell in theirs}
    own = [key for key in ours if key not in printed]
    units = {(cell["column"], cell["metric"]): cell["unit"] for cell in theirs}
    order = {row: i for i, row in enumerate(plan["rows"])}
    for key in [*printed, *sorted(own, key=lambda k: order.get(k[0], len(order)))]:
        cell = printed.get(key, {})
        unit = cell.get("unit", units.get(key[1:], ""))
        factor = UNITS.get(unit, 1.0)
        number = ours.get(key)
        value = None if number is None else number.value * factor
        spread = None if number is None or number.spread is None else number.spread * factor
        published = _number(cell.get("value", ""))
        difference = None if value is None or published is None else value - published
        yield {
            "row": key[0],
            "column": key[1],
            "metric": key[2],
            "unit": unit,
            "ours": _written(value),
            "spread": _written(spread),
            "theirs": cell.get("value", ""),
            "difference": _written(difference),
            "verdict": "stale" if key[0] in old else verdict(plan, key, value, published),
            "note": cell.get("note", ""),
        }


def verdict(plan: Plan, key: tuple[str, str, str], ours: float | None, theirs: float | None) -> str:
    """What to say of a cell; only the full budget on the paper's own data is judged.

    What is counted does not depend on the budget, so it is judged always.
    """
    if ours is None:
        return "not run"
    if theirs is None:
        return ""
    if key[2] in ("Time", "InferenceTime") or (not plan["judged"] and key[2] not in COUNTED):
        return "not judged"
    off = abs(ours - theirs) / abs(theirs) if theirs else math.inf
    return "reproduced" if off <= plan["tolerance"] else f"off by {100 * off:.0f} %"


def ranks(plan: Plan, lines: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """A line for each printed row's place in the table, and one for its place in the primary one.

    Nothing of it is typed: theirs follow from the published numbers, ours from the scores of those
    rows that both have.
    """
    if plan["ranked"] is None:
        return
    own = [line for line in lines if line["metric"] == plan["ranked"] and line["theirs"]]
    places = {RANK: (_places(own, "ours"), _places(own, "theirs"))}
    if plan["primary"]:
        published = read_published(plan["primary"]["published"])
        first = {**plan, **plan["primary"], "trained": {}}
        other = list(join(first, scores(first), published))
        other = [line for line in other if line["metric"] == first["ranked"] and line["theirs"]]
        places[PRIMARY] = _places(other, "ours"), _places(other, "theirs")
    for line in own:
        for metric, (ours, theirs) in places.items():
            mine, printed = ours.get(line["row"]), theirs.get(line["row"])
            judged = mine is not None and printed is not None and plan["judged"]
            same = "reproduced" if mine == printed else "another place"
            yield {
                **dict.fromkeys(COLUMNS, ""),
                "row": line["row"],
                "column": line["column"],
                "metric": metric,
                "ours": _written(mine),
                "theirs": _written(printed),
                "verdict": same if judged else "not run" if mine is None else "not judged",
            }


def _places(lines: Sequence[Mapping[str, Any]], whose: str) -> dict[str, int]:
    """Rows by place, from 1; the least number is first, and equals share a place."""
    numbers = {line["row"]: float(line[whose]) for line in lines if line[whose]}
    return {row: 1 + sum(n < own for n in numbers.values()) for row, own in numbers.items()}


def stale_rows(plan: Plan) -> set[str]:
    """Rows whose training was made by another plan than today's: a number that is not this
    configuration's, however fresh its file."""
    found: set[str] = set()
    for path, training in plan["trained"].items():
        if Path(path).is_file():
            saved = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
            if saved != training["plan"]:
                found |= set(training["rows"])
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _finite(values: Sequence[float]) -> bool:
    return all(math.isfinite(value) for value in values)


# --- for people --------------------------------------------------------------------------------


def wide(lines: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """A row per row, a column per column and metric, `ours / theirs` in a cell.

    A heading names the column only where there are several. A rank in the primary table is a
    subscript of the rank.
    """
    primary = {line["row"]: line for line in lines if line["metric"] == PRIMARY}
    several = len({line["column"] for line in lines}) > 1
    cells: dict[str, dict[str, str]] = {}
    for line in lines:
        if line["metric"] == PRIMARY:
            continue
        unit = f" ({line['unit']})" if line["unit"] not in ("", "1") else ""
        heading = f"{line['metric']}{unit}"
        heading = f"{line['column']}: {heading}" if several else heading
        below = primary.get(line["row"]) if line["metric"] == RANK else None
        cells.setdefault(line["row"], {})[heading] = _cell(line, below)
    frame = pd.DataFrame.from_dict(cells, orient="index").fillna("")
    marked = {line["row"] for line in lines if line["verdict"] == "stale"}
    frame.index = pd.Index([f"{row} (stale)" if row in marked else row for row in frame.index])
    return frame


def _cell(line: Mapping[str, Any], below: Mapping[str, Any] | None = None) -> str:
    """`0.1134 ± 0.002 / 0.1131`; ours is a dash where it was not run."""
    theirs = str(line["theirs"])
    ours = _digits(line["ours"]) or "—"
    if below:
        ours += below["ours"].translate(SUBSCRIPTS)
        theirs += below["theirs"].translate(SUBSCRIPTS)
    if line["spread"]:
        ours += f" ± {float(line['spread']):.2g}"
    if not theirs:
        return ours
    if str(line["verdict"]).startswith(("reproduced", "off by")):
        return f"{ours} / {theirs}, {line['verdict']}"
    return f"{ours} / {theirs}"


def _digits(text: str) -> str:
    return f"{float(text):.4g}" if text else ""


def markdown(frame: pd.DataFrame, plan: Plan) -> str:
    """A table for people, with what must be known to read it."""

    def row(cells: Sequence[Any]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    head = ["", *frame.columns]
    body = [row([name, *frame.loc[name]]) for name in frame.index]
    rule = row(["---"] * len(head))
    return "\n".join([caption(plan), "", row(head), rule, *body, ""])


def tex(frame: pd.DataFrame, plan: Plan) -> str:
    """The same for a paper: a booktabs table."""
    plain = frame.rename(columns=_escape, index=_escape).map(_escape)
    return plain.to_latex(caption=_escape(caption(plan)), position="t")


def _escape(text: str) -> str:
    for plain, escaped in _TEX.items():
        text = text.replace(plain, escaped)
    return text


_TEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "_": r"\_",
    "#": r"\#",
    "±": r"$\pm$",
    "—": "---",
    "×": r"$\times$",
    **{digit: f"$_{n}$" for n, digit in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}


def caption(plan: Plan) -> str:
    """What the table shows, at which budget, on which data."""
    edition = plan["edition"]
    parts = [plan["caption"].rstrip(".")]
    if plan["published"]:
        parts.append("Ours / theirs")
    parts.append(f"Budget: {edition['budget']}")
    if edition["stand_in"]:
        seen = ", ".join(sorted({column["seen"] for column in plan["columns"]}))
        scored = f" ({seen})" if seen else ""
        word = "stand in for the paper's data" if plan["published"] else "are the data"
        parts.append(f"{edition['stand_in']}{scored} {word}")
        if plan["published"]:
            parts.append("Ours are not comparable with theirs")
    if device := timings(plan)[0]:
        rows, columns = plan["timed"]
        parts.append(f"Our times: one {rows}×{columns} image on {device}")
    if plan["remark"]:
        parts.append(plan["remark"].rstrip("."))
    return ". ".join(parts) + "."


def make_metrics(
    *, tables: Sequence[str | Path], save: str | Path, save_leaderboard: str | Path
) -> None:
    """The numbers of finished tables in two files that DVC compares between commits.

    Args:
        tables: the long CSVs; `{paper}/{table}.{edition}` names each.
        save: JSON, table → row → metric, for `dvc metrics show`.
        save_leaderboard: a CSV of every MRAE, for `dvc plots show`.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    for path in map(Path, sorted(tables, key=str)):
        name = f"{path.parent.name}/{path.stem}"
        for line in pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records"):
            value = _number(line["ours"])
            if value is not None and math.isfinite(value):
                found.setdefault(name, {}).setdefault(line["row"], {})[line["metric"]] = value
    with aside(save) as part:
        part.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    with aside(save_leaderboard) as part, open(part, "w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["method", "MRAE"])
        for name, methods in found.items():
            short = name.partition(".")[0]
            lines.writerows(
                [f"{short}: {method}", metrics["MRAE"]]
                for method, metrics in methods.items()
                if "MRAE" in metrics
            )
