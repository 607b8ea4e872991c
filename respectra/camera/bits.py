"""Digits: a signal becomes whole numbers."""

from collections.abc import Callable

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
    return _digits(rgb, bits, np.floor)


def nearest(rgb: Array, *, bits: int) -> NDArray[np.uint8]:
    """Whole numbers of `bits` bits, rounded to the nearest.

    Example:
        >>> nearest(np.array([0.0, 0.5, 1.0]), bits=8)
        array([  0, 128, 255], dtype=uint8)
    """
    return _digits(rgb, bits, np.rint)


def _digits(rgb: Array, bits: int, whole: Callable[[Array], Array]) -> NDArray[np.uint8]:
    if not 1 <= bits <= 8:
        raise ValueError(f"bits: {bits} bits do not fit a file of 8")
    levels = 2**bits - 1
    return whole(whole(np.clip(rgb, 0.0, 1.0) * levels) * (255 / levels)).astype(np.uint8)
