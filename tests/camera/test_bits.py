import numpy as np
import pytest

from respectra.camera.bits import nearest, truncate


def test_truncation_rounds_down() -> None:
    """Rounding to the nearest would be half a level brighter than the camera of the challenge."""
    assert truncate(np.array([254.99 / 255]), bits=8)[0] == 254


def test_values_outside_0_to_1_are_clipped() -> None:
    np.testing.assert_array_equal(truncate(np.array([-1.0, 2.0]), bits=8), [0, 255])


def test_three_bits_have_eight_values() -> None:
    ramp = truncate(np.linspace(0, 1, 1000), bits=3)
    assert len(np.unique(ramp)) == 8
    assert ramp[-1] == 255


def test_more_than_eight_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="bits: 12 is out of range; a picture has 1 to 8 bits"):
        truncate(np.zeros(1), bits=12)


def test_nearest_rounds_up_and_down() -> None:
    assert nearest(np.array([254.6 / 255, 254.4 / 255]), bits=8).tolist() == [255, 254]
    with pytest.raises(ValueError, match="bits: 9 is out of range"):
        nearest(np.zeros(1), bits=9)
