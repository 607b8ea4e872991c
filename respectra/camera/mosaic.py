"""The colour filter array: each pixel measures one channel; the others are interpolated."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve

Array = NDArray[np.floating]
PATTERNS = ("RGGB", "BGGR", "GRBG", "GBRG")
GREEN_KERNEL = np.array([[0.0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4  # every second pixel
RED_BLUE_KERNEL = np.array([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4  # every fourth pixel


def bayer(rgb: Array, *, pattern: Literal["RGGB", "BGGR", "GRBG", "GBRG"]) -> Array:
    """Sample a picture with a Bayer pattern and interpolate it bilinearly, with mirrored edges.

    Args:
        rgb: (3, rows, columns).
        pattern: the channels of the upper left 2×2 pixels, row by row: RGGB, BGGR, GRBG or GBRG.

    Returns:
        (3, rows, columns).

    Raises:
        ValueError: the pattern is not a Bayer pattern.

    Example:
        >>> bayer(np.full((3, 4, 4), 0.3), pattern="RGGB").round(6).min().item()
        0.3
    """
    if pattern not in PATTERNS:
        raise ValueError(
            f"bayer: the pattern {pattern} is unknown; choose one of {', '.join(PATTERNS)}"
        )
    rows, columns = rgb.shape[1:]
    letters = np.array(list(pattern)).reshape(2, 2)
    filters = np.tile(letters, (rows // 2 + 1, columns // 2 + 1))[:rows, :columns]
    kernels = (RED_BLUE_KERNEL, GREEN_KERNEL, RED_BLUE_KERNEL)
    return np.stack(
        [
            convolve(channel * (filters == letter), kernel, mode="mirror")
            for channel, letter, kernel in zip(rgb, "RGB", kernels, strict=True)
        ]
    )
