"""What a referee asks of a table: intervals, tests between methods, and how stable ranks are.

All of it rests on the scores of single scenes. Scenes are drawn, never pixels: the pixels of a
scene are not independent.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from string import ascii_letters

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import bootstrap, permutation_test

from respectra.files import read_product
from respectra.plan_types import CellPlan
from respectra.score_files import read_scores

Array = NDArray[np.floating]
# Numbers of scenes at which a rank is examined.
SCENE_COUNTS = (2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000)


def read_scene_scores(cells: Iterable[CellPlan]) -> dict[tuple[str, str], pd.DataFrame]:
    """Read the scores of single scenes.

    Args:
        cells: one entry per file of scores. Files of the same row and column are seeds, whose mean
            is taken. A file that does not exist is left out, as are the scenes in `left_out`.

    Returns:
        For a column and the label of a metric: a row per scene and a column per row of the table.
        A scene that one of them lacks is left out.
    """
    frames: dict[tuple[str, str], dict[str, list[pd.Series]]] = {}
    for cell in cells:
        if not Path(cell["scores"]).is_file():
            continue
        scores = read_scores(cell["scores"])
        with read_product(cell["scores"]):
            scores = scores[scores["region"] == cell["region"]].set_index("scene")
            scores = scores.drop(index=cell["left_out"], errors="ignore")
            for label, metric in cell["metrics"].items():
                rows = frames.setdefault((cell["column"], label), {})
                rows.setdefault(cell["row"], []).append(scores[metric])
    return {
        key: pd.DataFrame({row: sum(runs) / len(runs) for row, runs in rows.items()}).dropna()
        for key, rows in frames.items()
    }


def find_interval(
    values: Array, *, level: float, resamples: int, rng: np.random.Generator
) -> tuple[float, float] | None:
    """Return the bootstrap interval of the mean over scenes; None for a single scene.

    It is bias-corrected and accelerated (BCa), as SciPy computes it.

    Args:
        values: the score of each scene.
        level: confidence, 0 to 1.
        resamples: draws of the scenes.
        rng: draws the scenes.

    References:
        [efron1987better]
    """
    if len(values) < 2 or not np.isfinite(values).all():
        return None
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    result = bootstrap(
        (values,), np.mean, n_resamples=resamples, confidence_level=level, method="BCa", rng=rng
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


def compare_methods(
    scores: pd.DataFrame, *, resamples: int, rng: np.random.Generator
) -> dict[tuple[str, str], float]:
    """Return the p-value of each pair of methods, corrected for their number by Holm.

    The test is a paired permutation test of the mean difference: under the hypothesis that two
    methods are alike, each scene's difference has either sign. It is exact if there are at most
    `resamples` combinations of signs.

    Args:
        scores: a row per scene and a column per method.
        resamples: combinations of signs, at most.
        rng: draws the signs where not all are used.

    Returns:
        A value for each pair of columns, in the order of the columns.
    """
    pairs = list(combinations(scores.columns, 2))
    values = [
        _test_pair((scores[one] - scores[two]).to_numpy(), resamples, rng) for one, two in pairs
    ]
    return dict(zip(pairs, correct_holm(values), strict=True))


def _test_pair(differences: Array, resamples: int, rng: np.random.Generator) -> float:
    if len(differences) < 2 or not np.isfinite(differences).all() or not differences.any():
        return 1.0
    result = permutation_test(
        (differences,),
        lambda x, axis: np.mean(x, axis=axis),
        permutation_type="samples",
        n_resamples=resamples,
        vectorized=True,
        rng=rng,
    )
    return float(result.pvalue)


def correct_holm(values: Sequence[float]) -> list[float]:
    """Correct p-values for their number by Holm's step-down procedure.

    Example:
        >>> correct_holm([0.04, 0.01, 0.02])
        [0.04, 0.03, 0.04]

    References:
        [holm1979simple]
    """
    count, corrected, largest = len(values), [1.0] * len(values), 0.0
    for step, i in enumerate(np.argsort(values, kind="stable")):
        largest = max(largest, min(1.0, (count - step) * values[i]))
        corrected[i] = largest
    return corrected


def assign_letters(
    methods: Sequence[str], different: Collection[tuple[str, str]]
) -> dict[str, str]:
    """Return grouping letters: two methods share a letter if no difference between them is shown.

    Args:
        methods: from the best to the worst.
        different: the pairs whose difference is significant, in any order.

    Returns:
        The letters of each method; `a` belongs to the best.

    Example:
        >>> assign_letters(["x", "y", "z"], [("x", "z")])
        {'x': 'a', 'y': 'ab', 'z': 'b'}

    References:
        [piepho2004algorithm]: each significant pair splits the groups that hold both; groups inside
        another group are absorbed.
    """
    groups = [frozenset(methods)]
    for one, two in different:
        split: set[frozenset[str]] = set()
        for group in groups:
            divides = one in group and two in group
            split |= {group - {one}, group - {two}} if divides else {group}
        groups = [group for group in split if not any(group < larger for larger in split)]
    positions = {method: i for i, method in enumerate(methods)}
    ordered = sorted(groups, key=lambda group: sorted(positions[method] for method in group))
    if len(ordered) > len(ascii_letters):
        raise ValueError(
            f"{len(ordered)} groups of methods: there are {len(ascii_letters)} letters"
        )
    return {
        method: "".join(
            letter for letter, group in zip(ascii_letters, ordered, strict=False) if method in group
        )
        for method in methods
    }


def rank_methods(means: Mapping[str, float], *, higher_is_better: bool) -> list[str]:
    """Return methods from the best to the worst; equal ones in their order."""
    return sorted(means, key=lambda method: -means[method] if higher_is_better else means[method])


def count_for_stable_ranks(
    scores: pd.DataFrame,
    *,
    share: float,
    resamples: int,
    higher_is_better: bool,
    rng: np.random.Generator,
) -> dict[str, int]:
    """Return from how many scenes on a method's rank is stable.

    So many scenes are drawn with replacement from those scored, which stand for all scenes of their
    kind. A rank is stable if this share of the draws gives the method its rank on all scored
    scenes. Draws of more scenes than were scored say how many would be needed.

    Args:
        scores: a row per scene and a column per method.
        share: of the draws, 0 to 1.
        resamples: draws of each number of scenes.
        higher_is_better: whether the greatest score has rank 1.
        rng: draws the scenes.

    Returns:
        The least number of `SCENE_COUNTS` from which on the rank is stable, by method; a method
        whose rank is not stable with the greatest number is left out.
    """
    values = scores.to_numpy() * (-1 if higher_is_better else 1)
    if len(values) < 2 or not np.isfinite(values).all():
        return {}
    rank = _rank(values.mean(0)[None])
    unstable = np.zeros(values.shape[1], dtype=int)
    for count in SCENE_COUNTS:
        draws = rng.multinomial(count, np.full(len(values), 1 / len(values)), size=resamples)
        stable = (_rank(draws @ values / count) == rank).mean(0) >= share
        unstable[~stable] = count
    return {
        str(method): next(count for count in SCENE_COUNTS if count > last)
        for method, last in zip(scores.columns, unstable, strict=True)
        if last < SCENE_COUNTS[-1]
    }


def _rank(means: Array) -> NDArray[np.intp]:
    """The rank of each method in each draw, (draws, methods); equal ones share the better rank."""
    return (means[:, None, :] < means[:, :, None] - 1e-12).sum(2)
