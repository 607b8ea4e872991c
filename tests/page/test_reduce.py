import numpy as np
import pytest

from respectra.page.reduce import choose_factor, describe_factors, reduce_cube, reduce_picture
from tests.conftest import smooth_cube


def test_a_square_becomes_its_mean() -> None:
    cube = smooth_cube(7, 9)
    reduced = reduce_cube(cube, 3)
    assert reduced.shape == (31, 2, 3)
    np.testing.assert_allclose(reduced[:, 1, 2], cube[:, 3:6, 6:9].mean((1, 2)), rtol=1e-5)


def test_a_small_cube_stays_as_it_is() -> None:
    cube = smooth_cube(7, 9)
    assert reduce_cube(cube, 1) is cube


def test_a_picture_is_reduced_alike() -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[:2, :2, 0] = 101
    reduced = reduce_picture(picture, 2)
    assert reduced.shape == (2, 3, 3)
    assert reduced[0, 0].tolist() == [101, 0, 0]


@pytest.mark.parametrize(
    ("rows", "columns", "side", "factor"),
    [
        (100, 200, 200, 1),
        (100, 201, 200, 2),
        (3000, 4000, 1000, 4),
        (2, 4000, 100, 2),
        (1, 1, 1, 1),
    ],
)
def test_the_longer_side_becomes_short_enough(
    rows: int, columns: int, side: int, factor: int
) -> None:
    assert choose_factor((31, rows, columns), side) == factor


def test_scenes_of_several_sizes_say_so() -> None:
    assert describe_factors({1, 3}) == " Each pixel is the mean of up to 3×3 pixels."
