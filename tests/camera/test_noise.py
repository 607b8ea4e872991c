import numpy as np
import pytest
from scipy.stats import chisquare, poisson

from respectra.camera.noise import photons, read


@pytest.mark.parametrize("electrons", [50, 750, 5000])
@pytest.mark.parametrize("signal", [0.02, 0.3, 4.0])
def test_mean_is_the_signal_and_variance_the_signal_over_electrons(electrons, signal) -> None:
    drawn = photons(np.full(400_000, signal), np.random.default_rng(0), electrons=electrons)
    deviation = np.sqrt(signal / electrons)
    assert drawn.mean() == pytest.approx(signal, abs=5 * deviation / np.sqrt(400_000))
    assert drawn.var() == pytest.approx(signal / electrons, rel=0.02)


@pytest.mark.parametrize("expected", [3.0, 63.9, 64.0, 70.3, 300.7, 4000.5])
def test_counts_are_poissons(expected: float) -> None:
    """Pearson's test of every count that is met; few are drawn by NumPy, many by an expansion."""
    size = 400_000
    drawn = photons(np.full(size, expected), np.random.default_rng(0), electrons=1.0)
    counts, observed = np.unique(drawn, return_counts=True)
    assert (counts == np.rint(counts)).all()
    chances = poisson.pmf(counts, expected)
    kept = chances * size >= 10
    observed = np.append(observed[kept], size - observed[kept].sum())
    wanted = np.append(chances[kept], 1 - chances[kept].sum()) * size
    assert chisquare(observed, wanted).pvalue > 1e-3


def test_the_layout_in_memory_plays_no_part() -> None:
    signal = np.random.default_rng(1).random((3, 8, 9)) + 0.1
    turned = np.moveaxis(np.ascontiguousarray(np.moveaxis(signal, 0, -1)), -1, 0)
    one, two = (photons(s, np.random.default_rng(0), electrons=750) for s in (signal, turned))
    np.testing.assert_array_equal(one, two)


def test_the_same_generator_state_gives_the_same_noise() -> None:
    one, two = (photons(np.ones(9), np.random.default_rng(3), electrons=10) for _ in "ab")
    np.testing.assert_array_equal(one, two)


def test_darkness_has_no_noise() -> None:
    assert (photons(np.zeros(9), np.random.default_rng(0), electrons=10) == 0).all()


def test_reading_adds_the_same_at_every_brightness_and_nothing_negative() -> None:
    for signal in (0.2, 0.9):
        found = read(np.full(200_000, signal), np.random.default_rng(0), deviation=0.01)
        assert found.mean() == pytest.approx(signal, abs=1e-4)
        assert found.std() == pytest.approx(0.01, rel=0.01)
    assert read(np.zeros(100), np.random.default_rng(0), deviation=1.0).min() == 0
