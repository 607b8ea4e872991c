"""Light on surfaces: reflectance becomes radiance."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def illuminate(reflectance: Array, illuminant: Array) -> Array:
    """The radiance of surfaces under a light.

    Args:
        reflectance: (bands, …), 0 to 1.
        illuminant: (bands,), relative power.

    Returns:
        (bands, …).

    Raises:
        ValueError: the numbers of bands differ.

    Example:
        >>> illuminate(np.array([[0.5], [0.2]]), np.array([1.0, 2.0])).ravel().tolist()
        [0.5, 0.4]
    """
    if illuminant.shape != reflectance.shape[:1]:
        raise ValueError(
            f"illuminate: the illuminant has {illuminant.size} bands, "
            f"the reflectance {reflectance.shape[0]}; sample both at the same wavelengths"
        )
    return reflectance * illuminant.reshape(-1, *([1] * (reflectance.ndim - 1)))
