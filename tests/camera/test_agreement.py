import numpy as np
import pytest

from respectra.camera.agreement import TURNS, UPRIGHT, measure_agreement
from respectra.camera.response import project
from tests.conftest import smooth_cube

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
