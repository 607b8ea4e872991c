import numpy as np
import pytest
from matplotlib.patches import Rectangle

from respectra.figures.brightness import draw
from respectra.figures.contents import Contents


def test_a_bar_of_brightness_is_as_long_as_the_error(contents: Contents) -> None:
    """The cubes of the methods are gains times the true ones."""
    figure = draw(contents)
    axis = figure.axes[0]
    bars = [patch for patch in axis.patches if isinstance(patch, Rectangle)]
    assert len(bars) == 3 * len(contents.methods)
    widths = [bar.get_width() for bar in bars]
    errors = [method.read_scores("full")[0]["mrae"].iloc[0] for method in contents.methods]
    first_parts = sorted(widths[::3])
    assert first_parts == pytest.approx(sorted(errors), abs=1e-4)
    assert all(abs(width) < 1e-4 for i, width in enumerate(widths) if i % 3)


def test_the_least_error_is_on_top(contents: Contents) -> None:
    axis = draw(contents).axes[0]
    names = [label.get_text() for label in axis.get_yticklabels()]
    assert set(names) == {method.title for method in contents.methods}
    totals = [float(text.get_text()) for text in axis.texts]
    assert totals == sorted(totals, reverse=True)


def test_clipped_pixels_have_a_panel_if_there_are_any(contents: Contents) -> None:
    assert len(draw(contents).axes) == 1
    (scene,) = contents.scenes[:1]
    pixels = np.array(contents.observations.pixels(scene))
    pixels[0, 0] = 255
    contents.observations._pixels[scene] = pixels
    titles = [axis.get_title() for axis in draw(contents).axes]
    assert titles == ["all pixels", "pixels that are not clipped", "clipped pixels (1)"]
