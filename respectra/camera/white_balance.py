"""White balance: each colour channel has its own gain."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def fixed(rgb: Array, *, gains: Sequence[float]) -> Array:
    """Multiply each channel by its gain.

    Args:
        rgb: (3, rows, columns).
        gains: of R, G and B.

    Raises:
        ValueError: the numbers of gains and channels differ.

    Example:
        >>> fixed(np.full((3, 1, 1), 0.2), gains=[2.0, 1.0, 1.5]).ravel().round(6).tolist()
        [0.4, 0.2, 0.3]
    """
    if len(gains) != len(rgb):
        raise ValueError(
            f"white_balance: gains has {len(gains)} values for {len(rgb)} channels; "
            "state one for each channel"
        )
    return rgb * np.asarray(gains, dtype=float)[:, None, None]


def grey_world(rgb: Array) -> Array:
    """Multiply each channel by a gain so that its mean is the mean of green.

    Args:
        rgb: (3, rows, columns).

    Raises:
        ValueError: a channel is black.
    """
    means = rgb.mean((1, 2))
    if not (means > 0).all():
        raise ValueError(
            "grey_world: a channel is black, so no gain gives it the mean of green; "
            "use white_balance:fixed"
        )
    return fixed(rgb, gains=(means[1] / means).tolist())
