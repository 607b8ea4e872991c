import numpy as np
import pytest

from respectra.camera.agreement import TURNS, measure_agreement
from respectra.camera.response import project
from tests.conftest import smooth_cube

RESPONSE = np.random.default_rng(0).random((3, 31))


@pytest.mark.parametrize("name", [name for name in TURNS if name != "as it is"])
def test_a_cube_that_lies_otherwise_than_its_picture_is_named(name: str) -> None:
    # Smooth in space, as a quarter of the pixels are compared.
    row, column = np.mgrid[:32, :32] / 32
    cube = smooth_cube(1, 1) * (0.1 + row + 0.3 * np.sin(7 * column) ** 2 + row * column)
    picture = np.round(255 * project(cube, RESPONSE) / project(cube, RESPONSE).max())
    assert measure_agreement("a", picture.astype(np.uint8), cube, RESPONSE) > 0.95
    turned = TURNS[name](picture).astype(np.uint8)
    with pytest.raises(ValueError, match="a: the cube and its picture do not lie the same way"):
        measure_agreement("a", turned, cube, RESPONSE)


def test_a_picture_of_one_value_agrees_with_nothing_and_is_not_called_turned() -> None:
    flat = np.full((3, 32, 32), 7, np.uint8)
    assert measure_agreement("a", flat, smooth_cube(32, 32), RESPONSE) == pytest.approx(0, abs=1e-9)
