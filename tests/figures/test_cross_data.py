from dataclasses import replace

from respectra.figures.contents import Contents
from respectra.figures.cross_data import draw


def test_each_pair_shows_its_number(contents: Contents) -> None:
    methods = [
        replace(method, conditions=(*method.conditions, *method.conditions[::-1]))
        for method in contents.methods
    ]
    figure = draw(
        replace(contents, methods=tuple(methods)), metrics=["mrae", "sam"], region="full",
        datasets=["hills", "towns"],
    )  # fmt: skip
    first, second, third = figure.axes[:3]
    assert [axis.get_title() for axis in (first, second, third)] == ["linear", "HPRN", ""]
    assert len(first.texts) == 4
    assert [text.get_text() for text in first.texts][:2] == ["0.105", "0.105"]
    assert len(first.patches) == 2  # the frames of the diagonal
    assert [tick.get_text() for tick in third.get_xticklabels()] == ["hills", "towns"]
    assert (third.get_xlabel(), third.get_ylabel()) == ("scored on", "trained on")
