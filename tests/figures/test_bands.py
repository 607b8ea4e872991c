from respectra.figures.bands import draw
from respectra.figures.contents import Contents


def test_a_row_per_method_and_a_column_per_band(contents: Contents) -> None:
    figure = draw(contents, bands=4)
    titles = [a.get_title() for a in figure.axes if a.get_title()]
    assert titles == ["460 nm", "520 nm", "580 nm", "640 nm"]
    assert [a.get_ylabel() for a in figure.axes if a.get_ylabel()] == ["truth", "linear", "HPRN"]
    assert {image.get_clim() for a in figure.axes for image in a.images} == {(0, 1)}
