"""Metamers: other spectra with the same signals in a camera."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
LEAST_SHARE = 0.1  # no band of a metamer lies below this share of the true band
ROWS = 32  # rows of an image that are computed at a time


def draw_spectra(cubes: list[Array], count: int, rng: np.random.Generator) -> Array:
    """Draw spectra of pixels, equally many from each cube if possible.

    Args:
        cubes: (rows, columns, bands) each.
        count: the number of spectra.
        rng: draws cubes and pixels.

    Returns:
        (count, bands), float64.
    """
    chosen = [cubes[i] for i in rng.permutation(len(cubes))]
    spectra = []
    for i in range(count):
        cube = chosen[i % len(chosen)]
        spectra.append(cube[rng.integers(cube.shape[0]), rng.integers(cube.shape[1])])
    return np.stack(spectra).astype(np.float64)


def find_metamers(cube: Array, response: Array, spectra: Array) -> Array:
    """Another spectrum for each pixel, with exactly the same signals.

    A metamer is the true spectrum plus a spectrum that the camera does not see: the difference to
    a measured spectrum of similar signals, projected onto the null space of the response, as much
    of it as leaves every band positive and in the range of the cube. Of the metamers that the
    measured spectra lead to, the one with the greatest angle to the true spectrum is chosen.

    Args:
        cube: (bands, rows, columns), positive.
        response: (3, bands), of full rank.
        spectra: (count, bands), measured spectra, positive.

    Returns:
        (bands, rows, columns), float64. Its projection is that of `cube`, up to rounding; where no
        spectrum leads to a metamer, it is the cube.

    References:
        The null space of a response, and spectra that differ in it only: Cohen and Kappauf, Color
        mixture and fundamental metamers, American Journal of Psychology 98 (1985), 171-259.
    """
    # The rows of `unseen` span the null space: a spectrum along them gives no signal.
    unseen = np.linalg.svd(response)[2][len(response) :]
    signals = spectra @ response.T
    metamers = np.empty(cube.shape)
    for first in range(0, cube.shape[1], ROWS):
        rows = cube[:, first : first + ROWS].astype(np.float64)
        truth = rows.reshape(len(cube), -1).T
        best, least_cosine = truth.copy(), np.ones(len(truth))
        pixel_signals = truth @ response.T
        for spectrum, signal in zip(spectra, signals, strict=True):
            gains = pixel_signals @ signal / (signal @ signal)
            step = (gains[:, None] * spectrum - truth) @ unseen.T @ unseen
            metamer = truth + _find_reach(truth, step, cube.max())[:, None] * step
            cosine = _cosines(truth, metamer)
            better = cosine < least_cosine
            best[better], least_cosine[better] = metamer[better], cosine[better]
        metamers[:, first : first + ROWS] = best.T.reshape(rows.shape)
    return metamers


def _find_reach(truth: Array, step: Array, highest: float) -> Array:
    """The greatest share of each step, at most 1, that stays in range; (pixels,)."""
    room = np.where(step > 0, highest - truth, (1 - LEAST_SHARE) * truth)
    size = np.abs(step)
    shares = np.divide(room, size, out=np.full_like(size, np.inf), where=size > 0)
    reach: Array = np.clip(shares.min(1), 0.0, 1.0)
    return reach


def _cosines(first: Array, second: Array) -> Array:
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosines: Array = np.einsum("pb,pb->p", first, second) / lengths
    return cosines
