"""Metrics: the error of a reconstruction against its true cube.

Every metric takes two cubes (bands, rows, columns), the reconstruction first, and returns one
number for the scene; the tables average over scenes. docs/metrics.md explains the definitions.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def mrae(reconstruction: Array, cube: Array) -> float:
    """Return the mean relative absolute error, by which the challenge ranks.

    Dark bands have the same weight as bright ones; the cube must be positive everywhere.

    Raises:
        ValueError: the shapes differ, or the cube has a value that is not positive.

    Example:
        >>> cube = np.full((31, 2, 2), 0.5)
        >>> round(mrae(1.1 * cube, cube), 6)
        0.1

    References:
        [arad2022ntire], equation 1; [wu2023hprn], equation 16.
    """
    _check_shapes("mrae", reconstruction, cube)
    _check_positive("mrae", cube)
    return _mean(np.abs(reconstruction - cube) / cube)


def rmse(reconstruction: Array, cube: Array) -> float:
    """Return the root of the mean squared error over all bands and pixels.

    Example:
        >>> rmse(np.full((31, 2, 2), 0.6), np.full((31, 2, 2), 0.5)).__round__(6)
        0.1

    References:
        [arad2022ntire], equation 2; [wu2023hprn], equation 17.
    """
    _check_shapes("rmse", reconstruction, cube)
    return math.sqrt(_mean(np.square(reconstruction - cube)))


def psnr(reconstruction: Array, cube: Array) -> float:
    """Return the peak signal-to-noise ratio in dB for a peak of 1.0, of cubes clipped to 0 to 1.

    It is infinite for equal cubes. Equation 19 of [wu2023hprn] is printed with the logarithm inside
    the sum; this is the usual definition.

    Example:
        >>> round(psnr(np.full((31, 2, 2), 0.6), np.full((31, 2, 2), 0.5)), 3)
        20.0
    """
    _check_shapes("psnr", reconstruction, cube)
    error = _mean(np.square(np.clip(reconstruction, 0, 1) - np.clip(cube, 0, 1)))
    return math.inf if error == 0 else -10 * math.log10(error)


def sam(reconstruction: Array, cube: Array) -> float:
    """Return the mean spectral angle in radians; the brightness of a spectrum has no influence.

    The angle between a spectrum of zeros and any other is a right angle.

    Example:
        >>> spectra = np.random.default_rng(0).random((31, 4, 4))
        >>> sam(3 * spectra, spectra) < 1e-7
        True

    References:
        [wu2023hprn], equation 18.
    """
    _check_shapes("sam", reconstruction, cube)
    estimate, truth = _normalise(reconstruction), _normalise(cube)
    # The arc tangent of the chord and its complement; the arc cosine loses half its digits near 0.
    chord, complement = np.sqrt(_energy(estimate - truth)), np.sqrt(_energy(estimate + truth))
    return _mean(2 * np.arctan2(chord, complement))


def ssim(reconstruction: Array, cube: Array) -> float:
    """Return the structural similarity, averaged over bands, for a range of 1.0.

    Gaussian windows of 11×11 pixels with deviation 1.5 inside the image, K1 0.01, K2 0.03.

    Raises:
        ValueError: the scene is smaller than a window.

    References:
        [wang2004ssim]; [wu2023hprn], equation 20 (ASSIM).
    """
    _check_shapes("ssim", reconstruction, cube)
    if min(cube.shape[1:]) < len(_WINDOW):
        raise ValueError(f"ssim: {cube.shape[1]}×{cube.shape[2]} is smaller than a window of 11×11")
    bands = zip(reconstruction, cube, strict=True)
    return float(np.mean([_ssim_of_band(*map(np.ascontiguousarray, pair)) for pair in bands]))


def back_projection(reconstruction: Array, cube: Array, response: Array) -> float:
    """Return the RMSE of the projected cubes, relative to the mean of the true projection.

    A spectrum that does not project to the observed rgb is wrong, however plausible it is.

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
    _check_shapes("back_projection", reconstruction, cube)
    curves = response.astype(np.float32)
    estimate, truth = (np.tensordot(curves, x, 1) for x in (reconstruction, cube))
    return math.sqrt(_mean(np.square(estimate - truth))) / _mean(truth)


def mrae_scale_free(reconstruction: Array, cube: Array) -> float:
    """Return the least MRAE that one gain on the whole reconstruction can reach.

    The challenge's camera does not keep absolute brightness, which a method has to guess; this
    metric excludes the guess. The best gain is a weighted median. Of more than 2¹⁸ values a regular
    subset is used; near its minimum MRAE hardly depends on the gain.

    Example:
        >>> cube = np.random.default_rng(0).random((31, 4, 4)) + 0.1
        >>> mrae_scale_free(0.25 * cube, cube) < 1e-9
        True
    """
    _check_shapes("mrae_scale_free", reconstruction, cube)
    _check_positive("mrae_scale_free", cube)
    ratio = reconstruction / cube
    return _mean(np.abs(ratio * _find_gain(ratio) - 1))


def split_error(reconstruction: Array, cube: Array) -> tuple[Array, Array, Array]:
    """Split the relative error of each pixel into brightness, tint and shape.

    Brightness is what the best gain of the whole cube removes, tint what the best gain of each band
    removes beyond that, shape the rest. The three parts of a pixel add up to its mean relative
    error over bands. Their means over the cube are not negative; those of single pixels can be.

    Args:
        reconstruction: (bands, rows, columns).
        cube: the truth, of the same shape, positive everywhere.

    Returns:
        Brightness, tint and shape, each (rows, columns).

    Example:
        >>> cube = np.random.default_rng(0).random((31, 4, 4)) + 0.1
        >>> [round(float(part.mean()), 6) for part in split_error(1.25 * cube, cube)]
        [0.25, 0.0, 0.0]
    """
    _check_shapes("split_error", reconstruction, cube)
    _check_positive("split_error", cube)
    ratio = reconstruction / cube
    gains = np.array([_find_gain(band) for band in ratio], dtype=ratio.dtype)[:, None, None]
    steps = [
        np.abs(ratio * gain - 1).mean(0, dtype=np.float64)
        for gain in (ratio.dtype.type(1), _find_gain(ratio), gains)
    ]
    return steps[0] - steps[1], steps[1] - steps[2], steps[2]


def _find_gain(ratio: Array) -> np.floating:
    """The gain g with the least mean of |g·r − 1| over ratios r; 1 if all ratios are zero."""
    # Σ |g·r − 1| = Σ |r|·|g − 1/r|: least at the median of 1/r weighted by |r|.
    step = max(1, ratio.size >> 18)
    ratios = np.sort(np.ravel(ratio)[::step])[::-1]
    ordered = np.concatenate([ratios[ratios < 0], ratios[ratios > 0]])  # 1/r ascending
    if not ordered.size:
        return ratio.dtype.type(1)
    sums = np.cumsum(np.abs(ordered), dtype=np.float64)
    gain = 1 / float(ordered[np.searchsorted(sums, sums[-1] / 2)])
    return ratio.dtype.type(gain)


_WINDOW = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
_WINDOW /= _WINDOW.sum()
_BANDED = np.stack([np.pad(_WINDOW, (i, 31 - i)) for i in range(32)])


def _ssim_of_band(x: Array, y: Array) -> float:
    c1, c2 = 0.01**2, 0.03**2
    # The formula needs only the sum of both variances, so the squares are blurred together.
    mean_x, mean_y, product, squares = (_blur(image) for image in (x, y, x * y, x * x + y * y))
    means, mean_squares = mean_x * mean_y, mean_x * mean_x + mean_y * mean_y
    similarity = (2 * means + c1) * (2 * (product - means) + c2)
    return _mean(similarity / ((mean_squares + c1) * (squares - mean_squares + c2)))


def _blur(band: Array) -> Array:
    """The Gaussian means of all windows inside the image.

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


def _normalise(cube: Array) -> Array:
    length = np.sqrt(_energy(cube))
    return cube / np.where(length > 0, length, 1)


def _mean(values: Array) -> float:
    return float(values.mean(dtype=np.float64))


def _check_shapes(name: str, reconstruction: Array, cube: Array) -> None:
    if reconstruction.ndim != 3 or cube.ndim != 3:
        raise ValueError(f"{name}: takes cubes (bands, rows, columns), not {reconstruction.shape}")
    if reconstruction.shape[0] != cube.shape[0]:
        raise ValueError(
            f"{name}: reconstruction has {reconstruction.shape[0]} bands, cube has {cube.shape[0]}"
        )
    if reconstruction.shape != cube.shape:
        raise ValueError(
            f"{name}: reconstruction is {reconstruction.shape[1]}×{reconstruction.shape[2]}, "
            f"cube is {cube.shape[1]}×{cube.shape[2]}"
        )


def _check_positive(name: str, cube: Array) -> None:
    least = cube.min()
    if not least > 0:
        raise ValueError(
            f"{name}: the cube has the value {least:g}; relative errors need positive values"
        )


HIGHER_IS_BETTER = ("psnr", "ssim")
METRICS: dict[str, Callable[..., float]] = {
    "mrae": mrae,
    "rmse": rmse,
    "psnr": psnr,
    "sam": sam,
    "ssim": ssim,
    "back_projection": back_projection,
    "mrae_scale_free": mrae_scale_free,
}
