import pytest

from respectra.figures.camera_grid import draw
from respectra.figures.contents import Contents


def test_each_cell_shows_its_number(contents: Contents) -> None:
    figure = draw(
        contents, metric="mrae", region="full", panels=["as trained"], rows=["quiet"],
        columns=["fine", "coarse"],
    )  # fmt: skip
    first, second, _ = figure.axes  # two methods and the scale of colours
    assert [axis.get_title() for axis in (first, second)] == [
        "linear, as trained",
        "HPRN, as trained",
    ]
    assert [text.get_text() for text in first.texts] == ["0.105", "0.105"]
    assert [text.get_text() for text in second.texts] == ["0.205", "0.205"]
    assert [tick.get_text() for tick in second.get_xticklabels()] == ["fine", "coarse"]


def test_every_condition_has_a_cell(contents: Contents) -> None:
    with pytest.raises(ValueError, match="2 conditions for 1 panels of 1×1 cells"):
        draw(contents, metric="mrae", region="full", panels=["a"], rows=["b"], columns=["c"])
