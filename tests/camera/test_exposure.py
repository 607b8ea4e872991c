import numpy as np
import pytest

from respectra.camera.exposure import draw_exposure, draw_gain, find_gain, fixed, sweep, to_mean

RGB = np.random.default_rng(0).random((3, 8, 9))


def test_the_result_does_not_depend_on_absolute_brightness() -> None:
    np.testing.assert_allclose(to_mean(7 * RGB, mean=0.18), to_mean(RGB, mean=0.18))


def test_a_picture_without_clipping_has_the_mean() -> None:
    assert to_mean(RGB, mean=0.18).mean() == pytest.approx(0.18)


def test_highlights_are_clipped_after_the_gain() -> None:
    bright = RGB.copy()
    bright[0, 0, 0] = 1e3
    exposed = to_mean(bright, mean=0.18)
    assert exposed.max() == 1
    assert exposed.mean() < 0.18


def test_a_black_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="the picture is black"):
        to_mean(np.zeros((3, 2, 2)), mean=0.18)


def test_a_fixed_gain_multiplies() -> None:
    np.testing.assert_allclose(fixed(RGB, gain=0.5), RGB / 2)


def test_random_gains_are_around_one_and_depend_on_the_seed() -> None:
    rng = np.random.default_rng(0)
    gains = np.log([draw_gain(rng) for _ in range(2000)])
    assert abs(gains.mean()) < 0.05
    assert gains.std() == pytest.approx(0.5, rel=0.1)
    assert draw_gain(np.random.default_rng(1)) == draw_gain(np.random.default_rng(1))


def test_a_sweep_uses_each_of_its_gains() -> None:
    gains = {
        round(
            float(sweep(RGB, np.random.default_rng(i), gains=[0.25, 0.5])[0, 0, 0] / RGB[0, 0, 0]),
            6,
        )
        for i in range(20)
    }
    assert gains == {0.25, 0.5}


def test_the_gain_of_a_chain_is_that_of_its_picture_without_noise() -> None:
    chain = [
        {"is": "noise:photons", "electrons": 750},
        {"is": "exposure:to_mean", "mean": 0.18},
        {"is": "exposure:fixed", "gain": 0.5},
        {"is": "bits:truncate", "bits": 8},
    ]
    gain = find_gain(RGB, chain)
    assert gain is not None
    np.testing.assert_allclose(gain * RGB, fixed(to_mean(RGB, mean=0.18), gain=0.5))


@pytest.mark.parametrize("part", ["exposure:sweep", "white_balance:grey_world"])
def test_a_random_exposure_and_a_balance_have_no_single_gain(part: str) -> None:
    assert find_gain(RGB, [{"is": part}]) is None


def test_exposures_of_a_picture_reach_from_an_eighth_to_eight() -> None:
    rng = np.random.default_rng(0)
    gains = np.array([draw_exposure(rng) for _ in range(2000)])
    assert 1 / 8 <= gains.min() < 0.14
    assert 7 < gains.max() <= 8
    assert (gains > 1).mean() == pytest.approx(0.5, abs=0.05)
