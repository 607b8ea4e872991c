"""The one product of networks, ensembles and controls: a file of reconstructed cubes.

HDF5, one data set (rows, columns, bands) of float32 per scene, `wavelengths_nm` as an attribute.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from respectra.files import aside

Array = NDArray[np.float32]


@contextmanager
def writer(
    path: str | Path, wavelengths_nm: Sequence[float]
) -> Iterator[Callable[[str, Array], None]]:
    """A function that takes a scene's name and cube (bands, rows, columns), scene after scene."""
    with aside(path) as part, h5py.File(part, "w") as file:
        file.attrs["wavelengths_nm"] = np.asarray(wavelengths_nm)

        def write(scene: str, cube: Array) -> None:
            data = np.ascontiguousarray(np.moveaxis(cube, 0, -1), dtype=np.float32)
            file.create_dataset(scene, data=data)

        yield write


class Reconstructions:
    """The reconstructed cubes of one split, read one at a time.

    Raises:
        ValueError: the file is not one.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._file = h5py.File(path, "r")
        except OSError as error:
            raise ValueError(f"{path}: is no file of reconstructions: {error}") from error

    def cube(self, scene: str) -> Array:
        """(bands, rows, columns).

        Raises:
            ValueError: the scene is not in the file.
        """
        if scene not in self._file:
            raise ValueError(f"{self.path}: has no scene {scene}")
        return np.moveaxis(self._file[scene][()], -1, 0)


def brought_to(cube: Array, maximum: float | None) -> Array:
    """A cube times the one number that makes this its greatest value; None leaves it as it is.

    Example:
        >>> brought_to(np.array([1, 4], np.float32), 1.0).tolist()
        [0.25, 1.0]
    """
    peak = cube.max()
    return cube if maximum is None or peak <= 0 else cube * np.float32(maximum / peak)
