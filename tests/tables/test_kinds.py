from pathlib import Path

import pytest

from respectra import build
from respectra.config.settings import check_settings
from respectra.tables.join import MACS_OVER_BASELINE, PARAMETERS_OVER_BASELINE
from respectra.tables.kinds import OWN, cost, cross_data, gains, quoted, scores
from tests.tables.builders import make_cell, make_plan, write_published, write_scores


@pytest.mark.parametrize("word", ["scores", "cost", "gains", "quoted"])
def test_a_kind_is_known_by_its_word(word: str) -> None:
    check_settings("table", {"is": word}, "a table")
    assert build.function("table", word).__name__ == word


def test_a_kind_with_settings_needs_them() -> None:
    with pytest.raises(build.ConfigError, match="statistics needs the setting level"):
        check_settings("table", {"is": "statistics"}, "a table")


def test_an_unknown_kind_is_refused_with_the_nearest() -> None:
    with pytest.raises(build.ConfigError, match="score is no table; did you mean scores"):
        check_settings("table", {"is": "score"}, "a table")
    with pytest.raises(build.ConfigError, match="average_scores is no table"):
        check_settings("table", {"is": "average_scores"}, "a table")


def test_scores_are_the_means_of_the_cells(tmp_path: Path) -> None:
    numbers = scores(make_plan(tmp_path))
    assert numbers["HPRN", "Clean", "MRAE"].value == pytest.approx(0.102)
    assert numbers["HPRN", "Clean", "SAM"].value == pytest.approx(0.0349)


def test_costs_are_shown_where_the_paper_prints_them(tmp_path: Path) -> None:
    published = write_published(
        tmp_path / "p.csv",
        ("AWAN", "X", "Params", "4.04", "M", ""),
        ("HPRN", "X", "Params", "14.893", "M", ""),
        ("HPRN", "X", "Size", "56.8", "MB", ""),
        ("HPRN", "X", "MACs", "975", "G", ""),
        ("HPRN", "whole", "MACs", "1822", "G", ""),
        ("HPRN", "X", "Time", "12.72", "ms", ""),
        ("HPRN", "Y", PARAMETERS_OVER_BASELINE, "48.04", "K", ""),
        ("HPRN", "Y", MACS_OVER_BASELINE, "8.25", "M", ""),
    )
    plan = make_plan(
        tmp_path,
        published=published,
        parameters={"AWAN": 14_000_000, "HPRN": 14_048_050},
        macs={"AWAN": 485.4e9, "HPRN": 485.5e9},
        macs_size={"whole": [482, 512]},
    )
    numbers = {key: number.value for key, number in cost(plan).items()}
    assert numbers["HPRN", "X", "Params"] == 14_048_050
    assert numbers["HPRN", "X", "Size"] == pytest.approx(14_048_050 * 4 / 1024**2)
    assert numbers["HPRN", "X", "MACs"] == 485.5e9
    assert numbers["HPRN", "whole", "MACs"] == pytest.approx(1828e9, rel=1e-3)
    assert numbers["HPRN", "Y", PARAMETERS_OVER_BASELINE] == 48_050
    assert numbers["HPRN", "Y", MACS_OVER_BASELINE] == pytest.approx(0.1e9)
    assert numbers["HPRN", "Clean", "MRAE"] == pytest.approx(0.102)  # scores stay
    assert ("HPRN", "X", "Time") not in numbers  # not measured
    assert ("HPRN", "Y", "Params") not in numbers  # not printed


def test_measured_times_are_costs(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("method,rows,columns,device,seconds\nhprn,512,512,CPU,30\n")
    plan = make_plan(
        tmp_path,
        published=write_published(tmp_path / "p.csv", ("HPRN", "X", "Time", "12", "ms", "")),
        timings=str(tmp_path / "t.csv"),
        timed_size=[512, 512],
        passes={"HPRN": {"hprn": 1}},
    )
    assert cost(plan)["HPRN", "X", "Time"].value == 30


@pytest.mark.parametrize(("unit", "gain"), [("%", 0.25), ("1", 0.034)])
def test_a_gain_is_over_the_best_of_the_compared_methods(
    tmp_path: Path, unit: str, gain: float
) -> None:
    """As a share of its error where the paper prints per cents."""
    metrics = {"gain": "mrae"}
    compared = [
        [make_cell(write_scores(tmp_path / f"{mrae}.csv", mrae=mrae), metrics=metrics)]
        for mrae in (0.2, 0.136)
    ]
    plan = make_plan(
        tmp_path,
        cells=[make_cell(write_scores(tmp_path / "own.csv", mrae=0.102), metrics=metrics)],
        published=write_published(tmp_path / "p.csv", ("HPRN", "Clean", "gain", "1", unit, "")),
        compared_with={"HPRN": compared},
    )
    key = ("HPRN", "Clean", "gain")
    assert gains(plan)[key].value == pytest.approx(gain)
    missing = make_cell(str(tmp_path / "missing.csv"), metrics=metrics)
    plan["compared_with"] = {"HPRN": [*compared, [missing]]}
    assert key not in gains(plan)
    plan["compared_with"] = {}
    assert gains(plan) == {}


def test_a_quoted_table_has_no_numbers_of_ours(tmp_path: Path) -> None:
    assert quoted(make_plan(tmp_path)) == {}


def test_scores_on_the_data_of_the_training_are_marked(tmp_path: Path) -> None:
    plan = make_plan(tmp_path)
    numbers = cross_data(plan, datasets=dict.fromkeys(plan["rows"], "Clean"))
    assert numbers["HPRN", "Clean", "MRAE"].group == OWN
    assert numbers["HPRN", "Clean", "MRAE"].value == pytest.approx(0.102)
    others = cross_data(plan, datasets=dict.fromkeys(plan["rows"], "Real"))
    assert {number.group for number in others.values()} == {""}
