import numpy as np

from respectra.figures.material import Material
from respectra.figures.spectra import draw, spread


def test_each_panel_shows_truth_and_methods_at_its_point(material: Material) -> None:
    figure = draw(material)
    cube = np.asarray(material.store.cube("c"))
    places = spread(material.observations.pixels("c"), 4)
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
    places = spread(pixels, 4)
    assert len({tuple(pixels[p]) for p in places}) == 4
    assert all(4 <= r < 60 and 4 <= c < 60 for r, c in places)
    assert places == spread(pixels, 4)
