"""The University of Pavia: one scene, cut into areas; its labels and the standard samples."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from respectra.datasets import cube
from respectra.datasets.scenes import Scene

Map = NDArray[np.uint8]


def read(
    *,
    folder: str,
    cube: str,
    key: str,
    maximum: float,
    areas: Mapping[str, Sequence[int]],
    wavelengths_nm: Sequence[float] | None = None,
) -> list[Scene]:
    """The areas of the one scene, each in the split of its name.

    Args:
        folder: where the file lies.
        cube: its name.
        key: the variable in it, (rows, columns, bands).
        maximum: what the numbers are divided by.
        areas: split: first row and the row after the last.
        wavelengths_nm: the bands' centres.

    Raises:
        ValueError: the file is not there.
    """
    path = Path(folder) / cube
    if not path.is_file():
        raise ValueError(f"{path}: is not there; put the University of Pavia's files there")
    return [
        Scene(
            f"{path.stem}_{split}",
            split,
            partial(_area, path, key, maximum, slice(*rows), wavelengths_nm),
        )
        for split, rows in areas.items()
    ]


def _area(
    path: Path, key: str, maximum: float, rows: slice, wavelengths_nm: Sequence[float] | None
) -> tuple[cube.Array, list[float]]:
    values, wavelengths = cube.read(path, key=key, wavelengths_nm=wavelengths_nm)
    if rows.stop > values.shape[1]:
        raise ValueError(f"{path}: has {values.shape[1]} rows, an area ends at row {rows.stop}")
    return values[:, rows] / np.float32(maximum), wavelengths


class Labels(NamedTuple):
    """What stands at every pixel, (rows, columns): 0 is nothing, 1 to 9 are classes."""

    truth: Map
    train: Map
    test: Map


def labels(*, folder: str, window: Sequence[int] | None = None) -> Labels:
    """The ground truth and the standard samples to train and test a classifier with.

    Args:
        folder: where the three files lie.
        window: first row, row after the last, first column, column after the last, where the cube
            is a part of the scene.

    Raises:
        ValueError: a file is missing, sizes differ, or a pixel is a sample to train and to test.
    """
    place = Path(folder)
    truth, train, test = (
        cube.load_map(place / name, key)
        for name, key in (
            ("PaviaU_gt.mat", "paviaU_gt"), ("TRpaviaU.mat", "TRpaviaU"),
            ("TSpaviaU.mat", "TSpaviaU"),
        )
    )  # fmt: skip
    if not train.shape == test.shape == truth.shape:
        raise ValueError(f"{place}: truth, training and test samples differ in size")
    both = int(np.count_nonzero((train > 0) & (test > 0)))
    if both:
        raise ValueError(f"{place}: {both} pixels are samples to train and to test with")
    top, bottom, left, right = window or (0, truth.shape[0], 0, truth.shape[1])
    part = slice(top, bottom), slice(left, right)
    return Labels(truth[part], train[part], test[part])
