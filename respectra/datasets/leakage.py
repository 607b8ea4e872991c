"""Scenes that show the same place and would leak from one split into another.

Pictures are described by SIFT features [lowe2004sift], as scikit-image computes them. For every
pair of pictures the similar features are counted; a pair with many is compared with one projective
transformation, which two views of the same place obey.
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

from respectra.pictures import read_rgb

Array = NDArray[np.float32]

STEP = 2  # every second pixel is used: views differ in coarse structure, not in details
MOST_FEATURES = 400  # of a picture
# The real pictures of ARAD-1K contain five pairs that show one place. These have 66 to 252 similar
# features, of which 62 to 198 obey one transformation; of 2,075 other pairs none has more than 14
# similar features, and 7 obey one transformation.
MIN_COSINE = 0.95  # of the descriptors of two similar features
MIN_SIMILAR = 12  # similar features of a pair that is compared with a transformation
MIN_AGREEING = 15  # features that obey one transformation in a pair that shows one place


class Features(NamedTuple):
    """Features of a picture: positions (n, 2) in pixels and descriptors (n, 128) of length 1."""

    positions: Array
    descriptors: Array


class Pair(NamedTuple):
    """Two scenes that show the same place, and the number of features that agree."""

    first: str
    second: str
    agreeing: int


def extract_features(picture: str | Path) -> Features:
    """The strongest features of a picture; none for a picture without structure.

    References:
        [lowe2004sift]; the square root of the descriptors: [arandjelovic2012three].
    """
    pixels = read_rgb(picture).astype(np.uint8)
    grey = rgb2gray(np.moveaxis(pixels, 0, -1))[::STEP, ::STEP]
    sift: Any = SIFT()
    try:
        sift.detect_and_extract(grey)
    except RuntimeError:  # scikit-image raises it for a picture without features
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    strongest = np.argsort(-sift.sigmas, kind="stable")[:MOST_FEATURES]
    # The square root reduces the influence of single large bins.
    descriptors = np.sqrt(sift.descriptors[strongest].astype(np.float32))
    descriptors /= np.maximum(np.linalg.norm(descriptors, axis=1, keepdims=True), 1e-6)
    return Features(STEP * sift.keypoints[strongest].astype(np.float32), descriptors)


def find_pairs(pictures: Mapping[str, Path], *, threads: int = 1) -> list[Pair]:
    """The pairs of scenes that show the same place.

    Args:
        pictures: path of the picture of each scene.
        threads: number of processes.
    """
    names = list(pictures)
    with ProcessPoolExecutor(threads) as pool:
        features = list(pool.map(extract_features, pictures.values(), chunksize=8))
        candidates = _find_candidates(features)
        firsts, seconds = ([features[pair[k]] for pair in candidates] for k in (0, 1))
        agreeing = pool.map(_count_agreeing, firsts, seconds, chunksize=8)
        return [
            Pair(names[i], names[j], count)
            for (i, j), count in zip(candidates, agreeing, strict=True)
            if count >= MIN_AGREEING
        ]


def _find_candidates(features: Sequence[Features]) -> list[tuple[int, int]]:
    """The pairs of pictures with many similar features."""
    ends = np.cumsum([len(f.descriptors) for f in features])
    starts = np.concatenate([[0], ends[:-1]])
    descriptors = np.concatenate([f.descriptors for f in features])
    filled = np.flatnonzero(ends > starts)  # reduceat does not accept empty ranges
    candidates = []
    for i in filled:
        later = filled[filled > i]
        if not len(later):
            break
        offset = starts[later[0]]
        cosines = features[int(i)].descriptors @ descriptors[offset:].T
        best = np.maximum.reduceat(cosines, starts[later] - offset, axis=1)
        counts = np.count_nonzero(best > MIN_COSINE, axis=0)
        candidates += [(int(i), int(j)) for j in later[counts >= MIN_SIMILAR]]
    return candidates


def _count_agreeing(first: Features, second: Features) -> int:
    """The number of features of two pictures that obey one projective transformation."""
    matches = match_descriptors(
        first.descriptors, second.descriptors, cross_check=True, max_ratio=0.85
    )
    if len(matches) < MIN_AGREEING:
        return 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about degenerate samples, which ransac discards
        _, inliers = ransac(
            (first.positions[matches[:, 0]], second.positions[matches[:, 1]]),
            ProjectiveTransform, min_samples=4, residual_threshold=4, max_trials=500, rng=0,
        )  # fmt: skip
    return 0 if inliers is None else int(inliers.sum())


def group_scenes(pairs: Sequence[Pair]) -> dict[str, str]:
    """Group the scenes that pairs connect.

    Returns:
        For each scene the name of its group, which is the first scene of the group.

    Example:
        >>> group_scenes([Pair("a", "c", 20), Pair("c", "d", 20), Pair("x", "y", 20)])
        {'a': 'a', 'c': 'a', 'd': 'a', 'x': 'x', 'y': 'x'}
    """
    names = sorted({name for pair in pairs for name in (pair.first, pair.second)})
    index = {name: i for i, name in enumerate(names)}
    edges = [[index[pair.first] for pair in pairs], [index[pair.second] for pair in pairs]]
    graph = coo_array((np.ones(len(pairs)), edges), shape=(len(names),) * 2)
    _, labels = connected_components(graph, directed=False)
    first_of: dict[int, str] = {}
    return {name: first_of.setdefault(int(labels[index[name]]), name) for name in names}
