import pytest

from respectra.figures.conditions import average_runs, draw
from respectra.figures.contents import Contents


def test_each_panel_has_a_line_per_method(contents: Contents) -> None:
    figure = draw(contents, metrics=["mrae", "sam"], region="crop", values=[0.5, 2.0], label="gain")
    assert [axis.get_ylabel() for axis in figure.axes] == ["MRAE", "SAM (radians)"]
    for axis in figure.axes:
        assert len(axis.containers) == len(contents.methods)
        assert [tick.get_text() for tick in axis.get_xticklabels()] == ["1/2", "2"]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == [method.title for method in contents.methods]


def test_conditions_without_values_have_names(contents: Contents) -> None:
    (axis,) = draw(contents, metrics=["mrae"], region="full").axes
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["as it is", "gain 2"]


def test_scores_are_means_over_scenes(contents: Contents) -> None:
    assert average_runs(contents.methods[0], "mrae", "full") == [
        pytest.approx([0.1, 0.11]), pytest.approx([0.1, 0.11]),
    ]  # fmt: skip


def test_values_belong_to_conditions(contents: Contents) -> None:
    with pytest.raises(ValueError, match="1 values for 2 conditions"):
        draw(contents, metrics=["mrae"], region="full", values=[1.0])
