"""Noise: photon noise and read noise."""

import numpy as np
from numpy.typing import NDArray

from respectra.arguments import NotNegative, Positive

Array = NDArray[np.floating]
# Counts with an expectation of at least MANY are drawn from the Cornish-Fisher expansion of the
# Poisson distribution, in less than half the time of NumPy's generator. At an expectation of 64
# the probabilities differ from Poisson's by 3e-5 in total, the mean by 1e-10, the variance by a
# relative 5e-7; the differences decrease above 64.
MANY = 64.0


def photons(rgb: Array, rng: np.random.Generator, *, electrons: Positive) -> Array:
    """Add photon noise: every value becomes a Poisson count of electrons, divided by `electrons`.

    The mean is the signal; the variance is the signal divided by `electrons`.

    Args:
        rgb: the signal, not negative, any shape.
        rng: draws the counts.
        electrons: electrons at a signal of 1 (`npe` in the code of the challenge).

    Returns:
        The noisy signal, of the same shape.
    """
    expected = np.ascontiguousarray(rgb) * electrons
    counts = _draw_many(expected, rng)
    few = expected < MANY
    if few.any():
        counts[few] = rng.poisson(expected[few])
    counts /= electrons
    return counts


def _draw_many(expected: Array, rng: np.random.Generator) -> Array:
    """Counts around large means: normal values with Poisson's skewness and tails, rounded."""
    z = rng.standard_normal(expected.shape, dtype=np.float32)
    # Rounding adds 1/12 to the variance.
    deviation = np.sqrt(np.maximum(expected.astype(np.float32), 1.0) - np.float32(1 / 12))
    square = z * z
    difference = (square - 1) / 6 + z * ((1 - square) / (72 * deviation) + deviation)
    counts = expected + difference
    return np.rint(counts, out=counts)


def read(rgb: Array, rng: np.random.Generator, *, deviation: NotNegative) -> Array:
    """Add read noise: normal, equal at every brightness; clip at 0.

    Args:
        rgb: the signal, any shape.
        rng: draws the noise.
        deviation: standard deviation, in units of the signal.

    Returns:
        The noisy signal, of the same shape.
    """
    return np.maximum(rgb + deviation * rng.standard_normal(rgb.shape), 0.0)
