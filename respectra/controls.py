"""Methods with a known answer: they test the flow and give every score its scale.

Each takes a data set, the observations and a split, and yields scene and cube.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.build import build
from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.reconstructions import writer

Array = NDArray[np.float32]
Cubes = Iterator[tuple[str, Array]]


def control(
    *,
    plan: Mapping[str, Any],
    scenes: str | Path,
    observations: str | Path,
    split: str,
    save: str | Path,
) -> None:
    """Write the reconstructions that a control, or a fit, makes of a split."""
    store, seen = Store(scenes), Observations(observations)
    kind = "fit" if "fit" in plan else "control"
    with writer(save, store.wavelengths_nm) as write:
        for scene, cube in build(kind, plan[kind], store, seen, split):
            write(scene, cube)


def oracle(store: Store, seen: Observations, split: str) -> Cubes:
    """The truth itself: every score must be perfect."""
    del seen
    for scene in store.scenes(split):
        yield scene, store.cube(scene)


def observation(store: Store, seen: Observations, split: str) -> Cubes:
    """What the camera saw, as it is: three bands, to classify beside cubes and not to score."""
    for scene in store.scenes(split):
        yield scene, seen.rgb(scene, "unit")


def mean_spectrum(store: Store, seen: Observations, split: str) -> Cubes:
    """The mean spectrum of all training pixels, everywhere: the floor."""
    del seen
    total, count = np.zeros(len(store.wavelengths_nm)), 0
    for scene in store.scenes("train"):
        cube = store.bands_last(scene)
        total += cube.sum((0, 1), dtype=np.float64)
        count += cube.shape[0] * cube.shape[1]
    mean = (total / count).astype(np.float32)
    for scene in store.scenes(split):
        yield scene, np.broadcast_to(mean[:, None, None], (len(mean), *store.size(scene)))


def linear(store: Store, seen: Observations, split: str) -> Cubes:
    """Least squares from rgb to bands over all training pixels: the honest baseline.

    One 3 × bands matrix, no offset; the normal equations are summed scene by scene.
    """
    bands = len(store.wavelengths_nm)
    gram, moment = np.zeros((3, 3)), np.zeros((3, bands))
    for scene in store.scenes("train"):
        rgb = seen.rgb(scene, "unit").reshape(3, -1).astype(np.float64)
        gram += rgb @ rgb.T
        moment += rgb @ store.bands_last(scene).reshape(-1, bands)
    matrix = np.linalg.lstsq(gram, moment, rcond=None)[0].T.astype(np.float32)
    for scene in store.scenes(split):
        yield scene, np.einsum("bc,chw->bhw", matrix, seen.rgb(scene, "unit"))
