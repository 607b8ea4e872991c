import numpy as np
import pytest

from respectra.camera.colour_matrix import apply
from respectra.config import Config
from tests.conftest import ROOT

RGB = np.random.default_rng(0).random((3, 4, 5))


def test_each_pixel_is_multiplied_and_no_value_is_negative() -> None:
    matrix = [[0.0, 1.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, -1.0]]
    changed = apply(RGB, matrix=matrix)
    np.testing.assert_allclose(changed[0], RGB[1])
    np.testing.assert_allclose(changed[1], 2 * RGB[0])
    assert not changed[2].any()


@pytest.mark.parametrize("matrix", [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0, 0.0]] * 2])
def test_a_matrix_of_another_size_is_refused(matrix: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="colour_matrix: matrix has rows of .* state 3 rows of 3"):
        apply(RGB, matrix=matrix)


def test_the_camera_of_photographs_keeps_grey() -> None:
    (part,) = [p for p in Config(ROOT).camera("srgb").chain if p["is"] == "colour_matrix:apply"]
    np.testing.assert_allclose(np.sum(part["matrix"], axis=1), 1, atol=1e-9)
