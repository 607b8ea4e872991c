"""Reconstructions → reconstruction. Each takes the members' cubes of one scene."""

from collections.abc import Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from respectra.build import build, function
from respectra.camera.observations import read_clipped
from respectra.datasets.layout import HELD_OUT
from respectra.datasets.store import Store
from respectra.logs import log
from respectra.metrics import mrae
from respectra.reconstructions import Reconstructions, brought_to, writer

Array = NDArray[np.float32]


def ensemble(
    *,
    plan: Mapping[str, Any],
    members: Sequence[str | Path],
    scenes: str | Path,
    split: str,
    save: str | Path,
    held_out: Sequence[str | Path] = (),
    pictures: str | Path | None = None,
) -> None:
    """Combine the members' reconstructions of a split, one scene at a time.

    Args:
        plan: the ensemble's function and the members' weights.
        members: their files of reconstructions, in the order of the weights.
        scenes: the data set's manifest.
        split: which scenes.
        save: a file of reconstructions.
        held_out: the members' reconstructions of training scenes that none of them has seen, where
            a function asks for weights `fitted` to these.
        pictures: the camera's table, where a function asks whether a picture is `clipped`.
    """
    store, files = Store(scenes), [Reconstructions(path) for path in members]
    asked = signature(function("ensemble", plan["ensemble"]["is"])).parameters
    if "clipped" in asked and pictures is None:
        raise ValueError("ensemble: the camera's table of pictures is wanted")
    if "fitted" in asked and len(held_out) != len(members):
        raise ValueError("ensemble: every member's reconstructions of held-out scenes are wanted")
    of_all: dict[str, Any] = {}
    if "fitted" in asked:
        of_all["fitted"] = fit(store, [Reconstructions(path) for path in held_out])
    if "common" in asked:
        of_all["common"] = store.common_maximum
    clipped = read_clipped(pictures) if pictures and "clipped" in asked else {}
    log.info("%d members, %d scenes", len(files), len(store.scenes(split)))
    with writer(save, store.wavelengths_nm) as write:
        for scene in store.scenes(split):
            cubes = [file.cube(scene) for file in files]
            known = {**of_all, "truth": store.cube(scene)} if "truth" in asked else {**of_all}
            known |= {"clipped": clipped[scene]} if "clipped" in asked else {}
            write(
                scene,
                build("ensemble", plan["ensemble"], cubes, weights=plan["weights"], **known),
            )


def fit(store: Store, members: Sequence[Reconstructions]) -> list[float]:
    """The members' weights, none negative and together one, that leave the least mean square of
    relative errors on the held-out training scenes.
    """
    products, sums = np.zeros((len(members), len(members))), np.zeros(len(members))
    for scene in store.scenes(HELD_OUT):
        truth = store.cube(scene).ravel().astype(np.float64)
        shares = np.stack([member.cube(scene).ravel() / truth for member in members])
        products += shares @ shares.T
        sums += shares.sum(axis=1)
    # |shares' weights - 1|² is that of a root of the products, up to a number; a last heavy row
    # holds the sum.
    scale = np.trace(products)
    root = np.linalg.cholesky(products + 1e-12 * scale * np.eye(len(members))).T
    heavy = 1e3 * np.sqrt(scale)
    rows = np.vstack([root, np.full((1, len(members)), heavy)])
    weights, _ = nnls(rows, np.append(np.linalg.solve(root.T, sums), heavy))
    found = (weights / weights.sum()).tolist()
    log.info("fitted weights: %s", ", ".join(f"{weight:.3f}" for weight in found))
    return found


def weighted_mean(cubes: Sequence[Array], *, weights: Sequence[float]) -> Array:
    """The members' mean, each counted by its weight.

    Example:
        >>> one, two = np.zeros((1, 1, 1), np.float32), np.ones((1, 1, 1), np.float32)
        >>> weighted_mean([one, two], weights=[1, 3]).item()
        0.75
    """
    shapes = {cube.shape for cube in cubes}
    if len(shapes) > 1:
        raise ValueError(f"weighted_mean: the members' cubes differ in shape: {sorted(shapes)}")
    share = np.asarray(weights, dtype=np.float32) / np.float32(sum(weights))
    return np.einsum("m,m...->...", share, np.stack(cubes)) if len(cubes) > 1 else cubes[0]


def normalised_mean(
    cubes: Sequence[Array], *, weights: Sequence[float], common: float | None
) -> Array:
    """The weighted mean brought to the maximum that all training cubes share, if they share one.

    References:
        Team IFL: [arad2022ntire], section 6.4.
    """
    return brought_to(weighted_mean(cubes, weights=weights), common)


def fitted_mean(
    cubes: Sequence[Array], *, weights: Sequence[float], fitted: Sequence[float]
) -> Array:
    """The members' mean with weights fitted to training scenes that none of them has seen."""
    del weights
    return weighted_mean(cubes, weights=fitted)


def median(cubes: Sequence[Array], *, weights: Sequence[float]) -> Array:
    """The members' median, value by value; weights have no say.

    Example:
        >>> one, two, far = (np.full((1, 1, 1), v, np.float32) for v in (1, 2, 90))
        >>> median([one, two, far], weights=[1, 1, 1]).item()
        2.0
    """
    del weights
    return np.median(np.stack(cubes), axis=0).astype(np.float32)


def by_clipping(cubes: Sequence[Array], *, weights: Sequence[float], clipped: bool) -> Array:
    """Of two members the first where the picture is clipped, the second where it is not.

    References:
        Team MIALGO's two cases: [arad2022ntire], section 6.2.

    Raises:
        ValueError: there are not two members.
    """
    del weights
    if len(cubes) != 2:
        raise ValueError(f"by_clipping: {len(cubes)} members; two are wanted, one for each case")
    return cubes[0 if clipped else 1]


def oracle(cubes: Sequence[Array], *, weights: Sequence[float], truth: Array) -> Array:
    """The member that is nearest to the truth: a bound to what choosing can bring, no method.

    References:
        [arad2022ntire], section 6.7: "Fast-n-Squeeze (lower)".
    """
    del weights
    return min(cubes, key=lambda cube: mrae(cube, truth))
