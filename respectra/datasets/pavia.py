"""The University of Pavia: one scene, divided into areas, with labels and standard samples."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from respectra.arguments import Positive, Whole
from respectra.datasets.cube import Array, read_cube, read_map
from respectra.datasets.scenes import Scene

Map = NDArray[np.uint8]
LABEL_FILES = (  # file and variable of the ground truth, the training and the test samples
    ("PaviaU_gt.mat", "paviaU_gt"),
    ("TRpaviaU.mat", "TRpaviaU"),
    ("TSpaviaU.mat", "TSpaviaU"),
)


def read(
    *,
    folder: str,
    cube: str,
    key: str,
    maximum: Positive,
    areas: Mapping[str, tuple[Whole, Whole]],
    wavelengths_nm: Sequence[float] | None = None,
) -> list[Scene]:
    """The areas of the scene, each in the split of its name.

    Args:
        folder: the folder of the file.
        cube: name of the file.
        key: the variable in it, (rows, columns, bands).
        maximum: divisor of the values.
        areas: for each split the first row and the row after the last.
        wavelengths_nm: the centres of the bands.

    Raises:
        ValueError: the file does not exist.
    """
    path = Path(folder) / cube
    if not path.is_file():
        raise ValueError(f"{path}: does not exist; put the files of the University of Pavia there")
    return [
        Scene(
            f"{path.stem}_{split}",
            split,
            partial(_read_area, path, key, maximum, slice(*rows), wavelengths_nm),
        )
        for split, rows in areas.items()
    ]


def _read_area(
    path: Path, key: str, maximum: float, rows: slice, wavelengths_nm: Sequence[float] | None
) -> tuple[Array, list[float]]:
    values, wavelengths = read_cube(path, key=key, wavelengths_nm=wavelengths_nm)
    if rows.stop > values.shape[1]:
        raise ValueError(
            f"{path}: has {values.shape[1]} rows, but an area ends at row {rows.stop}; "
            "correct read.areas in the YAML of the data set"
        )
    return values[:, rows] / np.float32(maximum), wavelengths


class Labels(NamedTuple):
    """Maps of labels, (rows, columns): 0 is unlabelled, 1 to 9 are classes."""

    truth: Map
    train: Map
    test: Map


def labels(*, folder: str, window: tuple[Whole, Whole, Whole, Whole] | None = None) -> Labels:
    """Read the ground truth and the standard samples for training and testing a classifier.

    Args:
        folder: the folder of the three files.
        window: first row, row after the last, first column, column after the last, if the cube is
            a part of the scene.

    Raises:
        ValueError: a file is missing, sizes differ, or a pixel is a sample for training and for
            testing.
    """
    root = Path(folder)
    truth, train, test = (read_map(root / name, key) for name, key in LABEL_FILES)
    if not train.shape == test.shape == truth.shape:
        sizes = ", ".join(
            f"{name} {rows}×{columns}"
            for (name, _), (rows, columns) in zip(
                LABEL_FILES, (truth.shape, train.shape, test.shape), strict=True
            )
        )
        raise ValueError(f"{root}: the maps of labels differ in size: {sizes}")
    both = int(np.count_nonzero((train > 0) & (test > 0)))
    if both:
        raise ValueError(
            f"{root}: {both} pixels are samples for training and for testing; "
            "replace TRpaviaU.mat and TSpaviaU.mat by the standard samples"
        )
    top, bottom, left, right = window or (0, truth.shape[0], 0, truth.shape[1])
    part = slice(top, bottom), slice(left, right)
    return Labels(truth[part], train[part], test[part])
