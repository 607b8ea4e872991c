"""Digits: a signal becomes whole numbers."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def truncate(rgb: Array, *, bits: int) -> NDArray[np.uint8]:
    """Whole numbers of `bits` bits, rounded down as the organisers' camera does.

    Args:
        rgb: 0 to 1.
        bits: at most 8, the depth of the files.

    Example:
        >>> truncate(np.array([0.0, 0.5, 1.0]), bits=8)
        array([  0, 127, 255], dtype=uint8)
    """
    if not 1 <= bits <= 8:
        raise ValueError(f"truncate: {bits} bits do not fit a file of 8")
    levels = 2**bits - 1
    whole = np.floor(np.clip(rgb, 0.0, 1.0) * levels)
    return np.floor(whole * (255 / levels)).astype(np.uint8)


def nearest(rgb: Array, *, bits: int) -> NDArray[np.uint8]:
    """Whole numbers of `bits` bits, rounded to the nearest.

    Example:
        >>> nearest(np.array([0.0, 0.5, 1.0]), bits=8)
        array([  0, 128, 255], dtype=uint8)
    """
    if not 1 <= bits <= 8:
        raise ValueError(f"nearest: {bits} bits do not fit a file of 8")
    levels = 2**bits - 1
    whole = np.rint(np.clip(rgb, 0.0, 1.0) * levels)
    return np.rint(whole * (255 / levels)).astype(np.uint8)
