from dataclasses import replace

from respectra.figures.contents import Contents
from respectra.figures.uncertainty import draw


def test_only_methods_with_several_answers_have_a_curve(contents: Contents) -> None:
    single, second = contents.methods
    files = (*single.reconstructions, *second.reconstructions)
    ensemble = replace(second, title="ensemble", members=files)
    figure = draw(replace(contents, methods=(single, ensemble)))
    left, right = figure.axes
    assert [line.get_label() for line in left.get_lines()][1:] == ["ensemble"]
    assert len(right.get_lines()) == 2
