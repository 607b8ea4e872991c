"""A cube from a file: whatever the archive's layout, (bands, rows, columns), float32."""

from collections.abc import Sequence
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


def read(
    path: str | Path,
    *,
    key: str = "cube",
    axes: Sequence[str] | None = None,
    wavelengths_nm: Sequence[float] | None = None,
) -> tuple[Array, list[float]]:
    """A cube and its bands' centres.

    Files are taken to hold (rows, columns, bands), as MATLAB shows them; a v7.3 file stores that
    backwards and is turned round.

    Args:
        path: `.mat` (v5 or v7.3), `.npy` or `.npz`.
        key: the variable's name, where a file has names.
        axes: another order of bands, rows and columns, as MATLAB or NumPy shows it.
        wavelengths_nm: the bands' centres, where the file has none or to hold the file's against.

    Returns:
        The cube (bands, rows, columns), float32 as stored, and the wavelengths in nanometres.

    Raises:
        ValueError: naming the file and what is wrong with it.
    """
    path = Path(path)
    array, own = _load(path, key)
    if array.ndim != 3:
        raise ValueError(f"{path}: {key} has shape {array.shape}; a cube has three axes")
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{path}: {key} holds {array.dtype}; numbers are wanted")
    order = tuple(axes or ("rows", "columns", "bands"))
    if sorted(order) != sorted(AXES):
        raise ValueError(f"{path}: axes {order} are not bands, rows and columns in some order")
    if (
        wavelengths_nm is not None
        and own is not None
        and len(own) == len(wavelengths_nm)
        and not np.allclose(own, wavelengths_nm, atol=0.5)
    ):
        raise ValueError(
            f"{path}: its bands are {own[0]:g} to {own[-1]:g} nm, "
            f"the data set's {wavelengths_nm[0]:g} to {wavelengths_nm[-1]:g} nm"
        )
    wavelengths = list(wavelengths_nm) if wavelengths_nm is not None else own
    if wavelengths is None:
        raise ValueError(
            f"{path}: says nothing of its wavelengths; state wavelengths_nm in the data set's file"
        )
    bands = order.index("bands")
    if array.shape[bands] != len(wavelengths):
        elsewhere = [i for i, size in enumerate(array.shape) if size == len(wavelengths)]
        hint = (
            f"; axis {elsewhere[0]} has as many: state axes, as in [bands, rows, columns]"
            if elsewhere
            else ""
        )
        raise ValueError(
            f"{path}: {key} has {array.shape[bands]} bands on axis {bands} of {array.shape}, "
            f"there are {len(wavelengths)} wavelengths{hint}"
        )
    cube = np.transpose(array, [order.index(axis) for axis in AXES])
    return cube.astype(np.float32, copy=False), wavelengths


def norm_factor(path: str | Path) -> float | None:
    """What a file says its cube was divided by (`norm_factor` in ARAD-1K), or None.

    Raises:
        ValueError: it is no number above zero.
    """
    path = Path(path)
    if path.suffix == ".npy":
        return None
    try:
        found, _ = _load(path, NORM_KEY)
    except ValueError:  # it is not there; a broken file is told of where its cube is read
        return None
    value = float(found.item()) if found.size == 1 else float("nan")
    if not 0 < value < float("inf"):
        raise ValueError(f"{path}: {NORM_KEY} is no number above zero")
    return value


def load_map(path: str | Path, key: str) -> NDArray[np.uint8]:
    """Small whole numbers at every pixel, (rows, columns): labels or a mask.

    Raises:
        ValueError: naming the file and what is wrong with it.
    """
    found, _ = _load(Path(path), key)
    if found.ndim != 2 or not np.array_equal(found, found.astype(np.uint8)):
        raise ValueError(f"{path}: {key} is no map of whole numbers from 0 to 255")
    return found.astype(np.uint8)


def _load(path: Path, key: str) -> tuple[NDArray[Any], list[float] | None]:
    """The array as MATLAB or NumPy shows it, and the wavelengths if the file has them."""
    if not path.is_file():
        raise ValueError(f"{path}: is not there")
    if path.stat().st_size == 0:
        raise ValueError(f"{path}: is empty")
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path}: a cube is one of {', '.join(SUFFIXES)}")
    try:
        if path.suffix == ".npy":
            return np.load(path, mmap_mode="r", allow_pickle=False), None
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                names = list(file)
                return _named(path, key, names, lambda name: file[name])
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                names = [name for name in file if isinstance(file[name], h5py.Dataset)]
                return _named(path, key, names, lambda name: file[name][()].T)
        names = [name for name, _, _ in scipy.io.whosmat(path)]
        found = scipy.io.loadmat(path, variable_names=[key, *WAVELENGTH_KEYS])
        return _named(path, key, names, found.__getitem__)
    except _NoSuchKeyError as error:
        raise ValueError(str(error)) from None
    except MemoryError:
        raise
    except Exception as error:  # whatever a reader makes of a broken file, zlib.error among it
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: cannot be read, perhaps cut short: {reason}") from error


class _NoSuchKeyError(Exception):
    pass


def _named(
    path: Path, key: str, names: list[str], get: Any
) -> tuple[NDArray[Any], list[float] | None]:
    if key not in names:
        raise _NoSuchKeyError(f"{path}: there is no {key}; there are {', '.join(sorted(names))}")
    own = next((name for name in WAVELENGTH_KEYS if name in names), None)
    wavelengths = None if own is None else [float(v) for v in np.ravel(get(own))]
    return get(key), wavelengths


def crop(cube: NDArray[Any], margin: int) -> NDArray[Any]:
    """The part that is scored: `margin` pixels less on each side.

    Args:
        cube: (…, rows, columns).
        margin: 128 in the challenge, which leaves 226×256 of 482×512.

    Raises:
        ValueError: nothing would be left.

    Example:
        >>> crop(np.zeros((31, 482, 512)), 128).shape
        (31, 226, 256)
    """
    rows, columns = cube.shape[-2:]
    if min(rows, columns) <= 2 * margin:
        raise ValueError(f"crop: nothing is left of {rows}×{columns} without {margin} on each side")
    return cube[..., margin : rows - margin, margin : columns - margin]
