"""Whether the spread of several answers says how wrong they are.

The answers are those of the members of an ensemble, of the same network trained with several seeds,
or of a network to the turns of a picture. Their mean is the reconstruction, their standard
deviation the uncertainty.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, spearmanr

from respectra.datasets.cube import crop
from respectra.datasets.store import Store
from respectra.reconstructions import Reconstructions

Array = NDArray[np.floating]
CERTAIN_SHARE = 0.5  # of the pixels, the most certain ones
LEVELS = np.linspace(0.05, 0.95, 19)  # confidence of the intervals of a calibration curve
SHARES = np.linspace(0.05, 1.0, 20)  # of the pixels that remain, the most certain ones
LEAST_SPREAD = 1e-12
TURNS = 8  # answers of a self-ensemble


class Answers(NamedTuple):
    """The answers to a scene."""

    mean: Array  # (bands, rows, columns)
    spread: Array  # standard deviation, of the same shape
    cube: Array  # the truth, of the same shape


class Uncertainty(NamedTuple):
    """How the spread of answers is related to their error; means over scenes."""

    correlation: float  # Spearman's rank correlation over pixels
    error: float  # MRAE of the mean answer
    certain_error: float  # MRAE of the most certain half of the pixels
    least_error: float  # MRAE of the half of the pixels with the least error: the lowest possible
    coverage: Array  # share of true values inside the central interval of each of LEVELS
    errors: Array  # MRAE of the most certain pixels, for each of SHARES
    least_errors: Array  # MRAE of the pixels with the least error, for each of SHARES


def read_answers(
    store: Store, scenes: Iterable[str], files: Sequence[str | Path], margin: int = 0
) -> Iterator[Answers]:
    """Read the answers to scenes.

    Args:
        store: the data set.
        scenes: their names.
        files: the reconstructions of each member or seed, at least two.
        margin: pixels left out on each side.
    """
    members = [Reconstructions(file) for file in files]
    for scene in scenes:
        cubes = np.stack([crop(member.cube(scene), margin) for member in members])
        truth = crop(np.asarray(store.cube(scene)), margin)
        yield Answers(cubes.mean(0), cubes.std(0, ddof=1), truth)


def read_deviations(
    store: Store, scenes: Iterable[str], mean: str | Path, deviation: str | Path, margin: int = 0
) -> Iterator[Answers]:
    """Read the mean and the standard deviation of the answers of a self-ensemble.

    Args:
        store: the data set.
        scenes: their names.
        mean: reconstructions, the means over the turns of a picture.
        deviation: reconstructions that hold the standard deviations.
        margin: pixels left out on each side.
    """
    means, deviations = Reconstructions(mean), Reconstructions(deviation)
    for scene in scenes:
        cubes = means.cube(scene), deviations.cube(scene), np.asarray(store.cube(scene))
        yield Answers(*(crop(cube, margin) for cube in cubes))


def measure_uncertainty(scenes: Iterable[Answers]) -> Uncertainty:
    """Compare spread and error.

    The error of a pixel is its mean relative error over bands, its uncertainty the mean over bands
    of the spread divided by the mean answer. A central interval is that of a normal distribution
    with the mean and the spread of the answers, for each value of a cube.

    Args:
        scenes: the answers to each scene.

    Returns:
        The means over scenes. The rank correlation is not a number if all spreads are equal.
    """
    return Uncertainty(
        *(np.mean(values, axis=0) for values in zip(*map(_measure, scenes), strict=True))
    )


def _measure(answers: Answers) -> Uncertainty:
    mean, spread, cube = (np.asarray(x, np.float64) for x in answers)
    errors = (np.abs(mean - cube) / cube).mean(0).ravel()
    relative = spread / np.maximum(np.abs(mean), LEAST_SPREAD)
    uncertainty = relative.mean(0).ravel()
    ordered = errors[np.argsort(uncertainty, kind="stable")]
    by_error = np.sort(errors)
    scores = np.abs(mean - cube) / np.maximum(spread, LEAST_SPREAD)
    widths = norm.ppf(0.5 + LEVELS / 2)
    return Uncertainty(
        correlation=float(spearmanr(uncertainty, errors).statistic),
        error=float(errors.mean()),
        certain_error=float(_average_first(ordered, CERTAIN_SHARE)),
        least_error=float(_average_first(by_error, CERTAIN_SHARE)),
        coverage=np.searchsorted(np.sort(scores.ravel()), widths, side="right") / scores.size,
        errors=np.array([_average_first(ordered, share) for share in SHARES]),
        least_errors=np.array([_average_first(by_error, share) for share in SHARES]),
    )


def _average_first(values: Array, share: float) -> float:
    """The mean of the first share of values, at least one."""
    return float(values[: max(1, round(share * len(values)))].mean())
