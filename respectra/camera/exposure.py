"""Exposure: the brightness of the picture."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.arguments import Positive

Array = NDArray[np.floating]
WIDEST = 8.0  # greatest random gain of a picture alone
SPREAD = 0.5  # standard deviation of the logarithm of a random gain


def to_mean(rgb: Array, *, mean: Positive) -> Array:
    """Multiply a picture by one gain so that the mean of all values is `mean`; clip at 1.

    The picture no longer depends on the absolute brightness of the scene. Clipping comes after the
    gain, so the mean of a picture with clipped values is lower.

    Args:
        rgb: (3, rows, columns), not negative.
        mean: mean of the result before clipping, 0 to 1.

    Raises:
        ValueError: the picture is black.

    Example:
        >>> to_mean(np.array([1.0, 2.0, 3.0, 10.0]), mean=0.4).round(6).tolist()
        [0.1, 0.2, 0.3, 1.0]
    """
    brightness = float(rgb.mean())
    if not brightness > 0:
        raise ValueError("to_mean: the picture is black, so no gain gives it a positive mean")
    return np.minimum(rgb * (mean / brightness), 1.0)


def fixed(rgb: Array, *, gain: Positive) -> Array:
    """Multiply a picture by a gain; clip at 1.

    Args:
        rgb: (3, rows, columns).
        gain: the factor.

    Example:
        >>> fixed(np.array([0.1, 0.9]), gain=2.0).tolist()
        [0.2, 1.0]
    """
    return np.minimum(rgb * gain, 1.0)


def sweep(rgb: Array, rng: np.random.Generator, *, gains: Sequence[float]) -> Array:
    """Multiply a picture by one of several gains, drawn at random; clip at 1.

    Args:
        rgb: (3, rows, columns).
        rng: draws the gain.
        gains: the gains; all are equally likely.
    """
    return fixed(rgb, gain=float(rng.choice(np.asarray(gains, dtype=float))))


def find_gain(signal: Array, chain: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the gain with which a camera without noise exposes a signal.

    The noise-free picture of a scene is the gain times the signal, clipped at 1.

    Args:
        signal: (3, rows, columns), the projection of a whole cube.
        chain: the parts of the camera.

    Returns:
        The product of the gains of the chain's exposures; None if one of them is drawn at random,
        or if the chain has a white balance, a colour matrix or a gamma, which are no single gain.

    Example:
        >>> find_gain(np.full((3, 1, 1), 0.5), [{"is": "exposure:to_mean", "mean": 0.25}])
        0.5
    """
    gain, brightness = 1.0, float(signal.mean())
    for part in chain:
        name = str(part["is"])
        if name == "exposure:to_mean" and brightness > 0:
            gain = part["mean"] / brightness
        elif name == "exposure:fixed":
            gain *= part["gain"]
        elif name.startswith(("exposure:", "white_balance:", "colour_matrix:", "gamma:")):
            return None
    return gain


def draw_exposure(rng: np.random.Generator) -> float:
    """A random gain of a picture whose scene stays as it is.

    Args:
        rng: draws the gain.

    Returns:
        1 / WIDEST to WIDEST, the logarithm uniform.
    """
    return float(WIDEST ** rng.uniform(-1, 1))


def expose_pixels(pixels: NDArray[np.float32], gain: float) -> NDArray[np.float32]:
    """Multiply the pixels of a file by a gain, as a camera does: clipped, in whole numbers.

    Args:
        pixels: 0 to 255, any shape.
        gain: the factor.

    Example:
        >>> expose_pixels(np.array([10, 201], np.float32), 1.26).tolist()
        [12.0, 253.0]
    """
    return np.minimum(np.floor(pixels * np.float32(gain)), np.float32(255))


def draw_gain(rng: np.random.Generator) -> float:
    """A random gain around 1 that augments a cube and its observation alike, without clipping.

    Args:
        rng: draws the gain.
    """
    return float(np.exp(SPREAD * rng.standard_normal()))
