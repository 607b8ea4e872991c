import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb

from respectra.figures.style import COLOURS, brighten, hide_axes, set_log_scale


def test_the_99th_percentile_of_the_reference_becomes_white() -> None:
    reference = np.arange(101.0)
    pixels = np.array([0.0, 49.5, 99.0, 200.0])
    np.testing.assert_allclose(brighten(pixels, reference), [0, 0.5 ** (1 / 2.2), 1, 1])


def test_a_black_reference_does_not_divide_by_zero() -> None:
    assert brighten(np.zeros(4), np.zeros(4)).tolist() == [0, 0, 0, 0]


def test_a_logarithmic_axis_has_plain_numbers() -> None:
    figure, axis = plt.subplots()
    axis.plot([0.1, 1], [0.1, 1])
    set_log_scale(axis, "x")
    figure.canvas.draw()
    labels = {label.get_text() for label in axis.get_xticklabels(which="both")} - {""}
    assert {"0.1", "0.2", "0.5", "1"} <= labels
    assert axis.get_yscale() == "linear"


def test_pictures_have_neither_ticks_nor_frames() -> None:
    _, axes = plt.subplots(1, 2)
    hide_axes(axes)
    for axis in axes:
        assert not axis.get_xticks().size
        assert not any(spine.get_visible() for spine in axis.spines.values())


def luminance(colour: str) -> float:
    """Relative luminance of a colour, 0 for black and 1 for white."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def test_every_line_is_visible_on_white() -> None:
    for colour in COLOURS:
        assert 1.05 / (luminance(colour) + 0.05) > 2
