import numpy as np
import pytest

from respectra.figures.contents import Contents
from respectra.plan_types import FigurePlan


def test_scenes_are_given_by_number_or_by_name(figure_plan: FigurePlan) -> None:
    for shown, scenes in ((1, ("c",)), (2, ("c", "d")), (["d"], ("d",))):
        figure_plan["shown"] = shown  # type: ignore[typeddict-item]
        assert Contents.from_plan(figure_plan).scenes == scenes


def test_a_scene_of_another_split_is_refused(figure_plan: FigurePlan) -> None:
    figure_plan["shown"] = ["c", "a"]
    with pytest.raises(ValueError, match="scene a is not in split valid"):
        Contents.from_plan(figure_plan)


def test_pictures_are_brightened(contents: Contents) -> None:
    picture = contents.picture("c")
    assert picture.shape == (40, 48, 3)
    assert picture.max() == 1
    assert picture.mean() > contents.observations.pixels("c").mean() / 255


def test_a_band_is_the_nearest_to_a_wavelength(contents: Contents) -> None:
    assert [contents.band(nm) for nm in (400, 404, 406, 2000)] == [0, 0, 1, 30]


def test_cubes_and_scores_are_those_of_the_method(contents: Contents) -> None:
    linear, hprn = contents.methods
    cube = np.asarray(contents.store.cube("d"))
    np.testing.assert_allclose(hprn.cube("d"), 1.2 * cube, rtol=1e-5)
    assert [frame["mrae"].tolist() for frame in linear.read_scores("crop")] == [
        [0.1, 0.1], [0.11, 0.11],
    ]  # fmt: skip
    assert (linear.control, hprn.control) == (True, False)
