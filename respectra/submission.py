"""The step that packs reconstructions of test images in the format of the challenge's server.

The archive holds a file `{scene}_crop.mat` per scene, MATLAB 7.3, with a variable `cube`
(rows, columns, bands) of single precision, without the margin that is not scored.
"""

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from respectra.datasets.cube import crop
from respectra.datasets.store import Store
from respectra.files import replace_atomically
from respectra.plan_types import SubmissionPlan
from respectra.reconstructions import Reconstructions

MAXIMUM_BYTES = 500_000_000  # of the archive, a limit of the server
HEADER = b"MATLAB 7.3 MAT-file, written by respectra"
HEADER_BYTES = 116  # followed by 8 bytes of subsystem offset, the version and the byte order
VERSION = b"\x00\x02IM"
USER_BLOCK_BYTES = 512  # at the start of the HDF5 file, where MATLAB reads its header


def pack_submission(
    *,
    plan: SubmissionPlan,
    reconstructions: str | Path,
    scenes: str | Path,
    split: str,
    save: str | Path,
) -> None:
    """Pack the reconstructions of a split as a zip archive.

    Args:
        plan: the `margin` in pixels that is left out on each side.
        reconstructions: a file with every scene of the split.
        scenes: the manifest of the data set.
        split: the scenes to pack.
        save: the archive to write.

    Raises:
        ValueError: a scene is missing, or the archive is too large for the server.
    """
    cubes = Reconstructions(reconstructions)
    with replace_atomically(save) as path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for scene in Store(scenes).scenes(split):
                content = encode_mat(crop(cubes.cube(scene), plan["margin"]))
                archive.writestr(zipfile.ZipInfo(f"{scene}_crop.mat"), content)
        size = Path(path).stat().st_size
        if size > MAXIMUM_BYTES:
            raise ValueError(
                f"{save}: the archive has {size:,} bytes, but the server accepts at most "
                f"{MAXIMUM_BYTES:,}"
            )


def encode_mat(cube: NDArray[np.floating]) -> bytes:
    """The content of a MATLAB 7.3 file: HDF5 after a header, with the axes in reverse order.

    Args:
        cube: (bands, rows, columns).
    """
    content = io.BytesIO()
    with h5py.File(content, "w", userblock_size=USER_BLOCK_BYTES, locking=False) as file:
        reversed_axes = np.ascontiguousarray(np.swapaxes(cube, 1, 2), dtype=np.float32)
        data = file.create_dataset("cube", data=reversed_axes, compression="gzip", shuffle=True)
        data.attrs["MATLAB_class"] = np.bytes_("single")
    return b"".join((_make_header(), content.getbuffer()[len(_make_header()) :]))


def write_mat_header(path: Path) -> None:
    """Write the header of MATLAB 7.3 into the first 512 bytes of an HDF5 file, which are free.

    Args:
        path: a closed HDF5 file with a user block of USER_BLOCK_BYTES.
    """
    with open(path, "r+b") as file:
        file.write(_make_header())


def _make_header() -> bytes:
    return HEADER.ljust(HEADER_BYTES) + bytes(8) + VERSION
