"""Reduction of large cubes: a page shows means of squares of pixels."""

import math
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def choose_factor(shape: Sequence[int], side: int) -> int:
    """Return the side of the squares that are averaged.

    Args:
        shape: of the cube (bands, rows, columns).
        side: the greatest length of a side of the reduced cube.

    Example:
        >>> choose_factor((31, 3000, 4000), 1024), choose_factor((31, 482, 512), 1024)
        (4, 1)
    """
    _, rows, columns = shape
    return min(max(1, math.ceil(max(rows, columns) / side)), rows, columns)


def describe_factors(factors: Collection[int]) -> str:
    """Return what a caption says about the factors of a page's scenes.

    Example:
        >>> describe_factors({1}), describe_factors({4})
        ('', ' Each pixel is the mean of 4×4 pixels.')
    """
    most = max(factors)
    if most == 1:
        return ""
    number = f"{most}×{most}" if len(factors) == 1 else f"up to {most}×{most}"
    return f" Each pixel is the mean of {number} pixels."


def reduce_cube(cube: Array, factor: int) -> Array:
    """Return the means of squares of pixels; an incomplete square at the edge is left out.

    Args:
        cube: (bands, rows, columns); it is read row by row, so a memory map stays on the disk.
        factor: the side of a square.

    Returns:
        (bands, rows // factor, columns // factor), float32.
    """
    if factor == 1:
        return cube
    bands, rows, columns = cube.shape[0], cube.shape[1] // factor, cube.shape[2] // factor
    reduced = np.empty((bands, rows, columns), np.float32)
    for row in range(rows):
        strip = cube[:, row * factor : (row + 1) * factor, : columns * factor]
        squares = strip.reshape(bands, factor, columns, factor)
        reduced[:, row] = squares.mean((1, 3), dtype=np.float32)
    return reduced


def reduce_picture(picture: NDArray[Any], factor: int) -> NDArray[np.uint8]:
    """Return the means of squares of pixels of a picture, (rows, columns, channels), uint8."""
    reduced = reduce_cube(np.moveaxis(picture, -1, 0), factor)
    return np.moveaxis(np.rint(reduced).astype(np.uint8), 0, -1)
