"""White balance: each colour channel gets a gain of its own."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def fixed(rgb: Array, *, gains: Sequence[float]) -> Array:
    """Multiply the channels by gains that the camera was set to.

    Args:
        rgb: (3, rows, columns).
        gains: of R, G and B.

    Example:
        >>> fixed(np.full((3, 1, 1), 0.2), gains=[2.0, 1.0, 1.5]).ravel().round(6).tolist()
        [0.4, 0.2, 0.3]
    """
    if len(gains) != len(rgb):
        raise ValueError(f"white_balance: {len(gains)} gains for {len(rgb)} channels")
    return rgb * np.asarray(gains, dtype=float)[:, None, None]


def grey_world(rgb: Array) -> Array:
    """Bring every channel's mean to that of green.

    Raises:
        ValueError: a channel is black.
    """
    means = rgb.mean((1, 2))
    if not (means > 0).all():
        raise ValueError("grey_world: a channel is black, no gain brings it to green's mean")
    return fixed(rgb, gains=(means[1] / means).tolist())
