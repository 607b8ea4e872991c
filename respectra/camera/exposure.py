"""Exposure: how bright the camera makes the picture."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
SPREAD = 0.5  # standard deviation of the logarithm of a drawn gain


def to_mean(rgb: Array, *, mean: float) -> Array:
    """Scale a picture so that the mean of all its values is `mean`; cut off above 1.

    The absolute brightness of the scene is lost here: one gain for the whole picture.

    Args:
        rgb: (3, rows, columns), not negative.
        mean: the wanted mean, 0 to 1.

    Raises:
        ValueError: the picture is black.

    Example:
        >>> to_mean(np.array([1.0, 2.0, 3.0, 10.0]), mean=0.4).round(6).tolist()
        [0.1, 0.2, 0.3, 1.0]
    """
    brightness = float(rgb.mean())
    if not brightness > 0:
        raise ValueError("to_mean: the picture is black, no exposure brings its mean above 0")
    return np.minimum(rgb * (mean / brightness), 1.0)


def fixed(rgb: Array, *, gain: float) -> Array:
    """Multiply by a gain; cut off above 1.

    Example:
        >>> fixed(np.array([0.1, 0.9]), gain=2.0).tolist()
        [0.2, 1.0]
    """
    return np.minimum(rgb * gain, 1.0)


def sweep(rgb: Array, rng: np.random.Generator, *, gains: Sequence[float]) -> Array:
    """Multiply by one of several gains, drawn for each picture; cut off above 1.

    Args:
        rgb: (3, rows, columns).
        rng: of the picture.
        gains: to choose among, each as likely.
    """
    return fixed(rgb, gain=float(rng.choice(np.asarray(gains, dtype=float))))


def draw_gain(rng: np.random.Generator) -> float:
    """A gain that nobody set, around 1: for a scene and its observation alike, nothing cut off."""
    return float(np.exp(SPREAD * rng.standard_normal()))
