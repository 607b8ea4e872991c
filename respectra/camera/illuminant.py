"""Relighting: a scene and its observation under another light."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
SPREAD = 0.4  # standard deviation of the amplitude of the lowest frequency of a random light


def draw_light(bands: int, rng: np.random.Generator) -> Array:
    """A smooth random light: the exponential of three cosines of low frequency along the bands.

    Args:
        bands: number of bands.
        rng: draws the amplitudes.

    Returns:
        (bands,), relative power around 1.
    """
    phase = np.linspace(0, np.pi, bands)
    waves = [SPREAD / k * rng.standard_normal() * np.cos(k * phase) for k in (1, 2, 3)]
    return np.exp(np.sum(waves, axis=0))


def relight(rgb: Array, cube: Array, light: Array, response: Array) -> tuple[Array, Array]:
    """A scene and its observation after the light is multiplied by another one.

    Each pixel of the observation changes by the ratio of the projections of its new and its old
    spectrum, so noise and compression stay the same. One gain keeps the mean of the observation.

    Args:
        rgb: (rows, columns, 3), 0 to 1.
        cube: (rows, columns, bands).
        light: (bands,), relative power.
        response: (3, bands).

    Returns:
        The observation and the cube, with the shapes and data types of `rgb` and `cube`.

    Example:
        >>> rgb, cube = np.full((1, 1, 3), 0.5), np.full((1, 1, 2), 0.2)
        >>> response = np.array([[0.0, 1], [1, 1], [1, 0]])
        >>> [x.round(2).tolist() for x in relight(rgb, cube, np.array([1.0, 3]), response)]
        [[[[0.75, 0.5, 0.25]]], [[[0.1, 0.3]]]]
    """
    relit = cube * light.astype(cube.dtype)
    before, after = cube @ response.T, relit @ response.T
    picture = rgb * np.divide(after, before, out=np.ones_like(after), where=before > 0)
    gain = rgb.mean() / picture.mean() if picture.any() else 1.0
    return np.minimum(picture * gain, 1).astype(rgb.dtype), (relit * gain).astype(cube.dtype)
