import numpy as np
import pytest

from respectra.datasets.illumination import illuminate


def test_radiance_is_reflectance_times_the_light() -> None:
    light = np.array([1.0, 3.0])
    np.testing.assert_allclose(illuminate(np.ones((2, 4, 5)), light)[1], 3.0)


def test_a_grey_surface_has_the_spectrum_of_the_light() -> None:
    light = np.linspace(1, 2, 31)
    np.testing.assert_allclose(illuminate(np.full((31, 1), 0.2), light)[:, 0] / 0.2, light)


def test_different_numbers_of_bands_are_refused() -> None:
    with pytest.raises(ValueError, match="the illuminant has 3 bands, the reflectance 31"):
        illuminate(np.ones((31, 2)), np.ones(3))
