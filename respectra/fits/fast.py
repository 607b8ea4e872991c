"""Fast: one matrix per training image; a new image takes the median of the most similar ones'.

Paper     Team IVL, section 6.7 of [arad2022ntire]
Original  None found; written from the description
Differs   The description does not say which statistics measure similarity, nor the number of
          neighbours. This version standardises each channel's mean, deviation, extremes and
          quantiles, and takes the number with the least error on the training images, each left
          out in turn.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from respectra.arguments import Count
from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.logs import log
from respectra.metrics import mrae
from respectra.reconstructions import Cubes

Array = NDArray[np.floating]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
STEP = 4  # of the rows and columns that choose the number of neighbours


def fast(
    store: Store, observations: Observations, split: str, *, neighbours: Sequence[Count]
) -> Cubes:
    """Reconstruct with the element-wise median of the most similar training images' matrices.

    Args:
        store: the data set.
        observations: of the data set.
        split: which scenes to reconstruct.
        neighbours: numbers of similar images to choose from.

    Yields:
        Every scene's name and cube, (bands, rows, columns).
    """
    estimate = Fast(store, observations, neighbours=neighbours)
    for scene in store.scenes(split):
        yield scene, estimate(scene, observations.rgb(scene, "unit"))


class Fast:
    """The fitted method: reconstructs any image of the data set, or a part of it.

    Args:
        store: the data set.
        observations: of the data set.
        neighbours: numbers of similar images to choose from.
    """

    def __init__(
        self, store: Store, observations: Observations, *, neighbours: Sequence[Count]
    ) -> None:
        self.observations, self.scene_names = observations, store.scenes("train")
        images = [observations.rgb(scene, "unit") for scene in self.scene_names]
        pairs = zip(images, map(store.cube, self.scene_names), strict=True)
        self.matrices = np.stack([fit_matrix(rgb, cube) for rgb, cube in pairs])
        statistics = np.stack([compute_statistics(rgb) for rgb in images])
        self.mean, self.deviation = statistics.mean(0), np.maximum(statistics.std(0), 1e-9)
        self.statistics = (statistics - self.mean) / self.deviation
        self._scene_matrices: dict[str, Array] = {}
        self.count = self._choose_count(store, neighbours)
        log.info("%d similar training images of %d", self.count, len(self.scene_names))

    def __call__(self, scene: str, rgb: Array) -> NDArray[np.float32]:
        """Reconstruct a scene or a part of it.

        Args:
            scene: its name, which decides the matrix.
            rgb: (3, rows, columns) at scale `unit`.

        Returns:
            (bands, rows, columns).
        """
        if scene not in self._scene_matrices:  # a training asks for many patches of a scene
            self._scene_matrices[scene] = self._median(self.rank_images(scene)[: self.count])
        return apply_matrix(self._scene_matrices[scene], rgb)

    def rank_images(self, scene: str) -> NDArray[np.int64]:
        """Return the numbers of the training images, the most similar first.

        A training image is not among its own neighbours, unless there is no other.
        """
        if scene in self.scene_names:
            statistics = self.statistics[self.scene_names.index(scene)]
        else:
            rgb = self.observations.rgb(scene, "unit")
            statistics = (compute_statistics(rgb) - self.mean) / self.deviation
        order = np.argsort(np.linalg.norm(self.statistics - statistics, axis=1), kind="stable")
        others = [i for i in order if self.scene_names[i] != scene]
        return np.array(others or order)

    def _choose_count(self, store: Store, neighbours: Sequence[int]) -> int:
        """The number of neighbours with the least mean error on the training images."""
        counts = [count for count in neighbours if count < len(self.scene_names)] or [1]
        errors = np.zeros(len(counts))
        thinned = (slice(None), slice(None, None, STEP), slice(None, None, STEP))
        for scene in self.scene_names if len(self.scene_names) > 1 else ():
            rgb, cube = self.observations.rgb(scene, "unit")[thinned], store.cube(scene)[thinned]
            ranking = self.rank_images(scene)
            for i, count in enumerate(counts):
                errors[i] += mrae(apply_matrix(self._median(ranking[:count]), rgb), cube)
        return counts[int(errors.argmin())]

    def _median(self, images: NDArray[np.int64]) -> Array:
        return np.median(self.matrices[images], axis=0)


def fit_matrix(rgb: Array, cube: Array) -> Array:
    """Return the matrix that maps an image's rgb to its spectra with least squared error.

    Args:
        rgb: (3, rows, columns).
        cube: (bands, rows, columns).

    Returns:
        (bands, 3).
    """
    colours = rgb.reshape(3, -1).astype(np.float64)
    spectra = cube.reshape(len(cube), -1).astype(np.float64)
    return spectra @ np.linalg.pinv(colours)


def compute_statistics(rgb: Array) -> Array:
    """Return nine statistics of each channel, 27 numbers.

    Args:
        rgb: (3, rows, columns).
    """
    channels = rgb.reshape(3, -1).astype(np.float64)
    statistics = [channels.mean(1), channels.std(1), channels.min(1), channels.max(1)]
    return np.concatenate([*statistics, np.quantile(channels, QUANTILES, axis=1).ravel()])


def apply_matrix(matrix: Array, rgb: Array) -> NDArray[np.float32]:
    """Return the product of a matrix (bands, 3) with every pixel, (bands, rows, columns)."""
    return np.einsum("bc,chw->bhw", matrix.astype(np.float32), rgb)
