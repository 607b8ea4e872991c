import csv
from pathlib import Path

import pandas as pd
import pytest
import yaml

from respectra import tables
from respectra.config import Config
from respectra.tables import make_metrics, make_table, read_published

ROOT = Path(__file__).parents[1]


def published(path: Path, *lines: tuple[str, ...]) -> str:
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([("row", "column", "metric", "value", "unit", "note"), *lines])
    return str(path)


def scores(path: Path, **numbers: float) -> str:
    rows = [{"scene": s, "region": r, **numbers} for s in "ab" for r in ("full", "crop")]
    pd.DataFrame(rows).to_csv(path, index=False)
    return str(path)


def plan(tmp_path: Path, **changes: object) -> dict[str, object]:
    cell = {
        "row": "HPRN",
        "column": "Clean",
        "region": "full",
        "metrics": {"MRAE": "mrae", "SAM": "sam"},
        "left_out": [],
    }
    return {
        "is": "scores", "caption": "A table", "remark": None,
        "edition": {"budget": "all of it", "small": False, "stand_in": None},
        "published": published(
            tmp_path / "published.csv",
            ("AWAN", "Clean", "MRAE", "0.2", "1", ""),
            ("HPRN", "Clean", "MRAE", "0.1", "1", "as printed"),
            ("HPRN", "Clean", "SAM", "2", "deg", ""),
        ),
        "rows": ["AWAN", "HPRN"],
        "columns": [{"label": "Clean", "metrics": {"MRAE": "mrae"}, "seen": "synthetic/valid"}],
        "cells": [
            {**cell, "scores": scores(tmp_path / "0.csv", mrae=0.10, sam=0.0349)},
            {**cell, "scores": scores(tmp_path / "1.csv", mrae=0.104, sam=0.0349)},
        ],
        "against": {}, "ranked": None, "primary": None,
        "passes": {}, "macs": {}, "counted": {}, "timed": None, "timings": None,
        "parameters": {"HPRN": 14_892_975}, "trained": {}, "judged": True, "tolerance": 0.05,
        **changes,
    }  # fmt: skip


def made(tmp_path: Path, found: dict[str, object]) -> pd.DataFrame:
    make_table(
        plan=found,
        save_csv=tmp_path / "t.csv",
        save_markdown=tmp_path / "t.md",
        save_tex=tmp_path / "t.tex",
    )
    frame = pd.read_csv(tmp_path / "t.csv", dtype=str, keep_default_na=False)
    return frame.set_index(["row", "metric"])


def test_ours_stand_beside_theirs_in_their_unit_with_a_verdict(tmp_path: Path) -> None:
    table = made(tmp_path, plan(tmp_path))
    mrae, angle = table.loc[("HPRN", "MRAE")], table.loc[("HPRN", "SAM")]
    assert (mrae["ours"], mrae["theirs"], mrae["verdict"]) == ("0.102", "0.1", "reproduced")
    assert float(mrae["spread"]) == pytest.approx(0.002828, rel=1e-3)
    assert mrae["note"] == "as printed"
    assert float(angle["ours"]) == pytest.approx(1.9996, rel=1e-4)  # radians in, degrees out


def test_missing_is_shown_as_missing(tmp_path: Path) -> None:
    table = made(tmp_path, plan(tmp_path))
    assert table.loc[("AWAN", "MRAE"), "verdict"] == "not run"
    assert table.loc[("AWAN", "MRAE"), "ours"] == ""
    assert "| AWAN | — / 0.2 |" in (tmp_path / "t.md").read_text()


def test_beyond_the_tolerance_says_by_how_much(tmp_path: Path) -> None:
    found = plan(tmp_path)
    found["cells"][0]["scores"] = scores(tmp_path / "0.csv", mrae=0.13, sam=0.0349)  # type: ignore[index]
    assert made(tmp_path, found).loc[("HPRN", "MRAE"), "verdict"] == "off by 17 %"


def test_a_stand_in_is_not_judged_and_says_so(tmp_path: Path) -> None:
    edition = {"budget": "narrow twins", "small": True, "stand_in": "Synthetic scenes"}
    table = made(tmp_path, plan(tmp_path, judged=False, edition=edition))
    assert table.loc[("HPRN", "MRAE"), "verdict"] == "not judged"
    text = (tmp_path / "t.md").read_text()
    assert "Budget: narrow twins. Synthetic scenes (synthetic/valid) stand in" in text
    assert "not comparable" in text


def test_what_the_paper_does_not_print_stands_in_the_papers_unit(tmp_path: Path) -> None:
    found = plan(tmp_path)
    cell = {**found["cells"][0], "row": "AWAN"}  # type: ignore[index]
    table = made(tmp_path, {**found, "cells": [cell, *found["cells"]]})  # type: ignore[misc]
    line = table.loc[("AWAN", "SAM")]
    assert line["unit"] == "deg"
    assert float(line["ours"]) == pytest.approx(2.0, abs=0.01)
    head = (tmp_path / "t.md").read_text().splitlines()[2]
    assert head == "|  | MRAE | SAM (deg) |"


def test_a_training_by_another_plan_is_stale(tmp_path: Path) -> None:
    saved = tmp_path / "plan.yaml"
    saved.write_text(yaml.safe_dump({"train": [{"iterations": 2}]}))
    for iterations, verdict in ((2, "reproduced"), (3, "stale")):
        today = {"rows": ["HPRN"], "plan": {"train": [{"iterations": iterations}]}}
        table = made(tmp_path, plan(tmp_path, trained={str(saved): today}))
        assert table.loc[("HPRN", "MRAE"), "verdict"] == verdict
    assert "HPRN (stale)" in (tmp_path / "t.md").read_text()


def test_costs_are_counted_whatever_the_budget(tmp_path: Path) -> None:
    found = plan(tmp_path, cells=[], judged=False)
    found["is"] = "cost"
    found["published"] = published(
        tmp_path / "p.csv",
        ("HPRN", "X", "Params", "14.893", "M", ""),
        ("HPRN", "X", "Size", "56.8", "MB", ""),
        ("HPRN", "X", "Time", "12.72", "ms", ""),
        ("HPRN", "X", "MACs", "975", "G", ""),
        ("AWAN", "Y", "Params", "4.04", "M", ""),
    )
    found["macs"] = {"HPRN": 975.33e9}
    table = made(tmp_path, found)
    assert table.loc[("HPRN", "Params"), "verdict"] == "reproduced"
    assert float(table.loc[("HPRN", "Size"), "ours"]) == pytest.approx(56.81, abs=0.01)
    assert table.loc[("HPRN", "MACs"), "verdict"] == "reproduced"
    assert table.loc[("HPRN", "Time"), "verdict"] == "not run"
    assert set(table.loc["HPRN", "column"]) == {"X"}  # a column is printed for some rows alone


def test_multiplications_are_those_of_the_columns_image(tmp_path: Path) -> None:
    found = plan(tmp_path, cells=[], macs={"HPRN": 485.5e9}, counted={"whole": [482, 512]})
    found["is"] = "cost"
    found["published"] = published(
        tmp_path / "p.csv",
        ("HPRN", "whole", "MACs", "1822", "G", ""),
        ("HPRN", "256x256", "MACs", "485.5", "G", ""),
    )
    table = made(tmp_path, found).loc[("HPRN", "MACs")]
    assert table["verdict"].tolist() == ["reproduced"] * 2
    assert float(table["ours"].iloc[0]) == pytest.approx(1828, abs=1)


def test_parameters_over_the_baseline_are_counted(tmp_path: Path) -> None:
    found = plan(tmp_path, cells=[], judged=False, parameters={"AWAN": 4_000, "HPRN": 52_050})
    found["is"] = "cost"
    found["published"] = published(
        tmp_path / "p.csv", ("HPRN", "Clean", tables.ADDED, "48.04", "K", "")
    )
    table = made(tmp_path, found)
    assert float(table.loc[("HPRN", tables.ADDED), "ours"]) == pytest.approx(48.05)
    assert table.loc[("HPRN", tables.ADDED), "verdict"] == "reproduced"


@pytest.mark.parametrize(("unit", "theirs", "ours"), [("%", "20", 25.0), ("1", "0.03", 0.034)])
def test_a_gain_is_over_the_best_of_the_others(
    tmp_path: Path, unit: str, theirs: str, ours: float
) -> None:
    """As a share of it where the paper prints per cents."""
    found = plan(tmp_path)
    cell = {**found["cells"][0], "metrics": {"gain": "mrae"}}
    rivals = [
        [{**cell, "scores": scores(tmp_path / f"{mrae}.csv", mrae=mrae)}] for mrae in (0.2, 0.136)
    ]
    found |= {"is": "gains", "cells": [cell], "against": {"HPRN": rivals}}
    found["published"] = published(tmp_path / "p.csv", ("HPRN", "Clean", "gain", theirs, unit, ""))
    found["cells"] = [{**cell, "scores": scores(tmp_path / "own.csv", mrae=0.102)}]
    table = made(tmp_path, found)
    assert float(table.loc[("HPRN", "gain"), "ours"]) == pytest.approx(ours)
    found["against"] = {"HPRN": [*rivals, [{**cell, "scores": "not/there.csv"}]]}
    assert made(tmp_path, found).loc[("HPRN", "gain"), "verdict"] == "not run"


def test_a_rank_has_the_primary_rank_below_it(tmp_path: Path) -> None:
    found = plan(tmp_path)
    cell = {**found["cells"][0], "metrics": {"MRAE": "mrae"}}

    def cells(**errors: float) -> list[dict[str, object]]:
        return [
            {**cell, "row": row, "scores": scores(tmp_path / f"{row}{mrae}.csv", mrae=mrae)}
            for row, mrae in errors.items()
        ]

    lines = (("AWAN", "Clean", "MRAE", "0.2", "1", ""), ("HPRN", "Clean", "MRAE", "0.1", "1", ""))
    other = (("AWAN", "Clean", "MRAE", "0.1", "1", ""), ("HPRN", "Clean", "MRAE", "0.3", "1", ""))
    found |= {
        "published": published(tmp_path / "p.csv", *lines),
        "ranked": "MRAE",
        "cells": cells(AWAN=0.5, HPRN=0.4, control=0.01),  # what they do not print has no rank
        "primary": {
            "published": published(tmp_path / "q.csv", *other),
            "ranked": "MRAE",
            "cells": cells(AWAN=0.9, HPRN=0.8),
        },
    }
    table = made(tmp_path, found)
    assert table.loc[("HPRN", "Rank"), ["ours", "theirs"]].tolist() == ["1", "1"]
    assert table.loc[("HPRN", "Primary rank"), ["ours", "theirs"]].tolist() == ["1", "2"]
    assert table.loc[("AWAN", "Primary rank"), "verdict"] == "another place"
    assert "| HPRN | 1₁ / 1₂, reproduced |" in (tmp_path / "t.md").read_text()
    assert "1$_1$ / 1$_2$" in (tmp_path / "t.tex").read_text()


def test_times_are_those_of_the_tables_size_on_the_last_device(tmp_path: Path) -> None:
    times = tmp_path / "timings.csv"
    times.write_text(
        "method,rows,columns,device,seconds\nhprn,512,512,one GPU,0.5\nhprn,64,64,CPU,9\n"
        "hprn,512,512,CPU of 2 threads,30\n"
    )
    found = plan(tmp_path, cells=[], timings=str(times), timed=[512, 512])
    found["is"], found["passes"] = "cost", {"HPRN": {"hprn": 1}, "AWAN": {"hprn": 8, "edsr": 1}}
    found["published"] = published(tmp_path / "p.csv", ("HPRN", "X", "Time", "12.72", "ms", ""))
    table = made(tmp_path, found)
    assert float(table.loc[("HPRN", "Time"), "ours"]) == pytest.approx(30_000)
    assert table.loc[("HPRN", "Time"), "verdict"] == "not judged"
    assert "Our times: one 512×512 image on CPU of 2 threads." in (tmp_path / "t.md").read_text()


def test_tex_escapes_what_tex_would_eat(tmp_path: Path) -> None:
    found = plan(tmp_path, caption="100 % of CVIA_SSR & more")
    made(tmp_path, found)
    text = (tmp_path / "t.tex").read_text()
    assert r"100 \% of CVIA\_SSR \& more" in text
    assert r"\begin{tabular}" in text


def test_metrics_are_the_tables_own_numbers(tmp_path: Path) -> None:
    made(tmp_path, plan(tmp_path))
    make_metrics(
        tables=[tmp_path / "t.csv"], save=tmp_path / "m.json", save_leaderboard=tmp_path / "l.csv"
    )
    found = yaml.safe_load((tmp_path / "m.json").read_text())
    assert found[f"{tmp_path.name}/t"]["HPRN"]["MRAE"] == 0.102


def test_a_published_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("method,value\na,1\n")
    with pytest.raises(ValueError, match=r"p\.csv: the columns column, metric, note, row"):
        read_published(tmp_path / "p.csv")


CONFIG = Config(ROOT)
TABLES = [
    (p, k) for p in CONFIG.names("papers") for k, t in CONFIG.paper(p).tables.items() if t.published
]


@pytest.mark.parametrize(("paper", "key"), TABLES)
def test_every_row_and_column_is_the_papers_own_label(paper: str, key: str) -> None:
    table = CONFIG.paper(paper).tables[key]
    theirs = read_published(ROOT / f"published/{paper}/{key}.csv")
    if table.rows:
        assert list(table.rows) == list(dict.fromkeys(row["row"] for row in theirs))
    for column in table.columns:
        printed = {row["metric"] for row in theirs if row["column"] == column.label}
        assert set(column.metrics) <= printed, column.label


@pytest.mark.parametrize("paper", ["ntire2022", "hprn"])
def test_every_published_table_is_in_the_papers_file(paper: str) -> None:
    files = {path.stem for path in (ROOT / "published" / paper).glob("*.csv")}
    assert files == set(CONFIG.paper(paper).tables)
    assert "typed" in (ROOT / "published" / paper / "SOURCE.md").read_text()


def test_published_units_are_known() -> None:
    plain = {
        "",
        "1",
        "dB",
        "0-1 scale",
        "M",
        "MB",
        "ms",
        "s",
        "G",
        "FPS on GTX 1080",
    }
    for path in (ROOT / "published").rglob("*.csv"):
        units = {row["unit"] for row in read_published(path)}
        assert units <= plain | set(tables.UNITS), path


def test_a_scene_that_leaks_is_not_counted(tmp_path: Path) -> None:
    file = tmp_path / "0.csv"
    rows = [
        {"scene": s, "region": "full", "mrae": m, "sam": 0.1} for s, m in (("a", 0.1), ("b", 0.5))
    ]
    found = plan(tmp_path)
    for left_out, wanted in (([], 0.3), (["b"], 0.1)):
        pd.DataFrame(rows).to_csv(file, index=False)
        cell = {**found["cells"][0], "scores": str(file), "left_out": left_out}  # type: ignore[index]
        table = made(tmp_path, {**found, "cells": [cell]})
        assert float(table.loc[("HPRN", "MRAE"), "ours"]) == pytest.approx(wanted)
