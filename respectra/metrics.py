"""How far a reconstruction is from its cube; one page, one shape rule.

Every metric takes (bands, rows, columns) twice, the reconstruction first, and gives one number for
the scene; averages over scenes are the tables' work. Definitions for people: docs/metrics.md.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def mrae(reconstruction: Array, cube: Array) -> float:
    """Mean relative absolute error: the challenge's ranking metric.

    Dark bands weigh as much as bright ones; a cube must be positive everywhere.

    Raises:
        ValueError: the shapes differ, or the cube has a value that is not positive.

    Example:
        >>> cube = np.full((31, 2, 2), 0.5)
        >>> round(mrae(1.1 * cube, cube), 6)
        0.1

    References:
        [arad2022ntire], equation 1; [wu2023hprn], equation 16.
    """
    _alike("mrae", reconstruction, cube)
    _positive("mrae", cube)
    return _mean(np.abs(reconstruction - cube) / cube)


def rmse(reconstruction: Array, cube: Array) -> float:
    """Root of the mean squared error over everything in the scene.

    Example:
        >>> rmse(np.full((31, 2, 2), 0.6), np.full((31, 2, 2), 0.5)).__round__(6)
        0.1

    References:
        [arad2022ntire], equation 2; [wu2023hprn], equation 17.
    """
    _alike("rmse", reconstruction, cube)
    return math.sqrt(_mean(np.square(reconstruction - cube)))


def psnr(reconstruction: Array, cube: Array) -> float:
    """Peak signal-to-noise ratio in dB against a peak of 1.0, both cubes cut to 0 to 1.

    The printed equation 19 of [wu2023hprn] has the logarithm inside the sum; this is the usual one.
    Infinite for equals.

    Example:
        >>> round(psnr(np.full((31, 2, 2), 0.6), np.full((31, 2, 2), 0.5)), 3)
        20.0
    """
    _alike("psnr", reconstruction, cube)
    error = _mean(np.square(np.clip(reconstruction, 0, 1) - np.clip(cube, 0, 1)))
    return math.inf if error == 0 else -10 * math.log10(error)


def sam(reconstruction: Array, cube: Array) -> float:
    """Spectral angle: the mean angle between spectra, in radians; brightness has no say.

    A spectrum of zeros is at a right angle to any other.

    Example:
        >>> spectra = np.random.default_rng(0).random((31, 4, 4))
        >>> sam(3 * spectra, spectra) < 1e-7
        True

    References:
        [wu2023hprn], equation 18.
    """
    _alike("sam", reconstruction, cube)
    one, two = _unit(reconstruction), _unit(cube)
    # Half the angle by the chord and its complement: acos loses half its digits near 0.
    chord, complement = np.sqrt(_energy(one - two)), np.sqrt(_energy(one + two))
    return _mean(2 * np.arctan2(chord, complement))


def ssim(reconstruction: Array, cube: Array) -> float:
    """Structural similarity, the average over bands, for a range of 1.0.

    Gaussian windows of deviation 1.5 over 11×11 pixels, whole windows only, K1 0.01, K2 0.03.

    Raises:
        ValueError: the scene is smaller than a window.

    References:
        [wang2004ssim]; [wu2023hprn], equation 20 (ASSIM).
    """
    _alike("ssim", reconstruction, cube)
    if min(cube.shape[1:]) < len(_WINDOW):
        raise ValueError(f"ssim: {cube.shape[1]}×{cube.shape[2]} is smaller than a window of 11×11")
    bands = zip(reconstruction, cube, strict=True)
    return float(np.mean([_ssim_of_band(*map(np.ascontiguousarray, pair)) for pair in bands]))


def back_projection(reconstruction: Array, cube: Array, response: Array) -> float:
    """RMSE between the two cubes as one camera sees them, relative to the truth's mean signal.

    A spectrum that does not give back its own rgb is wrong, however plausible.

    Args:
        reconstruction: (bands, rows, columns).
        cube: the truth, of the same shape.
        response: (3, bands).

    Example:
        >>> cube = np.full((31, 2, 2), 0.5)
        >>> round(back_projection(1.1 * cube, cube, np.ones((3, 31))), 6)
        0.1

    References:
        Lin and Finlayson, Sensors 20:6399 [lin2020physically].
    """
    _alike("back_projection", reconstruction, cube)
    one, two = (np.tensordot(response.astype(np.float32), x, 1) for x in (reconstruction, cube))
    return math.sqrt(_mean(np.square(one - two))) / _mean(two)


def mrae_scale_free(reconstruction: Array, cube: Array) -> float:
    """MRAE after the single gain on the whole scene that makes it least.

    The challenge's camera loses absolute brightness; this is what is left without that guess. The
    best gain is a weighted median; above 2¹⁸ values it is taken from a regular subset of them,
    which MRAE, flat at its least, does not notice.

    Example:
        >>> cube = np.random.default_rng(0).random((31, 4, 4)) + 0.1
        >>> mrae_scale_free(0.25 * cube, cube) < 1e-9
        True
    """
    _alike("mrae_scale_free", reconstruction, cube)
    _positive("mrae_scale_free", cube)
    # Σ |g·p/t − 1| = Σ r·|g − 1/r| for r = p/t > 0: least at the median of 1/r weighted by r.
    ratio = reconstruction / cube
    step = max(1, ratio.size >> 18)
    some = np.abs(np.ravel(ratio)[::step])
    some = some[some > 0]
    if not some.size:
        return _mean(np.abs(ratio - 1))
    order = np.argsort(some)[::-1]  # 1/r ascending
    reached = np.cumsum(some[order], dtype=np.float64)
    gain = 1 / float(some[order[np.searchsorted(reached, reached[-1] / 2)]])
    return _mean(np.abs(ratio * ratio.dtype.type(gain) - 1))


_WINDOW = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
_WINDOW /= _WINDOW.sum()
_BANDED = np.stack([np.pad(_WINDOW, (i, 31 - i)) for i in range(32)])


def _ssim_of_band(one: Array, two: Array) -> float:
    c1, c2 = 0.01**2, 0.03**2
    mean_one, mean_two, product, squares = (
        _blur(x) for x in (one, two, one * two, one * one + two * two)
    )
    means, mean_squares = mean_one * mean_two, mean_one * mean_one + mean_two * mean_two
    similar = (2 * means + c1) * (2 * (product - means) + c2)
    # Only the sum of the two variances is needed, so one window passes over the sum of squares.
    return _mean(similar / ((mean_squares + c1) * (squares - mean_squares + c2)))


def _blur(band: Array) -> Array:
    """Gaussian means where the window lies wholly inside.

    The window is a banded matrix, multiplied block by block: twice as fast as SciPy's filter.
    """
    banded = _BANDED.astype(band.dtype)
    for _ in range(2):  # down, then across
        size = band.shape[0] - len(_WINDOW) + 1
        band = np.concatenate(
            [
                banded[: size - start, : size - start + len(_WINDOW) - 1]
                @ band[start : start + len(banded) + len(_WINDOW) - 1]
                for start in range(0, size, len(banded))
            ]
        ).T
    return band


def _energy(cube: Array) -> Array:
    return np.einsum("bhw,bhw->hw", cube, cube)


def _unit(cube: Array) -> Array:
    length = np.sqrt(_energy(cube))
    return cube / np.where(length > 0, length, 1)


def _mean(values: Array) -> float:
    return float(values.mean(dtype=np.float64))


def _alike(name: str, reconstruction: Array, cube: Array) -> None:
    if reconstruction.ndim != 3 or cube.ndim != 3:
        raise ValueError(f"{name}: (bands, rows, columns) is wanted, not {reconstruction.shape}")
    if reconstruction.shape[0] != cube.shape[0]:
        raise ValueError(
            f"{name}: reconstruction has {reconstruction.shape[0]} bands, cube has {cube.shape[0]}"
        )
    if reconstruction.shape != cube.shape:
        raise ValueError(
            f"{name}: reconstruction is {reconstruction.shape[1]}×{reconstruction.shape[2]}, "
            f"cube is {cube.shape[1]}×{cube.shape[2]}"
        )


def _positive(name: str, cube: Array) -> None:
    least = cube.min()
    if not least > 0:
        raise ValueError(
            f"{name}: the cube has a value of {least:g}; relative errors need positive"
        )


METRICS: dict[str, Callable[..., float]] = {
    "mrae": mrae,
    "rmse": rmse,
    "psnr": psnr,
    "sam": sam,
    "ssim": ssim,
    "back_projection": back_projection,
    "mrae_scale_free": mrae_scale_free,
}
