"""Regression: each spectrum is a linear map of polynomial or root-polynomial terms of the colour.

Paper     Polynomials: Connah and Hardeberg, 2005 [connah2005spectral]; roots: Finlayson,
          Mackiewicz and Hurlbert, 2015 [finlayson2015root]; both for spectra, and the relative
          error: Lin and Finlayson, 2019 and 2021 [lin2019exposure, lin2021optimization]
Original  None official; written from the papers
Differs   One ridge for all bands, as a share of the mean diagonal of the normal equations. It has
          the least error on a quarter of the training scenes; then all scenes are fitted again.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction as Ratio
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from respectra.arguments import Count, NotNegative, Whole
from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.fits.samples import PixelMap, Samples, apply_to_pixels, draw_samples
from respectra.logs import log
from respectra.reconstructions import Cubes

Array = NDArray[np.floating]
Error = Literal["squared", "relative"]
Terms = Literal["polynomial", "normalised", "root"]
BLOCK = 2**15  # pixels whose terms are in memory at a time


def regression(
    store: Store,
    observations: Observations,
    split: str,
    *,
    terms: Literal["polynomial", "normalised", "root"],
    degree: Count,
    error: Literal["squared", "relative"],
    ridges: Sequence[NotNegative],
    samples: Count,
    seed: Whole,
) -> Cubes:
    """Reconstruct each pixel with a linear map of terms of its colour.

    Args:
        store: the data set.
        observations: of the data set.
        split: which scenes to reconstruct.
        terms: `polynomial`, all products of up to `degree` channels; `root`, the same products with
            the root of their degree; `normalised`, the products of the colour divided by its mean,
            times the mean. With the last two, k times the colour gives k times the spectrum.
        degree: of the products.
        error: whose square the fit minimises: `squared`, the error; `relative`, the error divided
            by the true value.
        ridges: to choose from, shares of the mean diagonal of the normal equations.
        samples: pixels of each training scene.
        seed: of their selection.

    Yields:
        Every scene's name and cube, (bands, rows, columns).
    """
    pixels = draw_samples(store, observations, samples, np.random.default_rng(seed))
    pixel_map = fit_regression(pixels, terms=terms, degree=degree, error=error, ridges=ridges)
    yield from apply_to_pixels(store, observations, split, pixel_map)


def fit_regression(
    samples: Samples, *, terms: Terms, degree: int, error: Error, ridges: Sequence[float]
) -> PixelMap:
    """Return the map from colours to spectra; arguments as in `regression`."""
    exponents = list_exponents(degree, root=terms == "root")
    normalised = terms == "normalised"
    fitted, held_out = samples.divide()
    equations = _sum_equations(fitted, exponents, normalised, error)
    maps = [_solve(*equations, ridge) for ridge in ridges]
    errors = [_measure_error(held_out, exponents, normalised, error, m) for m in maps]
    ridge = ridges[int(np.argmin(errors))]
    log.info("%d terms, ridge %g of %s", len(exponents), ridge, list(ridges))
    matrix = _solve(*_sum_equations(samples, exponents, normalised, error), ridge)
    return lambda rgb: expand(rgb, exponents, normalised=normalised) @ matrix


def list_exponents(degree: int, *, root: bool) -> Array:
    """Return the exponents of R, G and B in each term, (terms, 3).

    Args:
        degree: the greatest sum of the exponents before the root.
        root: divide the exponents of a term by their sum; equal terms are one.

    Example:
        >>> len(list_exponents(2, root=False)), len(list_exponents(4, root=True))
        (9, 22)
    """
    powers = [p for p in product(range(degree + 1), repeat=3) if 1 <= sum(p) <= degree]
    divisors = [sum(p) if root else 1 for p in powers]
    unique = {
        tuple(Ratio(e, divisor) for e in p): None
        for p, divisor in zip(powers, divisors, strict=True)
    }
    return np.array([[float(e) for e in p] for p in unique])


def expand(rgb: Array, exponents: Array, *, normalised: bool = False) -> Array:
    """Return the terms of colours, (n, terms).

    Args:
        rgb: (n, 3), not negative.
        exponents: (terms, 3).
        normalised: divide each colour by its mean and multiply its terms by it.
    """
    means = rgb.mean(1, keepdims=True) if normalised else np.ones((len(rgb), 1))
    colours = rgb / np.where(means > 0, means, 1)
    red, green, blue = (colours[:, i : i + 1] ** exponents[:, i] for i in range(3))
    return means * red * green * blue


def _blocks(samples: Samples) -> Iterator[tuple[Array, Array]]:
    for start in range(0, len(samples.rgb), BLOCK):
        chosen = slice(start, start + BLOCK)
        yield samples.rgb[chosen], samples.spectra[chosen]


def _sum_equations(
    samples: Samples, exponents: Array, normalised: bool, error: Error
) -> tuple[Array, Array]:
    """The normal equations: one matrix for all bands, or one for each if the error is relative."""
    count, bands = len(exponents), samples.spectra.shape[1]
    grams = np.zeros((bands if error == "relative" else 1, count, count))
    moments = np.zeros((count, bands))
    for rgb, spectra in _blocks(samples):
        columns = expand(rgb, exponents, normalised=normalised)
        if error == "squared":
            grams[0] += columns.T @ columns
            moments += columns.T @ spectra
            continue
        moments += columns.T @ (1 / spectra)
        for band in range(bands):
            weighted = columns / spectra[:, band : band + 1]
            grams[band] += weighted.T @ weighted
    return grams, moments


def _solve(grams: Array, moments: Array, ridge: float) -> Array:
    """The coefficients, (terms, bands)."""
    count = moments.shape[0]
    means = np.trace(grams, axis1=1, axis2=2) / count
    ridged = grams + ridge * means[:, None, None] * np.eye(count)
    if len(grams) == 1:
        return np.linalg.solve(ridged[0], moments)
    return np.linalg.solve(ridged, moments.T[..., None])[..., 0].T


def _measure_error(
    samples: Samples, exponents: Array, normalised: bool, error: Error, matrix: Array
) -> float:
    """The mean of what a fit minimises."""
    total = 0.0
    for rgb, spectra in _blocks(samples):
        errors = expand(rgb, exponents, normalised=normalised) @ matrix - spectra
        total += float(np.square(errors / spectra if error == "relative" else errors).sum())
    return total / samples.spectra.size
