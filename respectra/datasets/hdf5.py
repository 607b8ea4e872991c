"""Arrays in files of HDF5 and MATLAB; links to other files are never followed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io
from numpy.typing import NDArray

from respectra.datasets.variables import UnreadableError, Variable, Variables, check_claim

DEEPEST = 8  # levels of groups or structs


@contextmanager
def open_hdf5(path: Path) -> Iterator[Variables]:
    """Open a file of HDF5; arrays in groups are called `group/name`."""
    with h5py.File(path, "r", locking=False) as file:
        variables = Variables()
        _list_hdf5(path, file, "", variables, 0)
        yield variables


def _list_hdf5(path: Path, group: Any, prefix: str, variables: Variables, depth: int) -> None:
    """Add the arrays of a group; links to other files are never followed."""
    for name in group:
        if isinstance(group.get(name, getlink=True), h5py.HardLink):
            item = group[name]
            if isinstance(item, h5py.Group):
                if depth < DEEPEST and name != "#refs#":
                    _list_hdf5(path, item, f"{prefix}{name}/", variables, depth + 1)
            elif isinstance(item, h5py.Dataset) and item.shape is not None:
                variables[prefix + name] = _describe_hdf5(path, item, prefix + name)
                units = item.attrs.get("units", item.attrs.get("Units"))
                if isinstance(units, bytes | str):
                    text = units.decode("latin-1") if isinstance(units, bytes) else units
                    variables.units[prefix + name] = text
        else:
            variables[prefix + name] = Variable((), "link", _refuse_link(prefix + name))


def _refuse_link(name: str) -> Callable[[], NDArray[Any]]:
    def read() -> NDArray[Any]:
        raise UnreadableError(
            f"{name} is a link to another place; copy the values themselves into the file"
        )

    return read


def _describe_hdf5(path: Path, dataset: Any, name: str) -> Variable:
    is_matlab = path.suffix.lower() == ".mat" or "MATLAB_class" in dataset.attrs
    shape = dataset.shape[::-1] if is_matlab else dataset.shape

    def read() -> NDArray[Any]:
        if dataset.external:
            raise UnreadableError(
                f"the values of {name} are in another file, {dataset.external[0][0]}; "
                "copy them into this file"
            )
        if dataset.is_virtual:
            raise UnreadableError(
                f"{name} is a virtual data set: its values are in other files; "
                "copy them into this file"
            )
        check_claim(dataset.shape, dataset.dtype.itemsize, path.stat().st_size)
        if dataset.size and dataset.id.get_storage_size() == 0:
            raise UnreadableError(f"{name} holds no values, only a size; write them")
        values = np.asarray(dataset[()])
        return values.T if is_matlab else values

    return Variable(tuple(shape), dataset.dtype.kind, read)


@contextmanager
def open_mat(path: Path) -> Iterator[Variables]:
    """Open a file of MATLAB, v4, v5 or v7.3; fields of structs are called `struct/field`."""
    if h5py.is_hdf5(path):
        with open_hdf5(path) as variables:
            yield variables
        return
    variables = Variables()
    # A compressed variable states its size before its values.
    for name, shape, matlab_class in scipy.io.whosmat(path):
        if matlab_class in ("struct", "object"):
            value = scipy.io.loadmat(path, variable_names=[name])[name]
            _list_struct(value, name, variables, 0)
        elif matlab_class in MATLAB_KINDS:
            check_claim(tuple(shape), 1, path.stat().st_size)
            kind = MATLAB_KINDS[matlab_class]
            variables[name] = Variable(tuple(shape), kind, _read_mat(path, name))
    yield variables


MATLAB_KINDS = {
    "double": "f", "single": "f", "int8": "i", "int16": "i", "int32": "i", "int64": "i",
    "uint8": "u", "uint16": "u", "uint32": "u", "uint64": "u", "logical": "b", "char": "U",
}  # fmt: skip


def _read_mat(path: Path, name: str) -> Callable[[], NDArray[Any]]:
    return lambda: scipy.io.loadmat(path, variable_names=[name])[name]


def _list_struct(value: Any, prefix: str, variables: Variables, depth: int) -> None:
    """Add the fields of a struct of MATLAB, `struct/field`."""
    if depth > DEEPEST or not isinstance(value, np.ndarray) or value.size != 1:
        return
    element = value.ravel()[0]
    for name in value.dtype.names or ():
        inner = np.asarray(element[name])
        if inner.dtype.names:
            _list_struct(inner, f"{prefix}/{name}", variables, depth + 1)
        else:
            read = partial(np.asarray, inner)
            variables[f"{prefix}/{name}"] = Variable(inner.shape, inner.dtype.kind, read)
