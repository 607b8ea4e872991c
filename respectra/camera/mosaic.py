"""The colour filter array: one channel at each pixel, the others from the neighbours."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve

Array = NDArray[np.floating]
CROSS = np.array([[0.0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4  # green: every second pixel
SQUARE = np.array([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4  # red and blue: every fourth


def bayer(rgb: Array, *, pattern: str) -> Array:
    """Sample a Bayer pattern and interpolate it bilinearly, edges mirrored.

    Args:
        rgb: (3, rows, columns).
        pattern: the channels of the upper left 2×2 pixels by rows, such as RGGB.

    Raises:
        ValueError: the pattern has not one R, two G and one B, the G on a diagonal.

    Example:
        >>> bayer(np.full((3, 4, 4), 0.3), pattern="RGGB").round(6).min().item()
        0.3
    """
    if pattern not in ("RGGB", "BGGR", "GRBG", "GBRG"):
        raise ValueError(f"bayer: {pattern} is no pattern; there are RGGB, BGGR, GRBG, GBRG")
    rows, columns = rgb.shape[1:]
    tiled = np.array([pattern.index(c) if c != "G" else -1 for c in pattern]).reshape(2, 2)
    where = np.tile(tiled, (rows // 2 + 1, columns // 2 + 1))[:rows, :columns]
    masks = (where == pattern.index("R"), where == -1, where == pattern.index("B"))
    kernels = (SQUARE, CROSS, SQUARE)
    return np.stack(
        [
            convolve(channel * mask, kernel, mode="mirror")
            for channel, mask, kernel in zip(rgb, masks, kernels, strict=True)
        ]
    )
