"""Arrays in files of MATLAB, NumPy, HDF5, ENVI and TIFF, and what the files state about bands.

Nothing in a file is executed, no other file is opened than the named one and the data of a header,
and a file that claims more values than it can hold is refused before memory is taken.
"""

import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from respectra.datasets.bands import WAVELENGTH_KEYS, FileBands
from respectra.datasets.hdf5 import open_hdf5, open_mat
from respectra.datasets.layout import SUFFIXES
from respectra.datasets.raster import open_envi, open_tiff
from respectra.datasets.variables import IMAGE, UnreadableError, Variable, Variables, check_claim


@contextmanager
def open_variables(path: Path) -> Iterator[tuple[Mapping[str, Variable], FileBands]]:
    """Open a file of arrays.

    Args:
        path: a file with one of `SUFFIXES`.

    Yields:
        The arrays by name (`group/name` and `struct/field` for nested ones) and what the file
        states about its bands.

    Raises:
        ValueError: the file cannot be read; also while an array is read inside the block.
    """
    _check_file(path)
    open_format = {
        ".mat": open_mat, ".h5": open_hdf5, ".hdf5": open_hdf5, ".npy": _open_npy,
        ".npz": _open_npz, ".hdr": open_envi, ".tif": open_tiff, ".tiff": open_tiff,
    }[path.suffix.lower()]  # fmt: skip
    try:
        with open_format(path) as variables:
            yield variables, _describe_bands(variables)
    except UnreadableError as error:
        raise ValueError(f"{path}: {error}") from None
    except MemoryError:
        raise ValueError(
            f"{path}: does not fit into memory; its claimed size may be wrong"
        ) from None
    except (ValueError, TypeError, LookupError, AttributeError, OSError, RuntimeError) as error:
        if str(error).startswith(str(path)):
            raise
        raise ValueError(f"{path}: {_incomplete(error)}") from error
    except Exception as error:  # the readers raise many types, such as zlib.error
        raise ValueError(f"{path}: {_incomplete(error)}") from error


def _incomplete(error: Exception) -> str:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return f"cannot be read; the file may be incomplete: {reason}"


def _check_file(path: Path) -> None:
    if path.is_symlink() and not path.exists():
        raise ValueError(f"{path}: is a link to a file that does not exist")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path}: is not a regular file")
    if not path.exists():
        raise ValueError(f"{path}: does not exist")
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path}: has an unknown format; a cube is one of {', '.join(SUFFIXES)}")
    if path.stat().st_size == 0:
        raise ValueError(f"{path}: is empty; replace it")
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None


def _describe_bands(variables: Variables) -> FileBands:
    """The variables of a file that state wavelengths."""
    if variables.bands is not None:
        return variables.bands
    by_name = {name.rpartition("/")[2].lower(): name for name in reversed(list(variables))}
    for key in WAVELENGTH_KEYS:
        if key in by_name and len([n for n in variables[by_name[key]].shape if n > 1]) <= 1:
            variable = variables[by_name[key]]
            unit = "nm" if key.endswith("_nm") else variables.units.get(by_name[key])
            return FileBands(variable.read(), unit)
    return FileBands()


@contextmanager
def _open_npy(path: Path) -> Iterator[Variables]:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    variables = Variables()
    variables[IMAGE] = Variable(array.shape, array.dtype.kind, lambda: array)
    yield variables


@contextmanager
def _open_npz(path: Path) -> Iterator[Variables]:
    with np.load(path, allow_pickle=False) as file:
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise UnreadableError("is no archive of NumPy; rename it to .npy")
        variables = Variables()
        archive: Any = file.zip
        members = {info.filename: info for info in archive.infolist()}
        for name in file:
            info = members.get(f"{name}.npy")
            if info is not None:
                variables[name] = _describe_npz_member(path, file, name, info)
        yield variables


def _describe_npz_member(path: Path, file: Any, name: str, info: zipfile.ZipInfo) -> Variable:
    with file.zip.open(info) as member:
        version = np.lib.format.read_magic(member)
        read_header = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read_header(member)
    claimed = math.prod(shape) * dtype.itemsize
    if dtype.kind != "O" and claimed > info.file_size:
        raise UnreadableError(
            f"{name} claims {claimed} bytes of values, but holds {info.file_size}; it is damaged"
        )
    check_claim(shape, dtype.itemsize, path.stat().st_size)
    return Variable(shape, dtype.kind, lambda: file[name])
