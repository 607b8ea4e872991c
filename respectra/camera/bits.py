"""Quantisation: a signal becomes integers of 8 bits."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from respectra.arguments import Bits

Array = NDArray[np.floating]


def truncate(rgb: Array, *, bits: Bits) -> NDArray[np.uint8]:
    """Integers of `bits` bits, rounded down, as in the camera of the challenge.

    Args:
        rgb: 0 to 1, any shape; other values are clipped.
        bits: 1 to 8; fewer than 8 bits use a part of the values from 0 to 255.

    Raises:
        ValueError: the number of bits is out of range.

    Example:
        >>> truncate(np.array([0.0, 0.5, 1.0]), bits=8)
        array([  0, 127, 255], dtype=uint8)
    """
    return _quantize(rgb, bits, np.floor)


def nearest(rgb: Array, *, bits: Bits) -> NDArray[np.uint8]:
    """Integers of `bits` bits, rounded to the nearest.

    Args:
        rgb: as in `truncate`.
        bits: as in `truncate`.

    Raises:
        ValueError: the number of bits is out of range.

    Example:
        >>> nearest(np.array([0.0, 0.5, 1.0]), bits=8)
        array([  0, 128, 255], dtype=uint8)
    """
    return _quantize(rgb, bits, np.rint)


def _quantize(rgb: Array, bits: int, round_values: Callable[[Array], Array]) -> NDArray[np.uint8]:
    if not 1 <= bits <= 8:
        raise ValueError(f"bits: {bits} is out of range; a picture has 1 to 8 bits")
    greatest = 2**bits - 1
    levels = round_values(np.clip(rgb, 0.0, 1.0) * greatest)
    return round_values(levels * (255 / greatest)).astype(np.uint8)
