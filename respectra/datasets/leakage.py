"""Which pictures show the same place: scenes that would leak from one split into another.

Features are SIFT's [lowe2004sift] as scikit-image computes them. All pairs of pictures are
compared by how many features look alike; pairs with many are then held against one projective
transformation, as two views of one place have to obey.
"""

import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from skimage.color import rgb2gray
from skimage.feature import SIFT, match_descriptors
from skimage.measure import ransac
from skimage.transform import ProjectiveTransform

from respectra.camera.jpeg import decode

Array = NDArray[np.float32]

HALF = 2  # features are looked for in every second pixel: views, not details
MOST = 400  # features of a picture
# Of the real pictures of ARAD-1K five pairs show one place. These have 66 to 252 features that look
# alike, of which 62 to 198 agree; of 2,075 other pairs none has more than 14, and 7 agree.
ALIKE = 0.95  # cosine of two features that may be one
CANDIDATE = 12  # such features that make a pair worth a closer look
AGREEING = 15  # features on one transformation that make a pair


class Features(NamedTuple):
    """What stands out in a picture: places (n, 2) in pixels, descriptors (n, 128) of length 1."""

    places: Array
    descriptors: Array


class Pair(NamedTuple):
    """Two scenes that show the same place, and how many features say so."""

    one: str
    two: str
    agreeing: int


def features(picture: str | Path) -> Features:
    """The features of a picture; none if nothing stands out."""
    grey = rgb2gray(np.moveaxis(decode(picture), 0, -1))[::HALF, ::HALF]
    sift: Any = SIFT()
    try:
        sift.detect_and_extract(grey)
    except RuntimeError:  # scikit-image's word for a picture without features
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    strongest = np.argsort(-sift.sigmas, kind="stable")[:MOST]
    # The square root [arandjelovic2012three] keeps single bins from ruling.
    found = np.sqrt(sift.descriptors[strongest].astype(np.float32))
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6)
    return Features(HALF * sift.keypoints[strongest].astype(np.float32), found)


def pairs(pictures: Mapping[str, Path], *, threads: int = 1) -> list[Pair]:
    """The scenes that show the same place, pair by pair.

    Args:
        pictures: by scene.
        threads: processes to use.
    """
    names = list(pictures)
    with ProcessPoolExecutor(threads) as pool:
        found = list(pool.map(features, pictures.values(), chunksize=8))
        candidates = _candidates(found)
        ones, twos = ([found[pair[k]] for pair in candidates] for k in (0, 1))
        agreeing = pool.map(_agreeing, ones, twos, chunksize=8)
        return [
            Pair(names[i], names[j], count)
            for (i, j), count in zip(candidates, agreeing, strict=True)
            if count >= AGREEING
        ]


def _candidates(found: Sequence[Features]) -> list[tuple[int, int]]:
    """Pairs in which many features of the one have their like in the other."""
    ends = np.cumsum([len(f.descriptors) for f in found])
    starts = np.concatenate([[0], ends[:-1]])
    every = np.concatenate([f.descriptors for f in found])
    there = np.flatnonzero(ends > starts)  # reduceat takes no empty stretches
    kept = []
    for i in there:
        later = there[there > i]
        if not len(later):
            break
        first = starts[later[0]]
        likeness = found[int(i)].descriptors @ every[first:].T
        best = np.maximum.reduceat(likeness, starts[later] - first, axis=1)
        counts = np.count_nonzero(best > ALIKE, axis=0)
        kept += [(int(i), int(j)) for j in later[counts >= CANDIDATE]]
    return kept


def _agreeing(one: Features, two: Features) -> int:
    """How many features of two pictures one projective transformation carries over."""
    matched = match_descriptors(one.descriptors, two.descriptors, cross_check=True, max_ratio=0.85)
    if len(matched) < AGREEING:
        return 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of degenerate samples, which are thrown away
        _, inliers = ransac(
            (one.places[matched[:, 0]], two.places[matched[:, 1]]),
            ProjectiveTransform, min_samples=4, residual_threshold=4, max_trials=500, rng=0,
        )  # fmt: skip
    return 0 if inliers is None else int(inliers.sum())


def groups(found: Sequence[Pair]) -> dict[str, str]:
    """Scenes that hang together, each with the group's first scene as the group's name.

    Example:
        >>> groups([Pair("a", "c", 20), Pair("c", "d", 20), Pair("x", "y", 20)])
        {'a': 'a', 'c': 'a', 'd': 'a', 'x': 'x', 'y': 'x'}
    """
    names = sorted({name for pair in found for name in pair[:2]})
    place = {name: i for i, name in enumerate(names)}
    links = [[place[pair.one] for pair in found], [place[pair.two] for pair in found]]
    graph = coo_array((np.ones(len(found)), links), shape=(len(names),) * 2)
    _, label = connected_components(graph, directed=False)
    first: dict[int, str] = {}
    return {name: first.setdefault(int(label[place[name]]), name) for name in names}
