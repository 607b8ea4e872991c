import numpy as np

from respectra.figures.contents import Contents
from respectra.figures.error_maps import draw


def test_one_colour_scale_for_all_and_the_error_in_each(contents: Contents) -> None:
    figure = draw(contents)
    maps = [
        a.images[0] for a in figure.axes if a.images and a.images[0].get_cmap().name == "inferno"
    ]
    assert len(maps) == 4
    assert len({image.get_clim() for image in maps}) == 1
    np.testing.assert_allclose(maps[0].get_array(), 0.1, atol=1e-6)
    np.testing.assert_allclose(maps[1].get_array(), 0.2, atol=1e-6)
    texts = [t.get_text() for a in figure.axes for t in a.texts]
    assert texts == ["0.100", "0.200"] * 2


def test_a_row_may_have_its_own_scale_and_a_band_be_chosen(contents: Contents) -> None:
    figure = draw(contents, nm=533, scale="row")
    maps = [
        a.images[0] for a in figure.axes if a.images and a.images[0].get_cmap().name == "inferno"
    ]
    assert len({image.get_clim() for image in maps[:2]}) == 1
    assert figure.get_supxlabel() == "relative error, 533 nm"
