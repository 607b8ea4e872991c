"""Colours of spectra for the standard observer, and their difference."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
OBSERVER = "CIE 1931 2 Degree Standard Observer"


def load_observer(wavelengths_nm: list[float]) -> Array:
    """The colour matching functions of the CIE 1931 standard observer.

    Args:
        wavelengths_nm: the bands' centres.

    Returns:
        (3, bands): X, Y and Z.
    """
    import colour

    functions = colour.MSDS_CMFS[OBSERVER]
    return np.stack(
        [np.interp(wavelengths_nm, functions.wavelengths, values) for values in functions.values.T]
    )


def measure_colour_error(
    reconstruction: Array, cube: Array, observer: Array, white: Array
) -> float:
    """The mean colour difference CIEDE2000 of two cubes.

    Args:
        reconstruction: (bands, rows, columns).
        cube: the truth, of the same shape.
        observer: (3, bands), colour matching functions.
        white: (bands,), the spectrum of a white surface, whose L* is 100.

    References:
        The definition of CIEDE2000, with test data: Sharma, Wu and Dalal, The CIEDE2000
        color-difference formula, Color Research and Application 30 (2005), 21-30.
    """
    from skimage.color import deltaE_ciede2000

    colours = (convert_to_lab(values, observer, white) for values in (reconstruction, cube))
    return float(deltaE_ciede2000(*colours, channel_axis=0).mean())


def convert_to_lab(cube: Array, observer: Array, white: Array) -> Array:
    """CIE L*a*b* of spectra.

    Args:
        cube: (bands, rows, columns); negative tristimulus values become 0.
        observer: (3, bands), colour matching functions.
        white: (bands,), the spectrum of a white surface.

    Returns:
        (3, rows, columns).

    Example:
        >>> white, observer = np.array([1.0, 2.0]), np.ones((3, 2))
        >>> convert_to_lab(white[:, None, None], observer, white).ravel().tolist()
        [100.0, 0.0, 0.0]
    """
    tristimulus = np.tensordot(observer, cube.astype(np.float64), 1)
    relative = np.maximum(tristimulus / (observer @ white)[:, None, None], 0.0)
    end = 6 / 29  # below its cube, the cube root becomes a line
    curved = np.where(relative > end**3, np.cbrt(relative), relative / (3 * end**2) + 4 / 29)
    x, y, z = curved
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])
