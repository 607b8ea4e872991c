import numpy as np

from respectra.conditions.lights import estimate_light, relight
from tests.conftest import smooth_cube


def test_a_white_surface_shows_the_light() -> None:
    reflectance = 0.5 * smooth_cube(20, 20)
    reflectance[:, :4, :5] = 1.0  # 20 of 400 pixels
    light = np.linspace(0.2, 0.6, 31)
    scene = reflectance * light[:, None, None]
    np.testing.assert_allclose(estimate_light(scene), light, rtol=1e-6)


def test_the_same_reflectances_are_shown_under_another_light() -> None:
    reflectance = 0.5 * smooth_cube(20, 20)
    reflectance[:, :4, :5] = 1.0
    first, second = np.linspace(0.2, 0.6, 31), np.linspace(1.0, 0.1, 31)
    scene = (reflectance * first[:, None, None]).astype(np.float32)
    relit = relight(scene, second)
    expected = reflectance * second[:, None, None]
    np.testing.assert_allclose(relit, expected * (scene.max() / expected.max()), rtol=1e-5)
    assert relit.dtype == np.float32
    np.testing.assert_allclose(relit.max(), scene.max(), rtol=1e-6)
