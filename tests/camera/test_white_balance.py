import numpy as np
import pytest

from respectra.camera.white_balance import fixed, grey_world

RGB = np.random.default_rng(0).random((3, 6, 7)) + 0.1


def test_each_channel_has_its_gain() -> None:
    np.testing.assert_allclose(
        fixed(RGB, gains=[2, 1, 0.5])[[0, 2]], RGB[[0, 2]] * [[[2]], [[0.5]]]
    )
    with pytest.raises(ValueError, match="white_balance: gains has 2 values for 3 channels"):
        fixed(RGB, gains=[1, 1])


def test_a_grey_world_has_equal_means_and_keeps_green() -> None:
    balanced = grey_world(RGB * np.array([[[0.3]], [[1]], [[2]]]))
    np.testing.assert_allclose(balanced.mean((1, 2)), RGB[1].mean())
    np.testing.assert_allclose(balanced[1], RGB[1])


def test_a_black_channel_cannot_be_balanced() -> None:
    with pytest.raises(ValueError, match="a channel is black"):
        grey_world(RGB * np.array([[[0]], [[1]], [[1]]]))
