from pathlib import Path

from respectra.tables.text import render_markdown, render_tex, spread_lines, write_caption
from tests.small_plans import make_phase, make_train_plan
from tests.tables.builders import make_line, make_plan


def test_a_cell_shows_the_interval_and_the_letters() -> None:
    frame = spread_lines([make_line(ours="0.11342", low="0.1012", high="0.1301", group="ab")])
    assert frame.loc["HPRN", "MRAE"] == "0.1134 [0.101, 0.13] ab"


def test_a_cell_holds_ours_spread_published_value_and_verdict() -> None:
    lines = [
        make_line(ours="0.11342", spread="0.00204", theirs="0.1131", verdict="reproduced"),
        make_line(row="AWAN", theirs="0.2", verdict="not run"),
        make_line(row="EDSR", ours="0.3", verdict=""),
        make_line(row="MST", ours="0.3", theirs="0.1", verdict="not judged"),
    ]
    assert spread_lines(lines)["MRAE"].tolist() == [
        "0.1134 ± 0.002 / 0.1131, reproduced", "— / 0.2", "0.3", "0.3 / 0.1",
    ]  # fmt: skip


def test_a_heading_names_the_column_only_if_there_are_several() -> None:
    angle = make_line(metric="SAM", unit="deg", ours="2")
    assert list(spread_lines([angle, make_line(ours="1", unit="1")])) == ["SAM (deg)", "MRAE"]
    other = make_line(column="Real", ours="1")
    assert list(spread_lines([angle, other])) == ["Clean: SAM (deg)", "Real: MRAE"]


def test_a_stale_row_is_marked() -> None:
    frame = spread_lines([make_line(ours="1", theirs="1", verdict="stale"), make_line(row="AWAN")])
    assert frame.index.tolist() == ["HPRN (stale)", "AWAN"]


def test_a_primary_rank_is_a_subscript(tmp_path: Path) -> None:
    lines = [
        make_line(metric="Rank", ours="1", theirs="1", verdict="reproduced"),
        make_line(metric="Primary rank", ours="1", theirs="12", verdict="another rank"),
    ]
    frame = spread_lines(lines)
    plan = make_plan(tmp_path)
    assert "| HPRN | 1₁ / 1₁₂, reproduced |" in render_markdown(frame, plan)
    assert "1$_1$ / 1$_1$$_2$" in render_tex(frame, plan)


def test_markdown_has_a_caption_and_a_line_per_row(tmp_path: Path) -> None:
    frame = spread_lines([make_line(row="a|b", ours="1")])
    assert render_markdown(frame, make_plan(tmp_path)).splitlines() == [
        "A table. Cells: our value / published value. Budget: all of it.", "", "|  | MRAE |", "| --- | --- |",
        r"| a\|b | 1 |",
    ]  # fmt: skip


def test_tex_escapes_its_special_characters(tmp_path: Path) -> None:
    frame = spread_lines([make_line(row="CVIA_SSR", ours="1", spread="0.1")])
    tex = render_tex(frame, make_plan(tmp_path, caption="100 % of CVIA_SSR & more"))
    assert r"100 \% of CVIA\_SSR \& more" in tex
    assert r"CVIA\_SSR & 1 $\pm$ 0.1 \\" in tex
    assert r"\begin{tabular}" in tex


def test_a_caption_says_budget_data_device_and_remark(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("method,rows,columns,device,seconds\nhprn,512,512,CPU,30\n")
    edition = {"budget": "small networks", "small": True, "stand_in": "Synthetic scenes"}
    plan = make_plan(
        tmp_path, edition=edition, remark="A remark.", timings=str(tmp_path / "t.csv"),
        timed_size=[512, 512],
    )  # fmt: skip
    assert write_caption(plan) == (
        "A table. Cells: our value / published value. Budget: small networks. "
        "Data: Synthetic scenes (synthetic/valid) instead of the paper's data. "
        "Our values are not comparable with the published values. "
        "Our times: one 512×512 image on CPU. A remark."
    )
    plan["published"] = None
    plan["timings"] = None
    assert write_caption(plan) == (
        "A table. Budget: small networks. Data: Synthetic scenes (synthetic/valid). A remark."
    )


def test_a_caption_says_which_rows_have_the_best_weights(tmp_path: Path) -> None:
    choose = {"split": "held_out", "every": 3, "by": "mrae"}
    best, last = (make_train_plan(make_phase(choose=c)) for c in (choose, None))
    trained = {"a": {"rows": ["HPRN"], "plan": best}, "b": {"rows": ["AWAN"], "plan": last}}
    caption = write_caption(make_plan(tmp_path, trained=trained, rows=["AWAN", "HPRN"]))
    assert "Weights: the best on held-out training scenes (HPRN), else the last." in caption
    del trained["b"]
    caption = write_caption(make_plan(tmp_path, trained=trained))
    assert caption.endswith("Weights: the best on held-out training scenes.")
    assert "Weights" not in write_caption(make_plan(tmp_path))


def test_a_row_that_is_repeated_for_conditions_is_named_once(tmp_path: Path) -> None:
    titles = ["shuffled", "metamer, shuffled"]
    rows = [f"{method}, {title}" for method in ("AWAN", "HPRN") for title in titles]
    choose = {"split": "held_out", "every": 1, "by": "mrae"}
    trained = {
        "a": {"rows": rows[2:], "plan": {"train": [{"choose": choose}]}},
        "b": {"rows": rows[:2], "plan": {"train": [{"choose": None}]}},
    }
    caption = write_caption(make_plan(tmp_path, trained=trained, rows=rows, conditions=titles))
    assert "Weights: the best on held-out training scenes (HPRN), else the last." in caption
