"""Radial basis network: each spectrum is a weighted sum of Gaussians of the colour.

Paper     Nguyen, Prasad and Brown, "Training-Based Spectral Reconstruction from a Single RGB
          Image", 2014 [nguyen2014training]; centres by orthogonal least squares, Chen, Cowan and
          Grant, 1991 [chen1991orthogonal]
Original  Not compared; written from the papers
Differs   The paper removes the white balance of a picture, reconstructs reflectances and estimates
          the light. Here the network maps the colours of the picture to the stored cubes.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from respectra.arguments import Count, Positive, Whole
from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.fits.samples import PixelMap, Samples, apply_to_pixels, draw_samples
from respectra.logs import log
from respectra.reconstructions import Cubes

Array = NDArray[np.floating]
RIDGE = 1e-10  # of the weights, relative to the mean diagonal: Gaussians may be nearly equal
NEW_ENERGY = 1e-9  # share of a candidate that the chosen ones must leave, else it adds nothing


def radial_basis(
    store: Store,
    observations: Observations,
    split: str,
    *,
    centres: Count,
    widths: Sequence[Positive],
    candidates: Count,
    chosen_by: Count,
    samples: Count,
    seed: Whole,
) -> Cubes:
    """Reconstruct each colour with a radial basis network.

    Args:
        store: the data set.
        observations: of the data set.
        split: which scenes to reconstruct.
        centres: Gaussians, at most.
        widths: standard deviations of the Gaussians to choose from, for colours of 0 to 1. The one
            with the least error on a quarter of the training scenes is used.
        candidates: training colours that centres are chosen from.
        chosen_by: training pixels whose error chooses the centres.
        samples: pixels of each training scene, which the weights are fitted to.
        seed: of the samples.

    Yields:
        Every scene's name and cube, (bands, rows, columns).
    """
    rng = np.random.default_rng(seed)
    pixels = draw_samples(store, observations, samples, rng)
    network = fit_network(
        pixels, centres=centres, widths=widths, candidates=candidates, chosen_by=chosen_by, rng=rng
    )
    yield from apply_to_pixels(store, observations, split, network)


def fit_network(
    samples: Samples,
    *,
    centres: int,
    widths: Sequence[float],
    candidates: int,
    chosen_by: int,
    rng: np.random.Generator,
) -> PixelMap:
    """Return the map from colours to spectra; arguments as in `radial_basis`."""
    colours = np.unique(samples.rgb, axis=0)
    possible = colours[
        np.sort(rng.choice(len(colours), min(candidates, len(colours)), replace=False))
    ]
    fitted, held_out = samples.divide()
    count = min(chosen_by, len(fitted.rgb))
    drawn = np.sort(rng.choice(len(fitted.rgb), count, replace=False))
    networks, errors = [], []
    for width in widths:
        columns = compute_gaussians(fitted.rgb[drawn], possible, width)
        chosen = possible[choose_columns(columns, fitted.spectra[drawn], centres)]
        networks.append((chosen, width))
        weights = _fit_weights(fitted, chosen, width)
        spectra = _add_constant(compute_gaussians(held_out.rgb, chosen, width)) @ weights
        errors.append(float(np.square(spectra - held_out.spectra).mean()))
    chosen, width = networks[int(np.argmin(errors))]
    log.info("%d centres, width %g of %s", len(chosen), width, list(widths))
    weights = _fit_weights(samples, chosen, width)
    return lambda rgb: _add_constant(compute_gaussians(rgb, chosen, width)) @ weights


def compute_gaussians(rgb: Array, centres: Array, width: float) -> Array:
    """Return the Gaussians of colours (n, 3) around centres (m, 3), (n, m).

    Example:
        >>> compute_gaussians(np.zeros((1, 3)), np.zeros((1, 3)), 0.5).tolist()
        [[1.0]]
    """
    squares = (rgb**2).sum(1)[:, None] + (centres**2).sum(1) - 2 * rgb @ centres.T
    return np.exp(-np.maximum(squares, 0) / (2 * width**2))


def choose_columns(columns: Array, targets: Array, count: int) -> list[int]:
    """Choose columns whose weighted sums, with a constant, are near targets.

    Each step adds the column that lowers the squared error of all targets most. Of equal columns
    the first is added.

    Args:
        columns: (n, m).
        targets: (n, bands).
        count: columns to choose, at most; fewer if no further column lowers the error.

    Returns:
        The numbers of the columns, in the order in which they were chosen.

    References:
        [chen1991orthogonal]
    """
    columns, residual = columns - columns.mean(0), targets - targets.mean(0)
    energies = np.square(columns).sum(0)
    least, chosen = NEW_ENERGY * energies, list[int]()
    for _ in range(min(count, columns.shape[1])):
        energies = np.square(columns).sum(0)
        lowered = np.square(columns.T @ residual).sum(1) / np.maximum(energies, 1e-300)
        lowered[(energies <= least) | np.isin(np.arange(len(energies)), chosen)] = 0
        best = int(lowered.argmax())
        if not lowered[best] > 0:
            break
        chosen.append(best)
        direction = columns[:, best] / np.sqrt(energies[best])
        residual = residual - np.outer(direction, direction @ residual)
        columns = columns - np.outer(direction, direction @ columns)
    return chosen


def _fit_weights(samples: Samples, centres: Array, width: float) -> Array:
    """The weights of the Gaussians and the constant, (centres + 1, bands)."""
    columns = _add_constant(compute_gaussians(samples.rgb, centres, width))
    gram = columns.T @ columns
    ridge = RIDGE * np.trace(gram) / len(gram)
    return np.linalg.solve(gram + ridge * np.eye(len(gram)), columns.T @ samples.spectra)


def _add_constant(columns: Array) -> Array:
    return np.concatenate([columns, np.ones((len(columns), 1))], axis=1)
