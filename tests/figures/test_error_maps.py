from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from respectra.figures.contents import Contents
from respectra.figures.error_maps import draw
from respectra.reconstructions import write_reconstructions
from tests.conftest import WAVELENGTHS


def find_maps(figure: Figure) -> list[AxesImage]:
    images = [image for axis in figure.axes for image in axis.images]
    return [image for image in images if image.get_cmap().name in ("inferno", "cividis")]


def test_all_maps_share_a_colour_scale_and_show_their_mean(contents: Contents) -> None:
    figure = draw(contents)
    maps = find_maps(figure)
    assert len(maps) == 4
    assert len({image.get_clim() for image in maps}) == 1
    np.testing.assert_allclose(maps[0].get_array(), 0.1, atol=1e-6)
    np.testing.assert_allclose(maps[1].get_array(), 0.2, atol=1e-6)
    texts = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert texts == ["0.100", "0.200"] * 2


@pytest.fixture
def varied(contents: Contents, tmp_path: Path) -> Contents:
    """One method, with errors that depend on the scene and are ten times larger at 530 nm."""
    path = tmp_path / "varied.h5"
    with write_reconstructions(path, WAVELENGTHS) as write:
        for scene, error in (("c", 0.01), ("d", 0.04)):
            factors = np.full((31, 1, 1), 1 + error, np.float32)
            factors[13] = 1 + 10 * error
            write(scene, contents.store.cube(scene) * factors)
    return replace(contents, methods=(replace(contents.methods[0], reconstructions=(path,)),))


def test_a_row_can_have_its_scale(varied: Contents) -> None:
    tops = [image.get_clim()[1] for image in find_maps(draw(varied, nm=530, scale="row"))]
    np.testing.assert_allclose(tops, [0.1, 0.4], rtol=1e-4)
    tops = [image.get_clim()[1] for image in find_maps(draw(varied, nm=530, scale="all"))]
    np.testing.assert_allclose(tops, [0.4, 0.4], rtol=1e-4)


def test_a_single_band_can_be_shown(varied: Contents) -> None:
    figure = draw(varied, nm=533, scale="row")
    assert figure.get_supxlabel() == "relative error, 533 nm"
    np.testing.assert_allclose(find_maps(figure)[0].get_array(), 0.1, rtol=1e-4)
    mean = (30 * 0.01 + 0.1) / 31
    np.testing.assert_allclose(find_maps(draw(varied))[0].get_array(), mean, rtol=1e-4)


def test_a_small_error_can_be_blue(varied: Contents) -> None:
    image = find_maps(draw(varied, colours="cividis"))[0]
    red, _, blue, _ = image.cmap(0.1)
    assert blue > red


@pytest.mark.parametrize("colours", ["inferno", "cividis"])
def test_a_greater_error_is_brighter(
    varied: Contents, colours: Literal["inferno", "cividis"]
) -> None:
    """So the map is read without telling red from green."""
    image = find_maps(draw(varied, colours=colours))[0]
    brightness = image.cmap(np.linspace(0, 1, 64))[:, :3] @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(brightness) > 0).all()
