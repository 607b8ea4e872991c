"""Reconstructions of test images as the challenge's server took them: one archive.

Each scene is `{scene}_crop.mat`, MATLAB 7.3, with a `cube` of rows × columns × bands of floats,
without the margin that is not scored; the archive stays below 500 MB.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from respectra.datasets.cube import crop
from respectra.datasets.store import Store
from respectra.files import aside
from respectra.reconstructions import Reconstructions

MOST_BYTES = 500_000_000
HEADER = b"MATLAB 7.3 MAT-file, written by respectra"
USER_BLOCK = 512  # where MATLAB looks for its header


def submission(
    *,
    plan: Mapping[str, Any],
    reconstructions: str | Path,
    scenes: str | Path,
    split: str,
    save: str | Path,
) -> None:
    """Pack the reconstructions of a split.

    Args:
        plan: the `margin` that is left out on each side.
        reconstructions: a file with every scene of the split.
        scenes: the data set's manifest.
        split: which scenes.
        save: a zip archive.

    Raises:
        ValueError: a scene is missing, or the archive is too large for the server.
    """
    found = Reconstructions(reconstructions)
    with aside(save) as path, TemporaryDirectory(dir=Path(save).parent) as folder:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for scene in Store(scenes).scenes(split):
                file = Path(folder) / f"{scene}_crop.mat"
                write_mat(file, crop(found.cube(scene), plan["margin"]))
                archive.write(file, file.name)
                file.unlink()
        size = Path(path).stat().st_size
        if size > MOST_BYTES:
            raise ValueError(f"{save}: has {size:,} bytes, the server takes {MOST_BYTES:,}")


def write_mat(path: Path, cube: NDArray[np.floating]) -> None:
    """A cube (bands, rows, columns) as MATLAB's own v7.3: HDF5 behind a header, axes backwards."""
    with h5py.File(path, "w", userblock_size=USER_BLOCK) as file:
        backwards = np.ascontiguousarray(np.swapaxes(cube, 1, 2), dtype=np.float32)
        data = file.create_dataset("cube", data=backwards, compression="gzip", shuffle=True)
        data.attrs["MATLAB_class"] = np.bytes_("single")
    with open(path, "r+b") as raw:
        raw.write(HEADER.ljust(116) + bytes(8) + b"\x00\x02IM")
