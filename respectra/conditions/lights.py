"""The light of a scene: estimated from its cube, and replaced by another one."""

import numpy as np
from numpy.typing import NDArray

from respectra.datasets.illumination import illuminate

Array = NDArray[np.floating]
BRIGHTEST = 0.01  # share of the pixels that show the light best: highlights and white surfaces


def estimate_light(cube: Array) -> Array:
    """The light of a scene: the mean spectrum of the brightest hundredth of its pixels.

    Args:
        cube: (bands, rows, columns), radiance.

    Returns:
        (bands,), in the unit of the cube: the radiance of a white surface.

    Example:
        >>> estimate_light(np.array([[[0.1, 0.4]], [[0.1, 0.8]]])).tolist()
        [0.4, 0.8]
    """
    spectra = cube.reshape(len(cube), -1).astype(np.float64)
    brightness = spectra.mean(0)
    count = max(1, round(BRIGHTEST * brightness.size))
    brightest = np.argpartition(brightness, -count)[-count:]
    light: Array = spectra[:, brightest].mean(1)
    return light


def relight(cube: Array, light: Array) -> Array:
    """A scene under another light.

    The estimated light of the scene is divided out, which leaves reflectances relative to a white
    surface, and multiplied in anew.

    Args:
        cube: (bands, rows, columns), positive.
        light: (bands,), relative power of the new light.

    Returns:
        The shape and data type of `cube`, and its maximum.
    """
    reflectance = cube / estimate_light(cube)[:, None, None]
    relit = illuminate(reflectance, light)
    return (relit * (cube.max() / relit.max())).astype(cube.dtype)
