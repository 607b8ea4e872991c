from dataclasses import replace

import numpy as np

from respectra.figures.contents import Contents
from respectra.figures.scene import draw


def test_every_scene_is_shown_with_its_name(contents: Contents) -> None:
    figure = draw(contents)
    assert [axis.get_title() for axis in figure.axes] == ["c", "d"]
    np.testing.assert_allclose(figure.axes[1].images[0].get_array(), contents.picture("d"))


def test_many_scenes_stand_in_rows_of_four(contents: Contents) -> None:
    figure = draw(replace(contents, scenes=("c", "d") * 3))
    assert [axis.get_title() for axis in figure.axes] == ["c", "d"] * 3
    rows = {round(axis.get_position().y0, 3) for axis in figure.axes}
    assert len(rows) == 2
