"""CAVE: a scene is a folder of pictures, one for each band."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.datasets.cube import Array
from respectra.datasets.layout import check_listed, locate_splits, read_splits
from respectra.datasets.scenes import Scene
from respectra.pictures import open_picture

# The greatest value by the bytes of a value; Pillow returns some pictures of 16 bits as 32 bits.
WHITE = {1: 255, 2: 65535, 4: 65535}


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
        ValueError: the wavelengths are not stated, a picture is missing, or a scene has no row.
    """
    root = Path(folder)
    if wavelengths_nm is None:
        raise ValueError(
            f"{root}: pictures do not state wavelengths; "
            "set wavelengths_nm in the YAML of the data set"
        )
    listed = read_splits(folder, splits)
    check_listed(root, locate_splits(folder, splits), _list_scenes(root, bands), listed)
    split_of = {s: split for s, split in listed.items() if split != "unused"}
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
        Scene(scene, split, partial(read_band_pictures, paths_of[scene], wavelengths_nm))
        for scene, split in split_of.items()
    ]


def _list_scenes(root: Path, bands: str) -> list[str]:
    """The scenes whose first band has a picture in a folder."""
    first = re.escape(bands.format(scene="SCENE", band=1))
    pattern = re.compile(first.replace("SCENE", "(?P<s>[^/]+)", 1).replace("SCENE", "(?P=s)"))
    paths = root.glob(bands.format(scene="*", band=1))
    matches = (pattern.fullmatch(path.relative_to(root).as_posix()) for path in paths)
    return [match["s"] for match in matches if match]


def read_band_pictures(
    paths: Sequence[Path], wavelengths_nm: Sequence[float]
) -> tuple[Array, list[float]]:
    """A cube from one picture for each band, with values from 0 to 1.

    A picture has one channel of 8 or 16 bits. Colour pictures whose channels are equal are grey
    ones; the archive of CAVE holds its scene `watercolors` in this form.

    Args:
        paths: the pictures in the order of the bands.
        wavelengths_nm: the centres of the bands.

    Raises:
        ValueError: a picture is damaged, has several channels that differ, or has another size or
            depth than the first one.
    """
    bands: list[Array] = []
    depths = set()
    for path in paths:
        values = _remove_equal_channels(path, open_picture(path))
        if values.dtype not in (np.uint8, np.uint16, np.int32):
            raise ValueError(
                f"{path}: has the data type {values.dtype}; a band is a picture with one channel "
                "of 8 or 16 bits"
            )
        depths.add(WHITE[values.dtype.itemsize])
        if bands and values.shape != bands[0].shape:
            raise ValueError(
                f"{path}: has {values.shape[0]}×{values.shape[1]} pixels, {paths[0].name} "
                f"{bands[0].shape[0]}×{bands[0].shape[1]}; all bands have one size"
            )
        if len(depths) > 1:
            raise ValueError(
                f"{path}: has another depth than {paths[0].name}; all bands have 8 or 16 bits"
            )
        bands.append(values.astype(np.float32) / np.float32(WHITE[values.dtype.itemsize]))
    return np.stack(bands), list(wavelengths_nm)


def _remove_equal_channels(path: Path, values: NDArray[Any]) -> NDArray[Any]:
    """The one channel of a grey picture that is stored as a colour picture."""
    if values.ndim == 2:
        return values
    colours = values[..., :3] if values.shape[-1] >= 3 else values[..., :1]
    if not (colours == colours[..., :1]).all():
        raise ValueError(
            f"{path}: has {values.shape[-1]} channels that differ; a band is a picture with one "
            "channel"
        )
    return colours[..., 0]
