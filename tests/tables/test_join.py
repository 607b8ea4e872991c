from pathlib import Path

import pytest
import yaml

from respectra.config import Config
from respectra.plans.tables import plan_table
from respectra.tables.join import find_other_images, find_stale_rows, join_published, judge
from respectra.tables.kinds import scores
from respectra.tables.published import read_published
from tests.conftest import ROOT
from tests.tables.builders import make_cell, make_column, make_plan


def test_ours_and_published_are_joined_in_the_published_unit(tmp_path: Path) -> None:
    plan = make_plan(tmp_path)
    published = read_published(plan["published"])
    awan, mrae, angle = join_published(plan, scores(plan), published)
    assert (awan["ours"], awan["theirs"], awan["verdict"]) == ("", "0.2", "not run")
    assert (mrae["ours"], mrae["theirs"], mrae["verdict"]) == ("0.102", "0.1", "reproduced")
    assert mrae["difference"] == "0.002"
    assert float(mrae["spread"]) == pytest.approx(0.002828, rel=1e-3)
    assert mrae["note"] == "as printed"
    assert float(angle["ours"]) == pytest.approx(1.9996, rel=1e-4)  # radians to degrees
    assert angle["unit"] == "deg"


def test_what_the_paper_does_not_print_follows_in_its_unit(tmp_path: Path) -> None:
    plan = make_plan(tmp_path)
    for row in ("HPRN, variant", "AWAN"):
        cell = make_cell(plan["cells"][0]["scores"], row=row, metrics={"SAM": "sam"})
        plan["cells"] = [*plan["cells"], cell]
    published = read_published(plan["published"])
    *_, awan, variant = join_published(plan, scores(plan), published)
    assert [awan["row"], variant["row"]] == ["AWAN", "HPRN, variant"]  # the plan's rows first
    assert (awan["unit"], awan["theirs"], awan["verdict"]) == ("deg", "", "")
    assert float(awan["ours"]) == pytest.approx(2.0, abs=0.01)


KEY, COUNT, TIME = [("HPRN", "Clean", metric) for metric in ("MRAE", "Params", "Time")]


@pytest.mark.parametrize(
    ("key", "ours", "printed", "judged", "verdict"),
    [
        (KEY, None, "0.1", True, "not run"),
        (KEY, 0.1, "", True, ""),
        (KEY, 0.104, "0.1", True, "reproduced"),
        (KEY, 0.117, "0.1", True, "off by 17 %"),
        (KEY, 0.1, "0.0", True, "off by inf %"),
        (KEY, 0.1, "0.1", False, "not judged"),
        (COUNT, 14.892975, "14.893", False, "reproduced"),
        (COUNT, 14.9, "14.893", False, "off by 0.05 %"),  # within the tolerance of scores
        (COUNT, 100.6, "101", False, "reproduced"),
        (COUNT, 4.0, "14.893", False, "off by 73 %"),
        (TIME, 12.0, "12.0", True, "not judged"),
    ],
)
def test_a_verdict_follows_from_the_error_and_counts_are_exact(
    tmp_path: Path,
    key: tuple[str, str, str],
    ours: float | None,
    printed: str,
    judged: bool,
    verdict: str,
) -> None:
    assert judge(make_plan(tmp_path, judged=judged), key, ours, printed) == verdict


def test_scores_of_other_images_are_not_judged_and_say_so(tmp_path: Path) -> None:
    column = make_column(other_images="validation, not test")
    plan = make_plan(tmp_path, columns=[column])
    lines = join_published(plan, scores(plan), read_published(plan["published"]))
    awan, mrae, _ = lines
    assert (awan["verdict"], awan["note"]) == ("not run", "")
    assert (mrae["verdict"], mrae["note"]) == ("not judged", "as printed; validation, not test")
    assert judge(plan, COUNT, 14.892975, "14.893") == "reproduced"  # counts are of no images


def test_the_challenges_ranking_is_of_images_that_nobody_else_has() -> None:
    config = Config(ROOT)
    plan = plan_table(config, "ntire2022", "table1", "full", config.choices())
    assert plan["judged"]
    assert find_other_images(plan, "ARAD_1K test (central 226x256 crop)") == "validation, not test"
    hprn = plan_table(config, "hprn", "table8", "full", config.choices())
    assert [column["other_images"] for column in hprn["columns"]] == [None, None]


def test_a_training_with_another_plan_is_stale(tmp_path: Path) -> None:
    saved = tmp_path / "plan.yaml"
    saved.write_text(yaml.safe_dump({"train": [{"iterations": 2}]}))
    for iterations, stale_rows in ((2, set()), (3, {"HPRN"})):
        training = {"rows": ["HPRN"], "plan": {"train": [{"iterations": iterations}]}}
        plan = make_plan(tmp_path, trained={str(saved): training, "missing.yaml": training})
        assert find_stale_rows(plan) == stale_rows
        published = read_published(plan["published"])
        verdicts = [line["verdict"] for line in join_published(plan, scores(plan), published)]
        assert verdicts == ["not run", *(["stale"] * 2 if stale_rows else ["reproduced"] * 2)]
