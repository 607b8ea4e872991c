"""How much of an error is brightness, tint and shape: of clipped pixels, and of the others."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from respectra.camera.observations import Observations, find_clipped
from respectra.datasets.cube import crop
from respectra.datasets.store import Store
from respectra.metrics import split_error
from respectra.plan_types import ProductsPlan
from respectra.reconstructions import Reconstructions

Array = NDArray[np.floating]
ALL, UNCLIPPED, CLIPPED = GROUPS = ("all", "unclipped", "clipped")  # of pixels
PARTS = ("brightness", "tint", "shape")
TOTAL = "MRAE"
Parts = dict[str, dict[str, float]]  # a value for the total and each part, by group of pixels


class SplitScene(NamedTuple):
    """The error of a scene."""

    errors: Array  # brightness, tint and shape of each pixel, (3, rows, columns)
    clipped: NDArray[np.bool_]  # which pixels of the observation are clipped, (rows, columns)


def split_errors(plan: ProductsPlan, reconstructions: Reconstructions) -> Parts:
    """Split the errors of one run.

    Args:
        plan: the data set's files, its split and the margin that is left out.
        reconstructions: of the run.

    Returns:
        As `average_parts`.
    """
    store, observations = Store(plan["scenes"]), Observations(plan["observations"])
    scenes = [scene for scene in store.scenes(plan["split"]) if scene not in plan["left_out"]]
    return average_parts(split_scenes(store, observations, reconstructions, scenes, plan["margin"]))


def split_scenes(
    store: Store,
    observations: Observations,
    reconstructions: Reconstructions,
    scenes: Iterable[str],
    margin: int = 0,
) -> Iterator[SplitScene]:
    """Split the errors of scenes.

    The gains that define the parts are those of the whole scene, without its margin: the exposure
    of a picture is one number for clipped and unclipped pixels.

    Args:
        store: the data set.
        observations: of the data set.
        reconstructions: of the scenes.
        scenes: their names.
        margin: pixels left out on each side.
    """
    for scene in scenes:
        cubes = [
            np.asarray(x, np.float32) for x in (reconstructions.cube(scene), store.cube(scene))
        ]
        errors = np.stack(split_error(*(crop(cube, margin) for cube in cubes)))
        clipped = find_clipped(observations.pixels(scene))
        yield SplitScene(errors, crop(clipped[None], margin)[0])


def average_parts(scenes: Iterable[SplitScene]) -> Parts:
    """Average the errors over pixels and scenes.

    The values of all pixels are means over scenes, as in other tables; those of a group are means
    over its pixels of all scenes. A part of a group can be negative: the gain that suits the whole
    scene can raise the error of the group.

    Args:
        scenes: of one run.

    Returns:
        The total and its parts for each group of pixels; no group without pixels.
    """
    means, sums = [], {group: np.zeros(len(PARTS)) for group in (UNCLIPPED, CLIPPED)}
    counts = dict.fromkeys(sums, 0)
    for errors, clipped in scenes:
        means.append(errors.mean((1, 2)))
        for group, chosen in ((UNCLIPPED, ~clipped), (CLIPPED, clipped)):
            sums[group] += errors[:, chosen].sum(1)
            counts[group] += int(chosen.sum())
    values = {ALL: np.mean(means, axis=0)}
    values |= {group: sums[group] / counts[group] for group in sums if counts[group]}
    return {
        group: {TOTAL: float(parts.sum()), **dict(zip(PARTS, map(float, parts), strict=True))}
        for group, parts in values.items()
    }
