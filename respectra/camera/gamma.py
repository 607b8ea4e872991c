"""Gamma: the coding that spends the levels of a picture as the eye sees them."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
LINEAR_END = 0.0031308  # of the linear part near black


def srgb(rgb: Array) -> Array:
    """Code a linear signal as sRGB.

    Args:
        rgb: 0 to 1, any shape; other values are clipped.

    References:
        IEC 61966-2-1:1999.

    Example:
        >>> srgb(np.array([0.0, 0.18, 1.0])).round(4).tolist()
        [0.0, 0.4614, 1.0]
    """
    signal = np.clip(rgb, 0.0, 1.0)
    curved = 1.055 * np.maximum(signal, LINEAR_END) ** (1 / 2.4) - 0.055
    return np.where(signal <= LINEAR_END, 12.92 * signal, curved)
