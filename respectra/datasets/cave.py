"""CAVE: a scene is a folder of pictures, one for each band."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from respectra.datasets.cube import Array
from respectra.datasets.layout import read_splits
from respectra.datasets.scenes import Scene
from respectra.pictures import open_picture

WHITE = 65535  # the greatest value of 16 bits


def read(
    *, folder: str, splits: str, bands: str, wavelengths_nm: Sequence[float] | None = None
) -> list[Scene]:
    """The scenes of CAVE, with values from 0 to 1.

    Args:
        folder: the folder of the scenes' folders.
        splits: a CSV with the columns scene and split.
        bands: path of the picture of a band in `folder`, with {scene} and {band}.
        wavelengths_nm: the centres of the bands; each has a picture.

    Raises:
        ValueError: the wavelengths are not stated, or a picture is missing.
    """
    root = Path(folder)
    if wavelengths_nm is None:
        raise ValueError(
            f"{root}: pictures do not state wavelengths; "
            "set wavelengths_nm in the YAML of the data set"
        )
    split_of = {s: split for s, split in read_splits(folder, splits).items() if split != "unused"}
    numbers = range(1, len(wavelengths_nm) + 1)
    paths_of = {
        scene: [root / bands.format(scene=scene, band=number) for number in numbers]
        for scene in split_of
    }
    missing = [path for paths in paths_of.values() for path in paths if not path.is_file()]
    if missing:
        raise ValueError(
            f"{missing[0]}: does not exist ({len(missing)} pictures of bands are missing); "
            f"unpack complete_ms_data.zip into {root}"
        )
    return [
        Scene(scene, split, partial(_read_bands, paths_of[scene], wavelengths_nm))
        for scene, split in split_of.items()
    ]


def _read_bands(
    paths: Sequence[Path], wavelengths_nm: Sequence[float]
) -> tuple[Array, list[float]]:
    return np.stack([_read_band(path) for path in paths]), list(wavelengths_nm)


def _read_band(path: Path) -> Array:
    values = open_picture(path)
    if values.ndim != 2 or values.dtype not in (np.uint16, np.int32):
        raise ValueError(
            f"{path}: has the data type {values.dtype} and the shape {values.shape}; "
            "a band is a picture with one channel of 16 bits"
        )
    return values.astype(np.float32) / np.float32(WHITE)
