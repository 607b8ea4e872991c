"""The colour matrix: from the channels of a sensor to those of a colour space."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def apply(rgb: Array, *, matrix: Sequence[Sequence[float]]) -> Array:
    """Multiply each pixel by a matrix; negative results, which are out of gamut, become 0.

    Args:
        rgb: (3, rows, columns), linear in the radiance.
        matrix: three rows of three numbers. If each row sums to 1, grey remains grey.

    Returns:
        (3, rows, columns).

    Raises:
        ValueError: the matrix does not have three rows of three numbers.

    Example:
        >>> grey = np.full((3, 1, 1), 0.25)
        >>> apply(grey, matrix=[[1.5, -0.5, 0], [0, 1, 0], [0, -0.5, 1.5]]).ravel().tolist()
        [0.25, 0.25, 0.25]
    """
    factors = [list(row) for row in matrix]
    if [len(row) for row in factors] != [len(rgb)] * len(rgb):
        raise ValueError(
            f"colour_matrix: matrix has rows of {', '.join(str(len(row)) for row in factors)} "
            f"numbers; state {len(rgb)} rows of {len(rgb)}"
        )
    return np.maximum(np.einsum("oc,chw->ohw", np.asarray(factors, dtype=float), rgb), 0.0)
