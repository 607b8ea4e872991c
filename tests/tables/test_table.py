from pathlib import Path

import pandas as pd
import pytest

from respectra.plan_types import TablePlan
from respectra.tables import make_table
from tests.tables.builders import make_plan, write_published, write_scores


def make(folder: Path, plan: TablePlan) -> pd.DataFrame:
    make_table(
        plan=plan,
        save_csv=folder / "t.csv",
        save_markdown=folder / "t.md",
        save_tex=folder / "t.tex",
    )
    frame = pd.read_csv(folder / "t.csv", dtype=str, keep_default_na=False)
    return frame.set_index(["row", "metric"])


def test_a_table_is_written_three_times(tmp_path: Path) -> None:
    frame = make(tmp_path, make_plan(tmp_path))
    assert frame.loc[("HPRN", "MRAE"), "verdict"] == "reproduced"
    assert "| AWAN | — / 0.2 |" in (tmp_path / "t.md").read_text()
    assert r"AWAN & --- / 0.2 &" in (tmp_path / "t.tex").read_text()


def test_the_kind_decides_on_our_numbers(tmp_path: Path) -> None:
    published = write_published(tmp_path / "p.csv", ("HPRN", "X", "Params", "14.893", "M", ""))
    plan = make_plan(tmp_path, published=published, cells=[], judged=False)
    for kind, verdict in (("cost", "reproduced"), ("scores", "not run"), ("quoted", "not run")):
        plan["is"] = kind
        assert make(tmp_path, plan).loc[("HPRN", "Params"), "verdict"] == verdict


def test_ranks_come_first(tmp_path: Path) -> None:
    frame = make(tmp_path, make_plan(tmp_path, ranked="MRAE"))
    assert frame.index.tolist()[:2] == [("AWAN", "Rank"), ("HPRN", "Rank")]
    assert frame.loc[("HPRN", "Rank"), "theirs"] == "1"


def test_a_table_without_published_values_has_ours_alone(tmp_path: Path) -> None:
    frame = make(tmp_path, make_plan(tmp_path, published=None))
    assert frame.index.tolist() == [("HPRN", "MRAE"), ("HPRN", "SAM")]
    assert frame["theirs"].tolist() == ["", ""]


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    write_scores(tmp_path / "other.csv", mrae=0.2)
    files = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        make(tmp_path / name, make_plan(tmp_path))
        files.append(
            [(tmp_path / name / f"t.{kind}").read_bytes() for kind in ("csv", "md", "tex")]
        )
    assert files[0] == files[1]


@pytest.mark.parametrize("field", ["row", "unit"])
def test_a_published_table_without_a_column_is_refused(tmp_path: Path, field: str) -> None:
    plan = make_plan(tmp_path)
    path = Path(str(plan["published"]))
    path.write_text(path.read_text().replace(field, "other", 1))
    with pytest.raises(ValueError, match="must have the columns row, column, metric"):
        make(tmp_path, plan)
    assert not (tmp_path / "t.csv").exists()
