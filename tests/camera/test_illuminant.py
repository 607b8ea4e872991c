import numpy as np
import pytest

from respectra.camera.illuminant import illuminate


def test_radiance_is_reflectance_under_light() -> None:
    light = np.array([1.0, 3.0])
    np.testing.assert_allclose(illuminate(np.ones((2, 4, 5)), light)[1], 3.0)


def test_a_grey_surface_shows_the_light_itself() -> None:
    light = np.linspace(1, 2, 31)
    np.testing.assert_allclose(illuminate(np.full((31, 1), 0.2), light)[:, 0] / 0.2, light)


def test_numbers_of_bands_must_agree() -> None:
    with pytest.raises(ValueError, match="illuminant has 3 bands, reflectance 31"):
        illuminate(np.ones((31, 2)), np.ones(3))
