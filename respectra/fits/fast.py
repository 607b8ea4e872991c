"""Fast: a matrix per training image, and for a new one the median of its likes'.

Paper     Team IVL, section 6.7 of [arad2022ntire]
Original  None found; written from the description
Differs   Which statistics make images alike, and how many neighbours are taken, is not told. Ours
          are each channel's mean, deviation, extremes and quantiles, standardised; the number is
          the one that serves the training images best, each left out in turn.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from respectra.controls import Cubes
from respectra.datasets.store import Observations, Store
from respectra.logs import log
from respectra.metrics import mrae

Array = NDArray[np.floating]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
EVERY = 4  # pixels down and across of which one is looked at to choose the number of neighbours


def fast(store: Store, seen: Observations, split: str, *, neighbours: Sequence[int]) -> Cubes:
    """Reconstruct with the element-wise median of the most similar training images' matrices.

    Args:
        store, seen: the data set as the camera saw it.
        split: which scenes to reconstruct.
        neighbours: how many similar images to try.
    """
    scenes = store.scenes("train")
    matrices = np.stack([matrix(seen.rgb(s, "unit"), store.cube(s)) for s in scenes])
    looks = np.stack([look(seen.rgb(s, "unit")) for s in scenes])
    mean, deviation = looks.mean(0), np.maximum(looks.std(0), 1e-9)
    looks = (looks - mean) / deviation
    count = _best(store, seen, scenes, matrices, looks, neighbours)
    log.info("%d similar training images of %d", count, len(scenes))
    for scene in store.scenes(split):
        rgb = seen.rgb(scene, "unit")
        distance = np.linalg.norm(looks - (look(rgb) - mean) / deviation, axis=1)
        near = np.argsort(distance, kind="stable")[:count]
        yield scene, apply(np.median(matrices[near], axis=0), rgb)


def matrix(rgb: Array, cube: Array) -> Array:
    """The matrix that brings an image's rgb nearest to its spectra, (bands, 3), by least squares.

    Args:
        rgb: (3, rows, columns).
        cube: (bands, rows, columns).
    """
    colours = rgb.reshape(3, -1).astype(np.float64)
    spectra = cube.reshape(len(cube), -1).astype(np.float64)
    return spectra @ np.linalg.pinv(colours)


def look(rgb: Array) -> Array:
    """What an image looks like: 27 numbers, nine of each channel."""
    channels = rgb.reshape(3, -1).astype(np.float64)
    numbers = [channels.mean(1), channels.std(1), channels.min(1), channels.max(1)]
    return np.concatenate([*numbers, np.quantile(channels, QUANTILES, axis=1).ravel()])


def apply(found: Array, rgb: Array) -> NDArray[np.float32]:
    """Every pixel's rgb times the matrix, (bands, rows, columns)."""
    return np.einsum("bc,chw->bhw", found.astype(np.float32), rgb)


def _best(
    store: Store, seen: Observations, scenes: Sequence[str], matrices: Array, looks: Array,
    neighbours: Sequence[int],
) -> int:  # fmt: skip
    """The number of neighbours with the least mean error on the training images."""
    tried = [count for count in neighbours if count < len(scenes)] or [1]
    errors = np.zeros(len(tried))
    for i, scene in enumerate(scenes):
        distance = np.linalg.norm(looks - looks[i], axis=1)
        distance[i] = np.inf
        near = np.argsort(distance, kind="stable")
        thin = (slice(None), slice(None, None, EVERY), slice(None, None, EVERY))
        rgb, cube = seen.rgb(scene, "unit")[thin], store.cube(scene)[thin]
        for j, count in enumerate(tried):
            if len(scenes) > 1:
                errors[j] += mrae(apply(np.median(matrices[near[:count]], axis=0), rgb), cube)
    return tried[int(errors.argmin())]
