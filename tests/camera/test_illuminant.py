import numpy as np

from respectra.camera.illuminant import draw_light, relight

RESPONSE = np.abs(np.random.default_rng(2).standard_normal((3, 31)))


def scene() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    cube = (rng.random((6, 7, 31)) * 0.2 + 0.01).astype(np.float32)
    rgb = cube @ RESPONSE.T
    return (rgb * (0.18 / rgb.mean())).astype(np.float32), cube


def test_a_relit_observation_is_the_projection_of_the_relit_cube() -> None:
    rgb, cube = scene()
    light = draw_light(31, np.random.default_rng(3))
    new_rgb, new_cube = relight(rgb, cube, light, RESPONSE)
    projected = new_cube @ RESPONSE.T
    gain = rgb.mean() / (cube @ RESPONSE.T).mean()  # the mean of the observation stays the same
    np.testing.assert_allclose(new_rgb, projected * gain, rtol=1e-5)
    np.testing.assert_allclose(new_rgb.mean(), rgb.mean(), rtol=1e-5)


def test_a_constant_light_changes_nothing() -> None:
    rgb, cube = scene()
    for new, old in zip(relight(rgb, cube, np.ones(31), RESPONSE), (rgb, cube), strict=True):
        np.testing.assert_allclose(new, old, rtol=1e-5)
        assert new.dtype == np.float32


def test_spectra_are_multiplied_by_the_light() -> None:
    rgb, cube = scene()
    light = np.linspace(0.5, 2, 31)
    ratio = relight(rgb, cube, light, RESPONSE)[1] / cube / light
    np.testing.assert_allclose(ratio, ratio.flat[0], rtol=1e-4)


def test_black_pixels_stay_black() -> None:
    rgb, cube = scene()
    rgb[0, 0] = 0
    assert not relight(rgb, cube, draw_light(31, np.random.default_rng(0)), RESPONSE)[0][0, 0].any()


def test_random_lights_are_smooth_and_positive_and_depend_on_the_seed() -> None:
    first, second = (draw_light(31, np.random.default_rng(5)) for _ in "ab")
    np.testing.assert_array_equal(first, second)
    assert (first > 0).all()
    assert np.abs(np.diff(np.log(first))).max() < 0.5
    assert not np.allclose(first, draw_light(31, np.random.default_rng(6)))
