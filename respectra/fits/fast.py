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

from respectra.camera.observations import Observations
from respectra.controls import Cubes
from respectra.datasets.store import Store
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
    estimate = Fast(store, seen, neighbours=neighbours)
    for scene in store.scenes(split):
        yield scene, estimate(scene, seen.rgb(scene, "unit"))


class Fast:
    """The training images' matrices and looks, and what they make of another image.

    Args:
        store, seen: the data set as the camera saw it.
        neighbours: how many similar images to try.
    """

    def __init__(self, store: Store, seen: Observations, *, neighbours: Sequence[int]) -> None:
        self.seen, self.scenes = seen, store.scenes("train")
        self.matrices = np.stack([matrix(seen.rgb(s, "unit"), store.cube(s)) for s in self.scenes])
        looks = np.stack([look(seen.rgb(s, "unit")) for s in self.scenes])
        self.mean, self.deviation = looks.mean(0), np.maximum(looks.std(0), 1e-9)
        self.looks = (looks - self.mean) / self.deviation
        self._found: dict[str, Array] = {}
        self.count = self._best(store, neighbours)
        log.info("%d similar training images of %d", self.count, len(self.scenes))

    def __call__(self, scene: str, rgb: Array) -> NDArray[np.float32]:
        """A scene's rgb, (3, rows, columns) as `unit` or a part of it → (bands, rows, columns)."""
        if scene not in self._found:  # a training asks for patch after patch of a scene
            self._found[scene] = self._median(self.like(scene)[: self.count])
        return apply(self._found[scene], rgb)

    def like(self, scene: str) -> NDArray[np.int64]:
        """The training images, the most similar first; a training image is not like itself."""
        if scene in self.scenes:
            own = self.looks[self.scenes.index(scene)]
        else:
            own = (look(self.seen.rgb(scene, "unit")) - self.mean) / self.deviation
        order = np.argsort(np.linalg.norm(self.looks - own, axis=1), kind="stable")
        others = [i for i in order if self.scenes[i] != scene]
        return np.array(others or order)

    def _best(self, store: Store, neighbours: Sequence[int]) -> int:
        """The number of neighbours with the least mean error on the training images."""
        tried = [count for count in neighbours if count < len(self.scenes)] or [1]
        errors = np.zeros(len(tried))
        thin = (slice(None), slice(None, None, EVERY), slice(None, None, EVERY))
        for scene in self.scenes if len(self.scenes) > 1 else ():
            rgb, cube = self.seen.rgb(scene, "unit")[thin], store.cube(scene)[thin]
            like = self.like(scene)
            for i, count in enumerate(tried):
                errors[i] += mrae(apply(self._median(like[:count]), rgb), cube)
        return tried[int(errors.argmin())]

    def _median(self, images: NDArray[np.int64]) -> Array:
        return np.median(self.matrices[images], axis=0)


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
