import numpy as np
import pytest

from respectra.camera.bits import nearest, truncate


def test_values_are_cut_down_not_rounded() -> None:
    """A rounding camera is half a digit brighter than the organisers'."""
    assert truncate(np.array([254.99 / 255]), bits=8)[0] == 254


def test_what_is_outside_is_cut_off() -> None:
    np.testing.assert_array_equal(truncate(np.array([-1.0, 2.0]), bits=8), [0, 255])


def test_fewer_bits_have_fewer_values() -> None:
    ramp = truncate(np.linspace(0, 1, 1000), bits=3)
    assert len(np.unique(ramp)) == 8
    assert ramp[-1] == 255


def test_more_bits_than_the_file_are_refused() -> None:
    with pytest.raises(ValueError, match="12 bits do not fit a file of 8"):
        truncate(np.zeros(1), bits=12)


def test_a_rounding_camera_rounds() -> None:
    assert nearest(np.array([254.6 / 255, 254.4 / 255]), bits=8).tolist() == [255, 254]
    with pytest.raises(ValueError, match="9 bits do not fit"):
        nearest(np.zeros(1), bits=9)
