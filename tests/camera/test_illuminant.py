import numpy as np
import pytest

from respectra.camera.illuminant import drawn, illuminate, relight


def test_radiance_is_reflectance_under_light() -> None:
    light = np.array([1.0, 3.0])
    np.testing.assert_allclose(illuminate(np.ones((2, 4, 5)), light)[1], 3.0)


def test_a_grey_surface_shows_the_light_itself() -> None:
    light = np.linspace(1, 2, 31)
    np.testing.assert_allclose(illuminate(np.full((31, 1), 0.2), light)[:, 0] / 0.2, light)


def test_numbers_of_bands_must_agree() -> None:
    with pytest.raises(ValueError, match="illuminant has 3 bands, reflectance 31"):
        illuminate(np.ones((31, 2)), np.ones(3))


RESPONSE = np.abs(np.random.default_rng(2).standard_normal((3, 31)))


def scene() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    cube = (rng.random((6, 7, 31)) * 0.2 + 0.01).astype(np.float32)
    rgb = cube @ RESPONSE.T
    return (rgb * (0.18 / rgb.mean())).astype(np.float32), cube


def test_a_relit_observation_is_the_projection_of_the_relit_cube() -> None:
    rgb, cube = scene()
    light = drawn(31, np.random.default_rng(3))
    new_rgb, new_cube = relight(rgb, cube, light, RESPONSE)
    projected = new_cube @ RESPONSE.T
    gain = rgb.mean() / (cube @ RESPONSE.T).mean()  # the exposure stays as it was
    np.testing.assert_allclose(new_rgb, projected * gain, rtol=1e-5)
    np.testing.assert_allclose(new_rgb.mean(), rgb.mean(), rtol=1e-5)


def test_the_old_light_changes_nothing() -> None:
    rgb, cube = scene()
    for new, old in zip(relight(rgb, cube, np.ones(31), RESPONSE), (rgb, cube), strict=True):
        np.testing.assert_allclose(new, old, rtol=1e-5)
        assert new.dtype == np.float32


def test_spectra_change_as_the_light_does() -> None:
    rgb, cube = scene()
    light = np.linspace(0.5, 2, 31)
    ratio = relight(rgb, cube, light, RESPONSE)[1] / cube / light
    np.testing.assert_allclose(ratio, ratio.flat[0], rtol=1e-4)


def test_noise_and_black_pixels_stay() -> None:
    rgb, cube = scene()
    rgb[0, 0] = 0
    assert not relight(rgb, cube, drawn(31, np.random.default_rng(0)), RESPONSE)[0][0, 0].any()


def test_drawn_lights_are_smooth_positive_and_follow_the_generator() -> None:
    one, two = (drawn(31, np.random.default_rng(5)) for _ in "ab")
    np.testing.assert_array_equal(one, two)
    assert (one > 0).all()
    assert np.abs(np.diff(np.log(one))).max() < 0.5
    assert not np.allclose(one, drawn(31, np.random.default_rng(6)))
