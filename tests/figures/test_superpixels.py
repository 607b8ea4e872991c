from respectra.figures.contents import Contents
from respectra.figures.superpixels import draw


def test_a_column_per_scale_has_the_requested_and_the_actual_number(contents: Contents) -> None:
    figure = draw(contents, segments=[2, 6], backend="skimage", compactness=10.0)
    assert len(figure.axes) == 2 * len(contents.scenes)
    assert [a.get_title() for a in figure.axes[:2]] == ["2 requested", "6 requested"]
    assert all(axis.get_xlabel().endswith(" superpixels") for axis in figure.axes)
