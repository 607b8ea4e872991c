"""Ensembles: each function combines the members' cubes of one scene."""

from collections.abc import Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from respectra.build import build, function
from respectra.camera.observations import read_clipped
from respectra.datasets.cube import crop
from respectra.datasets.layout import HELD_OUT
from respectra.datasets.store import Store
from respectra.logs import log
from respectra.metrics import mrae
from respectra.plan_types import EnsemblePlan
from respectra.reconstructions import (
    Reconstructions,
    describe_maximum,
    scale_to_maximum,
    write_reconstructions,
)

Array = NDArray[np.float32]
RIDGE = 1e-12  # of the Gram matrix, relative to its trace: members may be equal
PENALTY = 1e3  # weight of the row that enforces a sum of one, relative to the root of the trace


def combine_members(
    *,
    plan: EnsemblePlan,
    members: Sequence[str | Path],
    scenes: str | Path,
    split: str,
    save: str | Path,
    held_out: Sequence[str | Path] = (),
    pictures: str | Path | None = None,
) -> None:
    """Combine the members' reconstructions of a split, one scene at a time.

    Beside cubes and weights, a function may take `truth`, `margin` (of the scored crop), `clipped`,
    `fitted` (weights fitted to held-out scenes) and `common` (the maximum of every cube that the
    data set states, else the one that all training cubes share, or None).

    Args:
        plan: the ensemble's function, the members' weights, the margin of the crop and the maximum
            of every cube.
        members: their files of reconstructions, in the order of the weights.
        scenes: the data set's manifest.
        split: which scenes.
        save: a file of reconstructions.
        held_out: the members' reconstructions of training scenes that no member was trained with;
            required by a function that takes `fitted`.
        pictures: the camera's table; required by a function that takes `clipped`.

    Raises:
        ValueError: a required file is not given, or lacks a scene.
    """
    store, files = Store(scenes), [Reconstructions(path) for path in members]
    arguments = signature(function("ensemble", plan["ensemble"]["is"])).parameters
    constants = _read_constants(arguments, plan, store, held_out)
    if "margin" in arguments:
        constants["margin"] = plan["margin"]
    clipped: dict[str, bool] = {}
    if "clipped" in arguments:
        if pictures is None:
            raise ValueError("ensemble: this function needs the camera's table of pictures")
        clipped = read_clipped(pictures)
    log.info("%d members, %d scenes", len(files), len(store.scenes(split)))
    with write_reconstructions(save, store.wavelengths_nm) as write:
        for scene in store.scenes(split):
            values = dict(constants)
            if "truth" in arguments:
                values["truth"] = store.cube(scene)
            if "clipped" in arguments:
                values["clipped"] = clipped[scene]
            cubes = [file.cube(scene) for file in files]
            write(
                scene,
                build("ensemble", plan["ensemble"], cubes, weights=plan["weights"], **values),
            )


def _read_constants(
    arguments: Mapping[str, Any], plan: EnsemblePlan, store: Store, held_out: Sequence[str | Path]
) -> dict[str, Any]:
    """What a function takes and what is the same for all scenes."""
    constants: dict[str, Any] = {}
    if "fitted" in arguments:
        if len(held_out) != len(plan["weights"]):
            raise ValueError(
                "ensemble: this function needs every member's reconstructions of held-out scenes"
            )
        constants["fitted"] = fit_weights(store, [Reconstructions(path) for path in held_out])
    if "common" in arguments:
        stated = plan["maximum"]
        constants["common"] = store.common_maximum if stated is None else stated
        log.info(describe_maximum(constants["common"]))
    return constants


def fit_weights(store: Store, members: Sequence[Reconstructions]) -> list[float]:
    """Fit the members' weights to the held-out training scenes.

    The weights are not negative, sum to one and minimise the mean squared relative error.

    Args:
        store: the data set.
        members: each member's reconstructions of the held-out scenes.
    """
    # The columns of A are the members' values divided by the true ones.
    gram, sums = np.zeros((len(members), len(members))), np.zeros(len(members))
    for scene in store.scenes(HELD_OUT):
        truth = store.cube(scene).ravel().astype(np.float64)
        ratios = np.stack([member.cube(scene).ravel() / truth for member in members])
        gram += ratios @ ratios.T
        sums += ratios.sum(axis=1)
    # min ‖Aw − 1‖² equals min ‖Rw − R⁻ᵀb‖² up to a constant,
    # where RᵀR = AᵀA and b = Aᵀ1;
    # a penalty row enforces Σw = 1.
    scale = np.trace(gram)
    root = np.linalg.cholesky(gram + RIDGE * scale * np.eye(len(members))).T
    penalty = PENALTY * np.sqrt(scale)
    rows = np.vstack([root, np.full((1, len(members)), penalty)])
    solution, _ = nnls(rows, np.append(np.linalg.solve(root.T, sums), penalty))
    weights = (solution / solution.sum()).tolist()
    log.info("fitted weights: %s", ", ".join(f"{weight:.3f}" for weight in weights))
    return weights


def weighted_mean(cubes: Sequence[Array], *, weights: Sequence[float]) -> Array:
    """Return the weighted mean of the members.

    Args:
        cubes: of the members, all of one shape.
        weights: of the members; only their ratios matter.

    Raises:
        ValueError: the cubes differ in shape.

    Example:
        >>> zeros, ones = np.zeros((1, 1, 1), np.float32), np.ones((1, 1, 1), np.float32)
        >>> weighted_mean([zeros, ones], weights=[1, 3]).item()
        0.75
    """
    shapes = {cube.shape for cube in cubes}
    if len(shapes) > 1:
        raise ValueError(f"weighted_mean: the members' cubes differ in shape: {sorted(shapes)}")
    shares = np.asarray(weights, dtype=np.float32) / np.float32(sum(weights))
    return np.einsum("m,m...->...", shares, np.stack(cubes)) if len(cubes) > 1 else cubes[0]


def normalised_mean(
    cubes: Sequence[Array], *, weights: Sequence[float], common: float | None
) -> Array:
    """Return the weighted mean, scaled to the common maximum of the training cubes if there is one.

    References:
        Team IFL: [arad2022ntire], section 6.4.
    """
    return scale_to_maximum(weighted_mean(cubes, weights=weights), common)


def fitted_mean(
    cubes: Sequence[Array], *, weights: Sequence[float], fitted: Sequence[float]
) -> Array:
    """Return the mean with weights fitted to scenes that no member was trained with."""
    del weights
    return weighted_mean(cubes, weights=fitted)


def median(cubes: Sequence[Array], *, weights: Sequence[float]) -> Array:
    """Return the median of the members, value by value, whatever their weights.

    Example:
        >>> cubes = [np.full((1, 1, 1), value, np.float32) for value in (1, 2, 90)]
        >>> median(cubes, weights=[1, 1, 1]).item()
        2.0
    """
    del weights
    return np.median(np.stack(cubes), axis=0).astype(np.float32)


def by_clipping(cubes: Sequence[Array], *, weights: Sequence[float], clipped: bool) -> Array:
    """Return the first of two members if the picture is clipped, else the second.

    References:
        Team MIALGO's two cases: [arad2022ntire], section 6.2.

    Raises:
        ValueError: the number of members is not two.
    """
    del weights
    if len(cubes) != 2:
        raise ValueError(f"by_clipping: takes two members, one for each case, not {len(cubes)}")
    return cubes[0 if clipped else 1]


def oracle(cubes: Sequence[Array], *, weights: Sequence[float], truth: Array, margin: int) -> Array:
    """Return the member with the least MRAE: the bound of any choice of one member, no method.

    The challenge scores a crop, so the member is chosen by its MRAE in the crop.

    Args:
        cubes: of the members.
        weights: not used.
        truth: the true cube.
        margin: pixels left out on each side of the crop.

    References:
        [arad2022ntire], section 6.7: "Fast-n-Squeeze (lower)".
    """
    del weights
    return min(cubes, key=lambda cube: mrae(crop(cube, margin), crop(truth, margin)))
