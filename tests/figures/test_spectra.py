from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from respectra.figures.contents import Contents, MethodProducts
from respectra.figures.spectra import draw, find_primaries, spread_points
from respectra.figures.style import list_line_styles


def test_each_panel_shows_truth_and_methods_at_its_point(contents: Contents) -> None:
    figure = draw(contents)
    cube = np.asarray(contents.store.cube("c"))
    places = spread_points(contents.observations.pixels("c"), 4)
    panels = [a for a in figure.axes if a.get_title(loc="left")]
    assert [a.get_title(loc="left") for a in panels] == ["a", "b", "c", "d"]
    for panel, (row, column) in zip(panels, places, strict=True):
        truth, linear, hprn = (line.get_ydata() for line in panel.lines)
        np.testing.assert_allclose(truth, cube[:, row, column])
        np.testing.assert_allclose(linear, 1.1 * cube[:, row, column], rtol=1e-5)
        np.testing.assert_allclose(hprn, 1.2 * cube[:, row, column], rtol=1e-5)


def test_points_differ_in_colour_and_stay_off_the_edge() -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:32, 32:] = (255, 0, 0)
    pixels[32:, :32] = (0, 255, 0)
    pixels[32:, 32:] = (0, 0, 255)
    places = spread_points(pixels, 4)
    assert len({tuple(pixels[p]) for p in places}) == 4
    assert all(4 <= r < 60 and 4 <= c < 60 for r, c in places)
    assert places == spread_points(pixels, 4)


def test_primaries_are_the_reddest_greenest_and_bluest_place() -> None:
    pixels = np.full((64, 64, 3), 100, np.uint8)
    pixels[10:20, 40:50] = (200, 20, 20)
    pixels[40:50, 10:20] = (20, 200, 20)
    pixels[40:50, 40:50] = (20, 20, 200)
    pixels[0, 0] = (3, 0, 0)  # pure red, but dark
    red, green, blue = find_primaries(pixels)
    assert [tuple(pixels[p]) for p in (red, green, blue)] == [
        (200, 20, 20), (20, 200, 20), (20, 20, 200),
    ]  # fmt: skip


def test_at_the_primaries_every_spectrum_has_its_error(contents: Contents) -> None:
    figure = draw(contents, at="primaries")
    panels = [a for a in figure.axes if a.get_title(loc="left")]
    assert len(panels) == 3
    for panel in panels:
        errors = [text.get_text() for text in panel.get_legend().get_texts()]
        assert errors == ["truth", "linear (0.100)", "HPRN (0.200)"]
    assert not figure.legends


def test_negative_values_of_a_reconstruction_are_visible(contents: Contents) -> None:
    """The axis began at zero, so that a method with negative values had no visible curve."""
    cube = np.asarray(contents.store.cube("c"))
    for sign in (1, -1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(MethodProducts, "cube", lambda self, scene, sign=sign: sign * cube)
            figure = draw(contents)
        for panel in (a for a in figure.axes if a.get_title(loc="left")):
            values = np.concatenate([line.get_ydata() for line in panel.lines[:2]])
            low, high = panel.get_ylim()
            assert low <= values.min() < values.max() <= high
            assert (low == 0) == (sign == 1)


def test_no_method_is_left_out_however_many_there_are(contents: Contents) -> None:
    """With seven colours the eighth method was dropped."""
    titles = [f"method {number}" for number in range(11)]
    methods = tuple(replace(contents.methods[0], title=title) for title in titles)
    figure = draw(replace(contents, methods=methods), at="primaries")
    panels = [a for a in figure.axes if a.get_title(loc="left")]
    for panel in panels:
        assert len(panel.lines) == 12
        styles = {(line.get_color(), line.get_linestyle()) for line in panel.lines}
        assert len(styles) == 12
        texts = [text.get_text() for text in panel.get_legend().get_texts()]
        assert [text.rpartition(" (")[0] or text for text in texts] == ["truth", *titles]


def test_more_curves_than_can_be_distinguished_are_refused() -> None:
    assert len(list_line_styles(24)) == 24
    with pytest.raises(ValueError, match="a figure has 25 curves; at most 24"):
        list_line_styles(25)


@pytest.mark.parametrize(("at", "rows"), [("spread", 2), ("primaries", 1)])
def test_both_axes_have_a_label(
    contents: Contents, at: Literal["spread", "primaries"], rows: int
) -> None:
    labels = [axis.get_ylabel() for axis in draw(contents, at=at).axes]
    assert labels.count("value of the cube") == rows
