from pathlib import Path

import pytest

from respectra.plan_types import CellPlan, TablePlan
from respectra.tables.join import Line, join_published
from respectra.tables.kinds import scores
from respectra.tables.published import read_published
from respectra.tables.ranks import rank_rows
from tests.tables.builders import make_cell, make_column, make_plan, write_published, write_scores


def make_cells(folder: Path, **errors: float) -> list[CellPlan]:
    return [
        make_cell(write_scores(folder / f"{row}-{mrae}.csv", mrae=mrae), row=row)
        for row, mrae in errors.items()
    ]


def publish(path: Path, **errors: str) -> str:
    cells = [(row, "Clean", "MRAE", mrae, "1", "") for row, mrae in errors.items()]
    return write_published(path, *cells)


@pytest.fixture
def plan(tmp_path: Path) -> TablePlan:
    """HPRN is first in both tables, but the paper ranks it second in the primary one."""
    return make_plan(
        tmp_path,
        published=publish(tmp_path / "p.csv", AWAN="0.2", HPRN="0.1"),
        ranked="MRAE",
        cells=make_cells(tmp_path, AWAN=0.5, HPRN=0.4, control=0.01),
        primary={
            "published": publish(tmp_path / "q.csv", AWAN="0.1", HPRN="0.3"),
            "ranked": "MRAE",
            "cells": make_cells(tmp_path, AWAN=0.9, HPRN=0.8),
        },
    )


def rank(plan: TablePlan) -> dict[tuple[str, str], Line]:
    lines = list(join_published(plan, scores(plan), read_published(plan["published"])))
    return {(line["row"], line["metric"]): line for line in rank_rows(plan, lines)}


def test_printed_rows_are_ranked_in_both_tables(plan: TablePlan) -> None:
    ranks = {
        key: (line["ours"], line["theirs"], line["verdict"]) for key, line in rank(plan).items()
    }
    assert ranks == {  # `control` is not printed, so it has no rank
        ("AWAN", "Rank"): ("2", "2", "reproduced"),
        ("AWAN", "Primary rank"): ("2", "1", "another rank"),
        ("HPRN", "Rank"): ("1", "1", "reproduced"),
        ("HPRN", "Primary rank"): ("1", "2", "another rank"),
    }


def test_equal_numbers_share_a_rank(tmp_path: Path, plan: TablePlan) -> None:
    plan["published"] = publish(tmp_path / "r.csv", A="0.1", B="0.2", C="0.2", D="0.3")
    ranks = rank(plan)
    assert [ranks[row, "Rank"]["theirs"] for row in "ABCD"] == ["1", "2", "2", "4"]


def test_a_row_without_scores_has_no_rank_of_ours(tmp_path: Path, plan: TablePlan) -> None:
    plan["cells"] = make_cells(tmp_path, HPRN=0.4)
    line = rank(plan)["AWAN", "Rank"]
    assert (line["ours"], line["theirs"], line["verdict"]) == ("", "2", "not run")


def test_ranks_are_only_judged_where_scores_are(plan: TablePlan) -> None:
    plan["judged"] = False
    assert {line["verdict"] for line in rank(plan).values()} == {"not judged"}


def test_ranks_of_other_images_are_not_judged_and_say_so(plan: TablePlan) -> None:
    plan["columns"] = [make_column(other_images="validation, not test")]
    line = rank(plan)["HPRN", "Rank"]
    assert (line["verdict"], line["note"]) == ("not judged", "validation, not test")


def test_a_table_without_ranked_metric_has_no_ranks(plan: TablePlan) -> None:
    plan["ranked"] = None
    assert rank(plan) == {}
