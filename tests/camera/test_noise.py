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
def test_counts_have_the_poisson_distribution(expected: float) -> None:
    """Pearson's chi-squared test; small counts are drawn by NumPy, large ones from an expansion."""
    size = 400_000
    drawn = photons(np.full(size, expected), np.random.default_rng(0), electrons=1.0)
    counts, observed = np.unique(drawn, return_counts=True)
    assert (counts == np.rint(counts)).all()
    chances = poisson.pmf(counts, expected)
    frequent = chances * size >= 10
    observed = np.append(observed[frequent], size - observed[frequent].sum())
    expected_counts = np.append(chances[frequent], 1 - chances[frequent].sum()) * size
    assert chisquare(observed, expected_counts).pvalue > 1e-3


def test_the_noise_does_not_depend_on_the_memory_layout() -> None:
    signal = np.random.default_rng(1).random((3, 8, 9)) + 0.1
    turned = np.moveaxis(np.ascontiguousarray(np.moveaxis(signal, 0, -1)), -1, 0)
    first, second = (photons(s, np.random.default_rng(0), electrons=750) for s in (signal, turned))
    np.testing.assert_array_equal(first, second)


def test_the_noise_depends_on_the_seed_only() -> None:
    first, second = (photons(np.ones(9), np.random.default_rng(3), electrons=10) for _ in "ab")
    np.testing.assert_array_equal(first, second)


def test_a_signal_of_zero_has_no_photon_noise() -> None:
    assert (photons(np.zeros(9), np.random.default_rng(0), electrons=10) == 0).all()


def test_read_noise_is_equal_at_every_brightness_and_never_negative() -> None:
    for signal in (0.2, 0.9):
        noisy = read(np.full(200_000, signal), np.random.default_rng(0), deviation=0.01)
        assert noisy.mean() == pytest.approx(signal, abs=1e-4)
        assert noisy.std() == pytest.approx(0.01, rel=0.01)
    assert read(np.zeros(100), np.random.default_rng(0), deviation=1.0).min() == 0
