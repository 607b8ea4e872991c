"""Reading a cube from a file of any archive: (bands, rows, columns), float32."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io
from numpy.typing import NDArray

from respectra.datasets.layout import SUFFIXES

Array = NDArray[np.float32]
AXES = ("bands", "rows", "columns")
NORM_KEY = "norm_factor"
WAVELENGTH_KEYS = ("wavelengths_nm", "bands")
TOLERANCE_NM = 0.5  # wavelengths that differ by less are equal


def read_cube(
    path: str | Path,
    *,
    key: str = "cube",
    axes: Sequence[str] | None = None,
    wavelengths_nm: Sequence[float] | None = None,
) -> tuple[Array, list[float]]:
    """Read a cube and the centres of its bands.

    The default order of axes is (rows, columns, bands), as MATLAB shows an array. A v7.3 file
    stores the axes in reverse order; they are reversed on reading.

    Args:
        path: `.mat` (v5 or v7.3), `.npy` or `.npz`.
        key: name of the variable, for files with names.
        axes: the order of bands, rows and columns, as MATLAB or NumPy shows it.
        wavelengths_nm: the centres of the bands; required if the file does not state them, else
            compared with those of the file.

    Returns:
        The cube (bands, rows, columns), float32, and the wavelengths in nanometres.

    Raises:
        ValueError: the file cannot be read, or its shape, data type or bands are wrong.
    """
    path = Path(path)
    array, file_wavelengths = _load(path, key)
    if array.ndim != 3:
        raise ValueError(f"{path}: {key} has shape {array.shape}; a cube has three axes")
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{path}: {key} has the data type {array.dtype}; a cube holds numbers")
    order = tuple(axes or ("rows", "columns", "bands"))
    if sorted(order) != sorted(AXES):
        raise ValueError(
            f"{path}: axes: [{', '.join(order)}] is not an order of bands, rows and columns"
        )
    wavelengths = _choose_wavelengths(path, file_wavelengths, wavelengths_nm)
    axis = order.index("bands")
    if array.shape[axis] != len(wavelengths):
        fitting = [i for i, size in enumerate(array.shape) if size == len(wavelengths)]
        hint = (
            f"; axis {fitting[0]} has {len(wavelengths)}: set axes, such as [bands, rows, columns]"
            if fitting
            else ""
        )
        raise ValueError(
            f"{path}: {key} has {array.shape[axis]} bands on axis {axis} of {array.shape}, "
            f"but {len(wavelengths)} wavelengths are stated{hint}"
        )
    cube = np.transpose(array, [order.index(name) for name in AXES])
    return cube.astype(np.float32, copy=False), wavelengths


def _choose_wavelengths(
    path: Path, file_wavelengths: list[float] | None, wavelengths_nm: Sequence[float] | None
) -> list[float]:
    """The wavelengths that the data set states, else those of the file."""
    if wavelengths_nm is None:
        if file_wavelengths is None:
            raise ValueError(
                f"{path}: states no wavelengths; set wavelengths_nm in the YAML of the data set"
            )
        return file_wavelengths
    if (
        file_wavelengths is not None
        and len(file_wavelengths) == len(wavelengths_nm)
        and not np.allclose(file_wavelengths, wavelengths_nm, atol=TOLERANCE_NM)
    ):
        raise ValueError(
            f"{path}: its bands are {file_wavelengths[0]:g} to {file_wavelengths[-1]:g} nm, "
            f"the data set's {wavelengths_nm[0]:g} to {wavelengths_nm[-1]:g} nm; "
            "correct wavelengths_nm in the YAML of the data set"
        )
    return list(wavelengths_nm)


def read_norm_factor(path: str | Path) -> float | None:
    """The divisor that normalised a cube, as its file states it (`norm_factor` of ARAD-1K).

    Returns:
        None if the file does not state it.

    Raises:
        ValueError: the value is not a positive number.
    """
    path = Path(path)
    if path.suffix == ".npy":
        return None
    try:
        array, _ = _load(path, NORM_KEY)
    except ValueError:  # no such key; reading the cube names a damaged file
        return None
    value = float(array.item()) if array.size == 1 else float("nan")
    if not 0 < value < float("inf"):
        raise ValueError(
            f"{path}: {NORM_KEY} is {np.ravel(array).tolist()}; it must be one positive number"
        )
    return value


def read_map(path: str | Path, key: str) -> NDArray[np.uint8]:
    """Read a map of labels or a mask, (rows, columns), uint8.

    Args:
        path: `.mat`, `.npy` or `.npz`.
        key: name of the variable.

    Raises:
        ValueError: the file cannot be read, or holds other values than integers from 0 to 255.
    """
    array, _ = _load(Path(path), key)
    if array.ndim != 2 or not np.array_equal(array, array.astype(np.uint8)):
        raise ValueError(
            f"{path}: {key} is not a map (rows, columns) of integers from 0 to 255: "
            f"its shape is {array.shape}, its data type {array.dtype}"
        )
    return array.astype(np.uint8)


def _load(path: Path, key: str) -> tuple[NDArray[Any], list[float] | None]:
    """A variable as MATLAB or NumPy shows it, and the wavelengths if the file has them."""
    if not path.is_file():
        raise ValueError(f"{path}: does not exist")
    if path.stat().st_size == 0:
        raise ValueError(f"{path}: is empty; replace it")
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path}: has an unknown format; a cube is one of {', '.join(SUFFIXES)}")
    try:
        if path.suffix == ".npy":
            return np.load(path, mmap_mode="r", allow_pickle=False), None
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                return _select(path, key, list(file), lambda name: file[name])
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                names = [name for name in file if isinstance(file[name], h5py.Dataset)]
                return _select(path, key, names, lambda name: file[name][()].T)
        names = [name for name, _, _ in scipy.io.whosmat(path)]
        variables = scipy.io.loadmat(path, variable_names=[key, *WAVELENGTH_KEYS])
        return _select(path, key, names, variables.__getitem__)
    except _NoSuchKeyError as error:
        raise ValueError(str(error)) from None
    except MemoryError:
        raise
    except Exception as error:  # the readers raise many types, such as zlib.error
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: cannot be read; the file may be incomplete: {reason}") from error


class _NoSuchKeyError(Exception):
    """A file does not contain a variable."""


def _select(
    path: Path, key: str, names: list[str], read_variable: Callable[[str], Any]
) -> tuple[NDArray[Any], list[float] | None]:
    """The variable `key` and the wavelengths of a file with the variables `names`."""
    if key not in names:
        raise _NoSuchKeyError(
            f"{path}: has no variable {key}; its variables are {', '.join(sorted(names))}"
        )
    wavelength_key = next((name for name in WAVELENGTH_KEYS if name in names), None)
    if wavelength_key is None:
        return read_variable(key), None
    return read_variable(key), [float(v) for v in np.ravel(read_variable(wavelength_key))]


def crop(cube: NDArray[Any], margin: int) -> NDArray[Any]:
    """Remove a margin of pixels from each side of an image.

    Args:
        cube: (…, rows, columns).
        margin: pixels to remove on each side; the challenge scores with 128, which leaves 226×256
            of 482×512.

    Raises:
        ValueError: no pixel would remain.

    Example:
        >>> crop(np.zeros((31, 482, 512)), 128).shape
        (31, 226, 256)
    """
    rows, columns = cube.shape[-2:]
    if min(rows, columns) <= 2 * margin:
        raise ValueError(
            f"crop: a margin of {margin} removes all of {rows}×{columns} pixels; "
            "set a smaller crop in the YAML of the data set"
        )
    return cube[..., margin : rows - margin, margin : columns - margin]
