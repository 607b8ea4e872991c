from pathlib import Path

import numpy as np
import pytest

from respectra.camera.agreement import TURNS, UPRIGHT, correlate, measure_agreement
from respectra.camera.observe import photograph_cube
from respectra.camera.response import load_response, project
from respectra.config import Config
from respectra.datasets.cube import read_cube
from respectra.pictures import read_rgb
from tests.conftest import ROOT, smooth_cube

RESPONSE = np.random.default_rng(0).random((3, 31))


@pytest.mark.parametrize("name", [name for name in TURNS if name != UPRIGHT])
def test_a_turned_picture_is_named(name: str) -> None:
    # Smooth in space, because every fourth row and column is compared.
    row, column = np.mgrid[:32, :32] / 32
    cube = smooth_cube(1, 1) * (0.1 + row + 0.3 * np.sin(7 * column) ** 2 + row * column)
    picture = np.round(255 * project(cube, RESPONSE) / project(cube, RESPONSE).max())
    assert measure_agreement("a", picture.astype(np.uint8), cube, RESPONSE) > 0.95
    turned = TURNS[name](picture).astype(np.uint8)
    with pytest.raises(ValueError, match="a: the picture and the cube have different orientations"):
        measure_agreement("a", turned, cube, RESPONSE)


def test_a_constant_picture_has_a_correlation_of_zero() -> None:
    flat = np.full((3, 32, 32), 7, np.uint8)
    assert measure_agreement("a", flat, smooth_cube(32, 32), RESPONSE) == pytest.approx(0, abs=1e-9)


def scene_of_colours() -> tuple[np.ndarray, np.ndarray]:
    """A cube with different colours in different places, and its picture."""
    row, column = np.mgrid[:32, :32] / 32
    blue, green, red = 0.1 + column**2, 0.3 + 0.5 * (1 - row) * column, 0.1 + row
    cube = np.repeat(np.stack([blue, green, red]), [11, 10, 10], axis=0)
    signal = project(cube, COLOURS)
    return cube, np.round(255 * signal / signal.max()).astype(np.uint8)


COLOURS = np.repeat(np.eye(3)[::-1], [11, 10, 10], axis=1)  # long waves are red


@pytest.mark.parametrize(("order", "name"), [([2, 1, 0], "B, G, R"), ([1, 0, 2], "G, R, B")])
def test_exchanged_channels_are_named(order: list[int], name: str) -> None:
    cube, picture = scene_of_colours()
    assert measure_agreement("a", picture, cube, COLOURS) > 0.95
    with pytest.raises(ValueError, match=f"a: the channels of the picture are in the order {name}"):
        measure_agreement("a", picture[order], cube, COLOURS)


def test_a_correlation_alone_refuses_nothing() -> None:
    cube, picture = scene_of_colours()
    assert correlate(picture, cube, COLOURS) == measure_agreement("a", picture, cube, COLOURS)
    assert correlate(picture[[2, 1, 0]], cube, COLOURS) < 0.9


def test_a_grey_picture_has_no_order_of_channels() -> None:
    cube, picture = scene_of_colours()
    grey = np.repeat(picture[1:2], 3, axis=0)
    assert measure_agreement("a", grey, cube, COLOURS) < 0.5


def test_pictures_of_real_scenes_agree_and_their_exchanged_channels_do_not(shared: Path) -> None:
    config = Config(ROOT)
    for scene in ("daylight_01", "lamp_2500K_01", "lamp_3500K_01"):
        cube, wavelengths = read_cube(shared / f"data/nus_scenes/{scene}.mat")
        responses = {
            name: load_response(
                ROOT / (r := config.camera(name).response).file,
                wavelengths, columns=r.columns, gains=r.gains, unit=r.unit,
            )
            for name in ("ntire2022", "ntire2020_real")
        }  # fmt: skip
        for name, response in responses.items():
            chain, rng = config.camera(name).chain, np.random.default_rng(0)
            picture = read_rgb(photograph_cube(cube, response, chain, rng))
            assert measure_agreement(scene, picture, cube, responses["ntire2022"], least=0.9) > 0.9
            with pytest.raises(ValueError, match="are in the order B, G, R"):
                measure_agreement(scene, picture[::-1], cube, responses["ntire2022"])
