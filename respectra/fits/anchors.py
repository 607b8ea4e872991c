"""A+ and A++: the nearest of many anchors decides which linear map turns a colour into a spectrum.

Paper     A+: Aeschbacher, Wu and Timofte, 2017 [aeschbacher2017defense]; A++: Lin and Finlayson,
          2023 [lin2023rehabilitation]
Original  None official; written from the descriptions
Differs   A dictionary learnt by K-SVD holds the anchors of both. Colours and spectra of a pixel are
          divided by the length of the colour before a map is fitted, so dark pixels count as much
          as bright ones.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from respectra.arguments import Count, NotNegative, Whole
from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.fits.regression import fit_regression
from respectra.fits.samples import Samples, apply_to_pixels, draw_samples
from respectra.fits.sparse_coding import k_svd
from respectra.reconstructions import Cubes

Array = NDArray[np.floating]


def a_plus(
    store: Store,
    observations: Observations,
    split: str,
    *,
    anchors: Count,
    sparsity: Count,
    iterations: Count,
    learnt_from: Count,
    neighbours: Count,
    ridge: NotNegative,
    samples: Count,
    seed: Whole,
) -> Cubes:
    """Reconstruct each colour with the linear map of the nearest anchor.

    The anchors are atoms of a dictionary of spectra, as the camera sees them. The map of an anchor
    is fitted to the training colours nearest to it. Near means a small angle, so k times the colour
    gives k times the spectrum.

    Args:
        store: the data set.
        observations: of the data set.
        split: which scenes to reconstruct.
        anchors: number of anchors.
        sparsity: atoms in the code of a training spectrum.
        iterations: of K-SVD.
        learnt_from: training spectra that K-SVD learns from, at most.
        neighbours: training pixels that a map is fitted to.
        ridge: of each map, for colours of length 1.
        samples: pixels of each training scene.
        seed: of the samples and the first atoms.

    Yields:
        Every scene's name and cube, (bands, rows, columns).
    """
    rng = np.random.default_rng(seed)
    pixels = _drop_black(draw_samples(store, observations, samples, rng))
    atoms = _learn_atoms(pixels, anchors, sparsity, iterations, learnt_from, rng)
    gains = _fit_gains(pixels.rgb, pixels.spectra @ observations.response.T)
    directions = atoms @ observations.response.T / gains
    maps = fit_maps(pixels.rgb, directions, pixels, neighbours=neighbours, ridge=ridge)

    def reconstruct(rgb: Array) -> Array:
        return apply_maps(rgb, find_nearest(rgb, directions), maps)

    yield from apply_to_pixels(store, observations, split, reconstruct)


def a_plus_plus(
    store: Store,
    observations: Observations,
    split: str,
    *,
    degree: Count,
    ridges: Sequence[NotNegative],
    anchors: Count,
    sparsity: Count,
    iterations: Count,
    learnt_from: Count,
    neighbours: Count,
    ridge: NotNegative,
    samples: Count,
    seed: Whole,
) -> Cubes:
    """Reconstruct each colour with the linear map of the anchor nearest to a first spectrum.

    As `a_plus`, but near means a small angle between spectra. For a colour without a spectrum, a
    root-polynomial regression estimates one, which decides the anchor and nothing else.

    Args:
        store: the data set.
        observations: of the data set.
        split: which scenes to reconstruct.
        degree: of the regression's terms.
        ridges: of the regression, to choose from.
        anchors: number of anchors.
        sparsity: atoms in the code of a training spectrum.
        iterations: of K-SVD.
        learnt_from: training spectra that K-SVD learns from, at most.
        neighbours: training pixels that a map is fitted to.
        ridge: of each map, for colours of length 1.
        samples: pixels of each training scene.
        seed: of the samples and the first atoms.

    Yields:
        Every scene's name and cube, (bands, rows, columns).
    """
    rng = np.random.default_rng(seed)
    pixels = _drop_black(draw_samples(store, observations, samples, rng))
    atoms = _learn_atoms(pixels, anchors, sparsity, iterations, learnt_from, rng)
    estimate = fit_regression(pixels, terms="root", degree=degree, error="relative", ridges=ridges)
    maps = fit_maps(pixels.spectra, atoms, pixels, neighbours=neighbours, ridge=ridge)

    def reconstruct(rgb: Array) -> Array:
        return apply_maps(rgb, find_nearest(estimate(rgb), atoms), maps)

    yield from apply_to_pixels(store, observations, split, reconstruct)


def fit_maps(
    keys: Array, anchors: Array, samples: Samples, *, neighbours: int, ridge: float
) -> Array:
    """Fit a linear map to the training pixels nearest to each anchor.

    Args:
        keys: what is compared with the anchors: the colours or the spectra of the pixels, (n, d).
        anchors: (anchors, d).
        samples: the pixels, without black ones.
        neighbours: pixels of a map.
        ridge: added to the diagonal of the Gram matrix of colours of length 1.

    Returns:
        (anchors, 3, bands).
    """
    lengths = np.linalg.norm(samples.rgb, axis=1, keepdims=True)
    colours, spectra = samples.rgb / lengths, samples.spectra / lengths
    units, count = normalise(keys), min(neighbours, len(keys))
    maps = np.empty((len(anchors), 3, spectra.shape[1]))
    for i, anchor in enumerate(normalise(anchors)):
        nearest = np.argpartition(-(units @ anchor), count - 1)[:count]
        near = colours[nearest]
        maps[i] = np.linalg.solve(near.T @ near + ridge * np.eye(3), near.T @ spectra[nearest])
    return maps


def find_nearest(keys: Array, anchors: Array) -> NDArray[np.intp]:
    """Return the number of the anchor with the smallest angle to each key, (n,).

    Args:
        keys: (n, d).
        anchors: (anchors, d).
    """
    units = normalise(anchors)
    blocks = np.array_split(keys, len(keys) // 4096 + 1)
    return np.concatenate([(block @ units.T).argmax(1) for block in blocks])


def apply_maps(rgb: Array, nearest: NDArray[np.intp], maps: Array) -> Array:
    """Return the spectra (n, bands) that the maps (anchors, 3, bands) give colours (n, 3)."""
    spectra = np.zeros((len(rgb), maps.shape[2]))
    for anchor in np.unique(nearest):
        chosen = nearest == anchor
        spectra[chosen] = rgb[chosen] @ maps[anchor]
    return spectra


def normalise(vectors: Array) -> Array:
    """Return vectors (n, d) of length 1; zeros stay zeros."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _drop_black(samples: Samples) -> Samples:
    return samples.select(samples.rgb.max(1) > 0)


def _learn_atoms(
    samples: Samples,
    anchors: int,
    sparsity: int,
    iterations: int,
    learnt_from: int,
    rng: np.random.Generator,
) -> Array:
    count = min(learnt_from, len(samples.spectra))
    chosen = np.sort(rng.choice(len(samples.spectra), count, replace=False))
    spectra = samples.spectra[chosen]
    return k_svd(spectra, atoms=anchors, sparsity=sparsity, iterations=iterations, rng=rng)


def _fit_gains(rgb: Array, projected: Array) -> Array:
    """The gains that scale the channels of colours to the projected spectra, by least squares."""
    return (rgb * projected).sum(0) / np.maximum((rgb * rgb).sum(0), 1e-12)
