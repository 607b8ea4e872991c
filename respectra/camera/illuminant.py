"""Light on surfaces: reflectance becomes radiance, and a scene is seen under another light."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
SPREAD = 0.4  # standard deviation of the logarithm of a drawn light's slowest wave


def draw_light(bands: int, rng: np.random.Generator) -> Array:
    """A smooth light that nobody measured: three slow waves along the bands, exponentiated.

    Returns:
        (bands,), relative power around 1.
    """
    place = np.linspace(0, np.pi, bands)
    waves = [SPREAD / k * rng.standard_normal() * np.cos(k * place) for k in (1, 2, 3)]
    return np.exp(np.sum(waves, axis=0))


def relight(rgb: Array, cube: Array, light: Array, response: Array) -> tuple[Array, Array]:
    """A scene and its observation as they would be if the light were multiplied by another.

    Each pixel of the observation changes as its spectrum's projection does, so noise and
    compression stay as they were; the exposure keeps the observation's mean.

    Args:
        rgb: (rows, columns, 3), 0 to 1.
        cube: (rows, columns, bands).
        light: (bands,), relative power.
        response: (3, bands).

    Returns:
        rgb and cube, of the same shapes.

    Example:
        >>> rgb, cube = np.full((1, 1, 3), 0.5), np.full((1, 1, 2), 0.2)
        >>> response = np.array([[0.0, 1], [1, 1], [1, 0]])
        >>> [x.round(2).tolist() for x in relight(rgb, cube, np.array([1.0, 3]), response)]
        [[[[0.75, 0.5, 0.25]]], [[[0.1, 0.3]]]]
    """
    relit = cube * light.astype(cube.dtype)
    before, after = cube @ response.T, relit @ response.T
    seen = rgb * np.divide(after, before, out=np.ones_like(after), where=before > 0)
    gain = rgb.mean() / seen.mean() if seen.any() else 1.0
    return np.minimum(seen * gain, 1).astype(rgb.dtype), (relit * gain).astype(cube.dtype)
