"""Controls: methods without training whose scores are known or easily understood.

They test the workflow and give the scale of every score. Each takes a data set, its observations
and a split, and yields every scene's name and cube (bands, rows, columns).
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from respectra.build import build
from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.plan_types import ControlPlan, Settings
from respectra.reconstructions import Cubes, write_reconstructions

Array = NDArray[np.float32]


def apply_control(
    *,
    plan: ControlPlan,
    scenes: str | Path,
    observations: str | Path,
    split: str,
    save: str | Path,
) -> None:
    """Reconstruct every scene of a split with a control or a fit.

    Args:
        plan: the settings of a `control` or of a `fit`.
        scenes: the data set's manifest.
        observations: the camera's folder.
        split: which scenes.
        save: a file of reconstructions.
    """
    store = Store(scenes)
    kind, settings = _choose(plan)
    cubes: Cubes = build(kind, settings, store, Observations(observations), split)
    with write_reconstructions(save, store.wavelengths_nm) as write:
        for scene, cube in cubes:
            write(scene, cube)


def _choose(plan: ControlPlan) -> tuple[str, Settings]:
    """The kind and the settings of the method in a plan."""
    return ("fit", plan["fit"]) if "fit" in plan else ("control", plan["control"])


def oracle(store: Store, observations: Observations, split: str) -> Cubes:
    """Yield the true cubes: every score is perfect."""
    del observations
    for scene in store.scenes(split):
        yield scene, store.cube(scene)


def unchanged(store: Store, observations: Observations, split: str) -> Cubes:
    """Yield the true cubes before a condition changed them: how far it moves the truth."""
    del observations
    for scene in store.scenes(split):
        yield scene, store.original_cube(scene)


def observation(store: Store, observations: Observations, split: str) -> Cubes:
    """Yield the observations as cubes of three bands, which can be classified but not scored."""
    for scene in store.scenes(split):
        yield scene, observations.rgb(scene, "unit")


def mean_spectrum(store: Store, observations: Observations, split: str) -> Cubes:
    """Yield the mean spectrum of all training pixels everywhere: any method must score better."""
    del observations
    total, count = np.zeros(len(store.wavelengths_nm)), 0
    for scene in store.scenes("train"):
        cube = store.bands_last(scene)
        total += cube.sum((0, 1), dtype=np.float64)
        count += cube.shape[0] * cube.shape[1]
    mean = (total / count).astype(np.float32)
    for scene in store.scenes(split):
        yield scene, np.broadcast_to(mean[:, None, None], (len(mean), *store.size(scene)))


def linear(store: Store, observations: Observations, split: str) -> Cubes:
    """Yield cubes of a linear map from rgb to bands: the simplest learnt method.

    One bands × 3 matrix without offset, fitted by least squares to all training pixels; the normal
    equations are summed scene by scene.
    """
    bands = len(store.wavelengths_nm)
    gram, moment = np.zeros((3, 3)), np.zeros((3, bands))
    for scene in store.scenes("train"):
        rgb = observations.rgb(scene, "unit").reshape(3, -1).astype(np.float64)
        gram += rgb @ rgb.T
        moment += rgb @ store.bands_last(scene).reshape(-1, bands)
    matrix = np.linalg.lstsq(gram, moment, rcond=None)[0].T.astype(np.float32)
    for scene in store.scenes(split):
        yield scene, np.einsum("bc,chw->bhw", matrix, observations.rgb(scene, "unit"))
