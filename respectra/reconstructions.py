"""Files of reconstructed cubes, which networks, ensembles, controls and fits write alike.

A file is HDF5 with one data set (rows, columns, bands) of float32 per scene and the attribute
`wavelengths_nm`. Each data set has the attribute `sha256`, the checksum of its scene.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from respectra.files import REMEDY, read_product, replace_atomically

Array = NDArray[np.float32]
Cubes = Iterator[tuple[str, Array]]  # names of scenes with their cubes (bands, rows, columns)


@contextmanager
def write_reconstructions(
    path: str | Path, wavelengths_nm: Sequence[float]
) -> Iterator[Callable[[str, Array], None]]:
    """Open a new file of reconstructions; it replaces an old one when the block ends.

    Args:
        path: the file.
        wavelengths_nm: the centre of each band.

    Yields:
        A function that writes one scene: its name and its cube (bands, rows, columns).
    """
    centres = np.asarray(wavelengths_nm)
    with replace_atomically(path) as part, h5py.File(part, "w", locking=False) as file:
        file.attrs["wavelengths_nm"] = centres

        def write(scene: str, cube: Array) -> None:
            data = np.ascontiguousarray(np.moveaxis(cube, 0, -1), dtype=np.float32)
            dataset = file.create_dataset(scene, data=data)
            dataset.attrs["sha256"] = _compute_checksum(scene, data, centres)

        yield write


class Reconstructions:
    """The reconstructed cubes of one split, read one at a time.

    Args:
        path: the file.

    Raises:
        ValueError: the file is missing, or holds no reconstructions.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        # A complete file takes its place in one step, so no reader needs a lock.
        with read_product(path):
            self._file = h5py.File(path, "r", locking=False)

    def cube(self, scene: str) -> Array:
        """Return a scene's cube, (bands, rows, columns).

        Raises:
            ValueError: the file does not contain the scene, or its values are not those that were
                written.
        """
        with read_product(self.path):
            if scene not in self._file:
                raise ValueError(f"{self.path}: has no scene {scene}")
            data = self._file[scene][()]
            centres = self._file.attrs["wavelengths_nm"]
            if self._file[scene].attrs["sha256"] != _compute_checksum(scene, data, centres):
                raise ValueError(
                    f"{self.path}: {scene} differs from what was written, perhaps through a "
                    f"damaged disk; {REMEDY}"
                )
            return np.moveaxis(data, -1, 0)

    def list_scenes(self) -> list[str]:
        """Return the scenes of the file.

        Raises:
            ValueError: the file is damaged.
        """
        with read_product(self.path):
            return list(self._file)


def find_damage(path: str | Path) -> str | None:
    """Compare the cubes of a file with their checksums.

    Args:
        path: a file of reconstructions.

    Returns:
        A sentence about the first cube that cannot be read or has other values than those that
        were written; None if there is none.
    """
    try:
        file = Reconstructions(path)
        for scene in file.list_scenes():
            file.cube(scene)
    except ValueError as error:
        return str(error)
    return None


def _compute_checksum(scene: str, data: Array, wavelengths_nm: NDArray[np.floating]) -> str:
    """The SHA-256 of a scene's name, its bands, its shape and its values."""
    digest = hashlib.sha256(repr((scene, data.shape, data.dtype.str)).encode())
    digest.update(np.ascontiguousarray(wavelengths_nm, dtype="<f8").tobytes())
    digest.update(np.ascontiguousarray(data).tobytes())
    return digest.hexdigest()


def scale_to_maximum(cube: Array, maximum: float | None) -> Array:
    """Return a cube multiplied by the number that makes `maximum` its greatest value.

    Args:
        cube: of any shape; without a positive value it is returned unchanged.
        maximum: None returns the cube unchanged.

    Example:
        >>> scale_to_maximum(np.array([1, 4], np.float32), 1.0).tolist()
        [0.25, 1.0]
    """
    peak = cube.max()
    return cube if maximum is None or peak <= 0 else cube * np.float32(maximum / peak)


def describe_maximum(maximum: float | None) -> str:
    """Return the line of a log about the maximum that reconstructions are scaled to."""
    if maximum is None:
        return "the training cubes have no common maximum, so no reconstruction is scaled"
    return f"each reconstruction is scaled to a maximum of {maximum:g}, which training cubes share"
