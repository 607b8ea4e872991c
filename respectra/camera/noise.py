"""Noise: light comes in grains, and reading them adds some."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def photons(rgb: Array, rng: np.random.Generator, *, electrons: float) -> Array:
    """A Poisson draw of every value, `electrons` of them at signal 1.

    Mean and variance: the signal, and the signal divided by `electrons`.

    Args:
        rgb: the signal, not negative, any shape.
        rng: where the randomness comes from.
        electrons: electrons collected at a signal of 1 (the organisers' `npe`).
    """
    return rng.poisson(rgb * electrons) / electrons


def read(rgb: Array, rng: np.random.Generator, *, deviation: float) -> Array:
    """Add what the electronics add: normal, the same at every brightness; cut off below 0.

    Args:
        rgb: the signal, any shape.
        rng: where the randomness comes from.
        deviation: standard deviation, in units of the signal.
    """
    return np.maximum(rgb + deviation * rng.standard_normal(rgb.shape), 0.0)
