"""Ranks of a challenge: the position of each row in its table and in the primary table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from respectra.plan_types import TablePlan
from respectra.tables.join import (
    COLUMNS,
    Line,
    find_other_images,
    format_number,
    join_published,
)
from respectra.tables.numbers import average_scores
from respectra.tables.published import read_published

RANK, PRIMARY_RANK = "Rank", "Primary rank"
Ranks = Mapping[str, int]  # by row


def rank_rows(plan: TablePlan, lines: Sequence[Line]) -> Iterator[Line]:
    """Rank the rows that the paper prints.

    No rank is typed: published ranks follow from the published numbers, ours from our scores of
    the same rows.

    Args:
        plan: `ranked`, the metric to rank by, or None; `primary`, the table of the primary ranks.
        lines: of the table.

    Yields:
        A line with the metric `Rank` for each published row and, if there is a primary table, one
        with the metric `Primary rank`.
    """
    if plan["ranked"] is None:
        return
    ranked = _select_ranked(lines, plan["ranked"])
    ranks = {RANK: _rank_both(ranked)}
    primary = plan["primary"]
    if primary is not None and primary["ranked"] is not None:
        primary_plan: TablePlan = {**plan, **primary, "trained": {}}
        published = read_published(primary["published"])
        primary_lines = join_published(primary_plan, average_scores(primary["cells"]), published)
        ranks[PRIMARY_RANK] = _rank_both(_select_ranked(primary_lines, primary["ranked"]))
    for line in ranked:
        for metric, (our_ranks, published_ranks) in ranks.items():
            ours, published_rank = our_ranks.get(line["row"]), published_ranks.get(line["row"])
            yield {
                **_EMPTY_LINE,
                "row": line["row"],
                "column": line["column"],
                "metric": metric,
                "ours": format_number(ours),
                "theirs": format_number(published_rank),
                "verdict": _judge_rank(plan, line["column"], ours, published_rank),
                "note": (find_other_images(plan, line["column"]) or "") if ours else "",
            }


_EMPTY_LINE: Line = dict.fromkeys(COLUMNS, "")  # type: ignore[assignment]


def _select_ranked(lines: Iterator[Line] | Sequence[Line], metric: str) -> list[Line]:
    return [line for line in lines if line["metric"] == metric and line["theirs"]]


def _rank_both(lines: Sequence[Line]) -> tuple[Ranks, Ranks]:
    """Our ranks and the published ones."""
    return _rank(lines, "ours"), _rank(lines, "theirs")


def _rank(lines: Sequence[Line], side: Literal["ours", "theirs"]) -> Ranks:
    """Ranks from 1, the least number first; equal numbers share a rank."""
    numbers = {line["row"]: float(line[side]) for line in lines if line[side]}
    return {
        row: 1 + sum(smaller < number for smaller in numbers.values())
        for row, number in numbers.items()
    }


def _judge_rank(plan: TablePlan, column: str, ours: int | None, published_rank: int | None) -> str:
    if ours is None:
        return "not run"
    if published_rank is None or not plan["judged"] or find_other_images(plan, column):
        return "not judged"
    return "reproduced" if ours == published_rank else "another rank"
