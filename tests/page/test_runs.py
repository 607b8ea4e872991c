from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from respectra.datasets.store import Store
from respectra.page.runs import list_scores, make_page, read_contents
from respectra.plan_types import CurvePlan, PagePlan
from respectra.reconstructions import write_reconstructions
from tests.conftest import WAVELENGTHS, Data


@pytest.fixture
def page_plan(data: Data, tmp_path: Path) -> PagePlan:
    """A page of two methods with 1.1 and 1.2 times the true cubes; the second has two members."""
    store = Store(data.scenes)
    methods: list[CurvePlan] = []
    for number in (1, 2):
        files = [tmp_path / f"{number}-{member}.h5" for member in range(3)]
        for member, file in enumerate(files):
            factor = 1 + 0.1 * number + 0.01 * (member - 1) * (member > 0)
            with write_reconstructions(file, WAVELENGTHS) as write:
                for scene in store.scenes("valid"):
                    write(scene, np.asarray(store.cube(scene)) * np.float32(factor))
        scores = tmp_path / f"{number}.csv"
        scores.write_text(
            "scene,region,mrae,psnr\n" + "".join(
                f"{scene},{region},0.{number}{len(region)},2{number}\n"
                for scene in store.scenes("valid") for region in ("full", "crop")
            )
        )  # fmt: skip
        methods.append(
            {
                "title": f"Method {number}",
                "reconstructions": str(files[0]),
                "scores": str(scores),
                "others": [str(file) for file in files[1:]] if number == 2 else [],
                "deviations": None,
                "spread": "standard deviation of 2 members" if number == 2 else None,
            }
        )
    return {
        "title": "Scenes",
        "caption": "A caption.",
        "edition": {"budget": "all of it", "small": False, "stand_in": None},
        "quantity": "radiance",
        "scenes": str(data.scenes),
        "cubes": str(data.cubes),
        "observations": str(data.observations),
        "metamers": None,
        "split": "valid",
        "shown": 2,
        "methods": methods,
        "precision": "8bit",
        "files": {},
        "code": "",
    }


def test_the_page_of_a_plan_is_written(page_plan: PagePlan, tmp_path: Path) -> None:
    save = tmp_path / "page.html"
    summary = make_page(plan=page_plan, save=save)
    assert (summary.scenes, summary.size) == (2, save.stat().st_size)
    assert "A caption. Budget: all of it." in save.read_text(encoding="utf-8")


def test_a_scene_has_picture_truth_estimates_and_spread(page_plan: PagePlan, data: Data) -> None:
    contents = read_contents(page_plan)
    assert [curve.title for curve in contents.curves] == ["Method 1", "Method 2"]
    scene = next(iter(contents.scenes))
    truth = np.asarray(Store(data.scenes).cube("c"))
    assert scene.name == "c"
    assert scene.picture is not None
    assert scene.picture.shape == (40, 48, 3)
    assert scene.picture.max() == 255
    np.testing.assert_array_equal(scene.truth, truth)
    np.testing.assert_allclose(scene.estimates[1], 1.2 * truth, rtol=1e-6)
    assert scene.spreads[0] is None
    np.testing.assert_allclose(scene.spreads[1], 0.005 * truth, rtol=1e-3, atol=1e-6)


def test_a_single_training_shows_the_spread_over_turns_and_metamers(
    page_plan: PagePlan, data: Data, tmp_path: Path
) -> None:
    store = Store(data.scenes)
    with write_reconstructions(tmp_path / "deviations.h5", WAVELENGTHS) as write:
        for scene in store.scenes("valid"):
            write(scene, np.asarray(store.cube(scene)) * np.float32(0.02))
    page_plan["methods"][0]["deviations"] = str(tmp_path / "deviations.h5")
    page_plan["metamers"] = str(data.scenes)
    first = next(iter(read_contents(page_plan).scenes))
    truth = np.asarray(store.cube("c"))
    np.testing.assert_allclose(first.spreads[0], 0.02 * truth, rtol=1e-6)
    np.testing.assert_allclose(first.spreads[1], 0.005 * truth, rtol=1e-3, atol=1e-6)
    np.testing.assert_array_equal(first.metamer, truth)


def test_scenes_may_be_named(page_plan: PagePlan) -> None:
    page_plan["shown"] = ["d"]
    assert [scene.name for scene in read_contents(page_plan).scenes] == ["d"]
    page_plan["shown"] = ["e"]
    with pytest.raises(ValueError, match="scene e is not in split valid; it has c, d"):
        read_contents(page_plan)


def test_missing_reconstructions_are_one_sentence(page_plan: PagePlan, tmp_path: Path) -> None:
    page_plan["methods"][0]["reconstructions"] = "nowhere.h5"
    with pytest.raises(ValueError, match=r"nowhere\.h5: "):
        make_page(plan=page_plan, save=tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_scores_are_of_the_scene_and_of_all_scenes() -> None:
    frame = pd.DataFrame(
        {
            "scene": ["a", "a", "b", "b"],
            "region": ["full", "crop"] * 2,
            "mrae": [0.1, 0.2, 0.3, 0.6],
        }
    )
    tables = list_scores([frame, None], "a")
    assert [table.label for table in tables] == [
        "a, whole image", "a, scored crop",
        "mean of 2 scenes, whole image", "mean of 2 scenes, scored crop",
    ]  # fmt: skip
    assert [table.rows[0][0] for table in tables] == pytest.approx([0.1, 0.2, 0.2, 0.4])
    assert tables[0].rows[1] == [None]
    assert list_scores([None], "a") == []
