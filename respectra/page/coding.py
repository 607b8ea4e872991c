"""The coding of cubes in a page: few bytes, decoded by `decode.js` in a fraction of a second.

`8bit` states each spectrum in 254 steps between its own minimum and maximum, so its error is at
most 1/508 of the range of that spectrum. `half` states each value with the 11 significant bits of
half precision. Differences to the neighbouring pixel and band are compressed with zlib.
"""

import base64
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
STEPS = 254  # of the 8-bit coding
MISSING = 255  # the code of a value that is no number
LEVEL = 6  # of zlib


@dataclass(frozen=True)
class CodedCube:
    """A cube as a page holds it.

    Attributes:
        text: the compressed bytes in base64.
        scale: what the decoded values are multiplied by.
        mean_error: mean absolute error of the coding, relative to the mean absolute value.
        max_error: greatest absolute error, relative to the range of its own spectrum for `8bit`,
            to the value itself for `half`.
    """

    text: str
    scale: float
    mean_error: float
    max_error: float


def encode_cube(cube: Array, precision: str, *, coarse: int = 1) -> CodedCube:
    """Encode a cube.

    Args:
        cube: (bands, rows, columns). Values that are not finite become missing values.
        precision: `8bit` or `half`.
        coarse: steps of the 8-bit coding that become one, which compresses better.

    Returns:
        The coded cube. Its bytes before compression are, for `8bit`: the minimum and the maximum
        of each spectrum relative to the scale in half precision, (2, rows, columns), then codes
        (bands, rows, columns); for `half`: the low bytes of all values, then the high bytes.
    """
    values = np.where(np.isfinite(cube), cube, np.nan).astype(np.float32)
    scale = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
    relative = values / np.float32(scale)
    if precision == "half":
        data, decoded = _encode_half(relative)
        reference = np.abs(relative)
    else:
        data, decoded = _encode_steps(relative, coarse)
        reference = _range_of(relative)[1] - _range_of(relative)[0]
    error = np.abs(decoded - relative)
    size = np.nansum(np.abs(relative), dtype=np.float64)
    worst = np.divide(error, reference, out=np.zeros_like(error), where=reference > 1e-4)
    return CodedCube(
        text=base64.b64encode(zlib.compress(data, LEVEL)).decode("ascii"),
        scale=scale,
        mean_error=float(np.nansum(error, dtype=np.float64) / size) if size else 0.0,
        max_error=float(np.nanmax(worst, initial=0.0)),
    )


def _range_of(values: Array) -> tuple[Array, Array]:
    """The minimum and the maximum of each spectrum; 0 for a spectrum without numbers."""
    known = np.isfinite(values)
    low = np.where(known, values, np.inf).min(0)
    high = np.where(known, values, -np.inf).max(0)
    empty = ~known.any(0)
    return np.where(empty, 0, low), np.where(empty, 0, high)


def _widen_range(low: Array, high: Array) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    """The nearest limits in half precision that no value lies outside of."""
    below, above = low.astype(np.float16), high.astype(np.float16)
    infinity = np.float16(np.inf)
    below = np.where(below > low, np.nextafter(below, -infinity), below)
    above = np.where(above < high, np.nextafter(above, infinity), above)
    return below, above


def _encode_steps(values: Array, coarse: int) -> tuple[bytes, Array]:
    """The bytes of the 8-bit coding, and what they decode to."""
    least, greatest = _range_of(values)
    last = STEPS // coarse * coarse  # the code of the greatest value
    low, high = _widen_range(least, least + (greatest - least) * (STEPS / last))
    start = low.astype(np.float32)
    step = (high.astype(np.float32) - start) / np.float32(STEPS)
    with np.errstate(invalid="ignore", divide="ignore"):
        position = np.where(step > 0, (values - start) / step / coarse, 0)
    known = np.isfinite(values)
    rounded = np.clip(coarse * np.rint(position), 0, last)
    codes = np.where(known, rounded, MISSING).astype(np.uint8)
    decoded = np.where(known, start + codes * step, np.nan)
    limits = np.stack([low, high]).tobytes()
    return limits + _subtract_neighbours(codes).tobytes(), decoded


def _encode_half(values: Array) -> tuple[bytes, Array]:
    """The bytes of half precision, and what they decode to."""
    halves = values.astype(np.float16)
    differences = np.diff(halves.view(np.uint16), axis=0, prepend=np.uint16(0))
    planes = np.ascontiguousarray(differences).view(np.uint8).reshape(-1, 2).T
    return planes.tobytes(), halves.astype(np.float32)


def _subtract_neighbours(codes: NDArray[Any]) -> NDArray[Any]:
    """The difference of each code to the pixel on its left, less that of the band before."""
    across = np.diff(codes, axis=2, prepend=np.uint8(0))
    return np.ascontiguousarray(np.diff(across, axis=0, prepend=np.uint8(0)))


def describe_coding(precision: str, mean_error: float, max_error: float) -> str:
    """Return a sentence on the coding of a page and its error.

    Args:
        precision: `8bit` or `half`.
        mean_error, max_error: the greatest of the page's cubes.

    Example:
        >>> print(describe_coding("half", 0.0001, 0.0005))
        Values are in half precision: the error is at most 0.05 % of a value; its mean is 0.01 % of
        the mean value.
    """
    kind, reference = {
        "8bit": ("in 8 bits", "of the range of its spectrum"),
        "half": ("in half precision", "of a value"),
    }[precision]
    return (
        f"Values are {kind}: the error is at most {100 * max_error:.2g} % {reference}; "
        f"its mean is {100 * mean_error:.2g} % of the mean value."
    )
