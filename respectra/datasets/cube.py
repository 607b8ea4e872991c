"""Reading a cube from a file of any archive: (bands, rows, columns), float32."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.datasets.bands import (
    Choice,
    FileBands,
    choose_wavelengths,
    convert_to_nm,
    select_bands,
)
from respectra.datasets.formats import open_variables
from respectra.datasets.variables import IMAGE, Variable

Array = NDArray[np.float32]
AXES = ("bands", "rows", "columns")
NORM_KEY = "norm_factor"
DATA_TYPES = {
    "c": "complex",
    "O": "object",
    "U": "text",
    "S": "text",
    "b": "logical",
    "V": "record",
}


def read_cube(
    path: str | Path,
    *,
    key: str = "cube",
    axes: Sequence[str] | None = None,
    maximum: float | None = None,
    leave_out_bands: Choice = (),
    wavelengths_nm: Sequence[float] | None = None,
) -> tuple[Array, list[float]]:
    """Read a cube and the centres of its bands.

    The default order of axes is (rows, columns, bands), as MATLAB shows an array. MATLAB v7.3
    stores the axes in reverse order; they are reversed on reading. Bands are returned by ascending
    wavelength.

    Args:
        path: `.mat` (v5 or v7.3), `.npy`, `.npz`, `.h5`, a header of ENVI (`.hdr`), or `.tif`.
        key: name of the variable, for files with names; `struct/field` for a nested one.
        axes: the order of bands, rows and columns, as MATLAB or NumPy shows it.
        maximum: divisor of the values; required if the file states a scale.
        leave_out_bands: bands to leave out, as in `respectra.datasets.bands.select_bands`.
        wavelengths_nm: the centres of all bands of the file; required if the file does not state
            them, else compared with those of the file.

    Returns:
        The cube (bands, rows, columns), float32, and the wavelengths in nanometres.

    Raises:
        ValueError: the file cannot be read, or its shape, data type or bands are wrong.
    """
    path = Path(path)
    with open_variables(path) as (variables, bands):
        variable, order, wavelengths = _inspect(path, variables, bands, key, axes, wavelengths_nm)
        if maximum is None and bands.scale not in (None, 0, 1):
            raise ValueError(
                f"{path}: its header states the scale factor {bands.scale:g}; set "
                f"read.maximum: {bands.scale:g} in the YAML of the data set, or 1 to use the "
                "values as they are"
            )
        positions = select_bands(path, wavelengths, leave_out_bands, bands)
        array = _check_array(path, variable.read(), key)
        cube = np.transpose(array, [order.index(axis) for axis in AXES])
        if positions != list(range(len(wavelengths))):
            cube = cube[positions]
        cube = cube.astype(np.float32, copy=False)
    if maximum is not None:
        cube = (cube / np.float32(maximum)).astype(np.float32, copy=False)
    return cube, [wavelengths[i] for i in positions]


def read_shape(
    path: str | Path,
    *,
    key: str = "cube",
    axes: Sequence[str] | None = None,
    leave_out_bands: Choice = (),
    wavelengths_nm: Sequence[float] | None = None,
) -> tuple[tuple[int, int], list[float]]:
    """Rows, columns and the centres of the bands of a cube, without reading its values.

    Args:
        path: as in `read_cube`, like all arguments.
        key: name of the variable.
        axes: the order of bands, rows and columns.
        leave_out_bands: bands to leave out.
        wavelengths_nm: the centres of all bands of the file.

    Raises:
        ValueError: as in `read_cube`.
    """
    path = Path(path)
    with open_variables(path) as (variables, bands):
        variable, order, wavelengths = _inspect(path, variables, bands, key, axes, wavelengths_nm)
        positions = select_bands(path, wavelengths, leave_out_bands, bands)
    rows, columns = (variable.shape[order.index(axis)] for axis in ("rows", "columns"))
    return (rows, columns), [wavelengths[i] for i in positions]


def _inspect(
    path: Path,
    variables: Mapping[str, Variable],
    bands: FileBands,
    key: str,
    axes: Sequence[str] | None,
    wavelengths_nm: Sequence[float] | None,
) -> tuple[Variable, tuple[str, ...], list[float]]:
    """The variable of a cube, the order of its axes and the centres of its bands."""
    name = IMAGE if list(variables) == [IMAGE] else key.replace(".", "/")
    if name not in variables:
        raise ValueError(f"{path}: {describe_missing_key(key, variables)}")
    variable = variables[name]
    order = tuple(axes or ("rows", "columns", "bands"))
    if sorted(order) != sorted(AXES):
        raise ValueError(
            f"{path}: axes: [{', '.join(order)}] is not an order of bands, rows and columns"
        )
    if variable.kind == "link":
        variable.read()  # raises the sentence
    _check_shape(path, variable.shape, variable.kind, key)
    try:
        of_file = convert_to_nm(path, bands)
    except ValueError:
        if wavelengths_nm is None:
            raise
        of_file = None  # the data set states what the file does not
    wavelengths = choose_wavelengths(path, of_file, wavelengths_nm)
    _check_band_count(path, variable.shape, order, key, len(wavelengths))
    return variable, order, wavelengths


def _check_shape(path: Path, shape: tuple[int, ...], kind: str, key: str) -> None:
    """Check that an array can be a cube."""
    if len(shape) != 3:
        raise ValueError(f"{path}: {key} has shape {shape}; a cube has three axes")
    if kind not in "fiu":
        raise ValueError(
            f"{path}: {key} has the data type {DATA_TYPES.get(kind, kind)}; a cube holds numbers"
        )
    if 0 in shape:
        raise ValueError(f"{path}: {key} has shape {shape}: it holds no values; replace it")


def _check_array(path: Path, array: Any, key: str) -> NDArray[Any]:
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{path}: {key} is no array of numbers")
    _check_shape(path, array.shape, array.dtype.kind, key)
    return array


def _check_band_count(
    path: Path, shape: tuple[int, ...], order: Sequence[str], key: str, count: int
) -> None:
    axis = order.index("bands")
    if shape[axis] != count:
        fitting = [i for i, size in enumerate(shape) if size == count]
        hint = (
            f"; axis {fitting[0]} has {count}: set axes, such as [bands, rows, columns]"
            if fitting
            else ""
        )
        raise ValueError(
            f"{path}: {key} has {shape[axis]} bands on axis {axis} of {shape}, "
            f"but {count} wavelengths are stated{hint}"
        )


def describe_missing_key(key: str, variables: Mapping[str, Variable]) -> str:
    """What a file has in place of a variable, and the value to set."""
    if not variables:
        return f"has no variable {key} and no other array of numbers"
    cubes = [name for name, variable in variables.items() if is_cube(variable)]
    hint = f"; set read.key: {cubes[0]} in the YAML of the data set" if len(cubes) == 1 else ""
    return f"has no variable {key}; its variables are {', '.join(sorted(variables))[:300]}{hint}"


def is_cube(variable: Variable) -> bool:
    """Whether a variable has three axes of numbers."""
    return len(variable.shape) == 3 and variable.kind in "fiu" and min(variable.shape) > 1


def read_norm_factor(path: str | Path) -> float | None:
    """The divisor that normalised a cube, as its file states it (`norm_factor` of ARAD-1K).

    Returns:
        None if the file does not state it.

    Raises:
        ValueError: the file cannot be read, or the value is not a positive number.
    """
    path = Path(path)
    with open_variables(path) as (variables, _):
        if NORM_KEY not in variables:
            return None
        array = np.asarray(variables[NORM_KEY].read())
    value = float(array.item()) if array.size == 1 and array.dtype.kind in "fiu" else float("nan")
    if not 0 < value < float("inf"):
        raise ValueError(
            f"{path}: {NORM_KEY} is {np.ravel(array)[:5].tolist()}; it must be one positive number"
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
    path = Path(path)
    with open_variables(path) as (variables, _):
        name = IMAGE if list(variables) == [IMAGE] else key
        if name not in variables:
            raise ValueError(f"{path}: {describe_missing_key(key, variables)}")
        array = np.asarray(variables[name].read())
    is_map = array.ndim == 2 and array.dtype.kind in "fiub"
    if not is_map or not np.array_equal(array, array.astype(np.uint8)):
        raise ValueError(
            f"{path}: {key} is not a map (rows, columns) of integers from 0 to 255: "
            f"its shape is {array.shape}, its data type {array.dtype}"
        )
    return array.astype(np.uint8)


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
