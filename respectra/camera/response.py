"""The spectral response of a camera: the sensitivity of each colour channel to each wavelength."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from respectra.datasets.table import read_cells
from respectra.files import read_product
from respectra.logs import log

Array = NDArray[np.floating]
GAP_STEPS, GAP_NM = 3, 20.0  # a larger distance of two rows than both is a gap
ROWS = 16  # rows of an image that are projected at a time; their float64 values fit the cache


def load_response(
    path: str | Path,
    wavelengths_nm: Sequence[float],
    *,
    columns: Sequence[str],
    gains: Sequence[float] = (1.0, 1.0, 1.0),
    unit: str = "share",
) -> Array:
    """Read a table of spectral responses and interpolate it linearly at the bands of a cube.

    Args:
        path: a CSV whose first column is the wavelength in nanometres, ascending.
        wavelengths_nm: the centres of the bands.
        columns: the columns of R, G and B.
        gains: the factor of each channel.
        unit: of the table: `share` is at most 1, `percent` is divided by 100, `relative` may have
            any values.

    Returns:
        (3, bands), float64. A warning is logged where rows are probably missing.

    Raises:
        ValueError: a column is missing; a cell is no number; the wavelengths do not ascend; a
            response is negative, zero everywhere, or does not fit the unit; or a band is outside
            the wavelengths of the table.
    """
    sampled, curves = _read_curves(Path(path), columns)
    _check_unit(Path(path), curves, columns, unit)
    bands = np.asarray(wavelengths_nm, dtype=float)
    if bands.min() < sampled[0] or bands.max() > sampled[-1]:
        raise ValueError(
            f"{path}: covers {sampled[0]:g} to {sampled[-1]:g} nm, but the bands cover "
            f"{bands.min():g} to {bands.max():g} nm; choose a camera that covers "
            "them, or leave bands out with read.leave_out_bands"
        )
    _note_gap(Path(path), sampled, bands)
    share = 0.01 if unit == "percent" else 1.0
    sampled_curves = [share * np.interp(bands, sampled, curve) for curve in curves]
    return np.stack(sampled_curves) * np.asarray(gains, dtype=float)[:, None]


def _note_gap(path: Path, sampled: Array, bands: Array) -> None:
    """Log a warning where rows are probably missing between two bands."""
    if len(sampled) < 2:
        return
    steps = np.diff(sampled)
    largest = max(GAP_STEPS * float(np.median(steps)), GAP_NM)
    for index in np.flatnonzero(steps > largest):
        first, last = sampled[index : index + 2]
        if ((bands > first) & (bands < last)).any():
            log.warning(
                "%s: has no row between %g and %g nm; the responses are interpolated there",
                path, first, last,
            )  # fmt: skip


def _read_curves(path: Path, columns: Sequence[str]) -> tuple[Array, Array]:
    """The wavelengths of a table, and the columns of R, G and B, (3, rows)."""
    if not path.exists():
        raise ValueError(f"{path}: does not exist; it is the table of the camera's response")
    cells = read_cells(path)
    header, rows = (cells[0], cells[1:]) if cells else ([], [])
    for column in columns:
        if column not in header:
            names = " ".join(", ".join(header)[:200].split())
            raise ValueError(f"{path}: has no column {column}; its columns are {names}")
        if header.count(column) > 1:
            raise ValueError(f"{path}: has two columns {column}; keep one")
    if not rows:
        raise ValueError(f"{path}: has no row of a wavelength")
    positions = [0, *(header.index(column) for column in columns)]
    table = np.array(
        [_read_row(path, number, row, positions) for number, row in enumerate(rows, 2)]
    )
    steps = np.diff(table[:, 0])
    if (steps <= 0).any():
        before = int(np.flatnonzero(steps <= 0)[0])
        raise ValueError(
            f"{path}: row {before + 3} has the wavelength {table[before + 1, 0]:g} nm after "
            f"{table[before, 0]:g} nm; sort the rows so that each wavelength is greater"
        )
    return table[:, 0], table[:, 1:].T


def _read_row(path: Path, number: int, row: Sequence[str], positions: Sequence[int]) -> list[float]:
    values = []
    for position in positions:
        cell = row[position] if position < len(row) else ""
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(f"{path}: row {number} has {cell[:40]!r}, which is no finite number")
        values.append(value)
    return values


def _check_unit(path: Path, curves: Array, columns: Sequence[str], unit: str) -> None:
    """Refuse responses that no sensor has, and ask for the unit of values above 1."""
    for column, curve in zip(columns, curves, strict=True):
        if curve.min() < 0:
            raise ValueError(f"{path}: {column} has the response {curve.min():g}; none is negative")
        if not curve.any():
            raise ValueError(f"{path}: {column} is zero everywhere; a channel needs a response")
    highest, most = curves.max(), {"share": 1.0, "percent": 100.0}.get(unit, math.inf)
    if highest > most * (1 + 1e-9):
        percent = "response.unit: percent if the values are per cent, or " if most == 1 else ""
        raise ValueError(
            f"{path}: has the response {highest:g}, more than {most:g}; in the YAML of the camera, "
            f"set {percent}response.unit: relative if they have another unit"
        )


def write_response(
    path: str | Path,
    wavelengths_nm: Sequence[float],
    response: Array,
    gains: Sequence[float] = (1.0, 1.0, 1.0),
) -> None:
    """Write a response as a CSV.

    The columns are wavelength_nm, R, G and B, then R_sensor, G_sensor and B_sensor: the response
    of the sensor alone, without the gains of the white balance.

    Args:
        path: the file to write.
        wavelengths_nm: the centres of the bands.
        response: (3, bands), with the gains.
        gains: the factor of each channel that `response` contains.
    """
    sensor = response / np.asarray(gains, dtype=float)[:, None]
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["wavelength_nm", "R", "G", "B", "R_sensor", "G_sensor", "B_sensor"])
        columns = np.concatenate([response, sensor])
        for wavelength, values in zip(wavelengths_nm, columns.T, strict=True):
            table.writerow([f"{wavelength:g}", *(repr(float(value)) for value in values)])


def read_response(path: str | Path) -> Array:
    """Read a response that `write_response` wrote, (3, bands)."""
    return _read_columns(path)[1:4]


def read_sensor_response(path: str | Path) -> Array:
    """Read the response without the gains of the white balance, (3, bands)."""
    return _read_columns(path)[4:7]


def _read_columns(path: str | Path) -> Array:
    with read_product(path):
        rows = Path(path).read_text(encoding="utf-8").splitlines()[1:]
        columns: Array = np.loadtxt(rows, delimiter=",", ndmin=2).T if rows else np.empty((0, 0))
        if len(columns) != 7:
            raise ValueError(f"{len(columns)} columns instead of 7")
        bands = _count_bands(Path(path))
        if bands not in (None, columns.shape[1]):
            raise ValueError(f"it has {columns.shape[1]} bands, the data set {bands}")
    return columns


def _count_bands(response: Path) -> int | None:
    """The bands of the data set of a response; None if its table is not in its place."""
    folder = response.parent  # of the camera: of a data set, or inside the folder of a condition
    for table in (folder.parent.parent / "datasets" / folder.name, folder.parent):
        wavelengths = table / "wavelengths.csv"
        if wavelengths.is_file():
            return len(wavelengths.read_text(encoding="utf-8").split()) - 1
    return None


def project(cube: Array, response: Array) -> Array:
    """The signal of each colour channel: the sum of the bands weighted by the response.

    Args:
        cube: (bands, rows, columns).
        response: (3, bands).

    Returns:
        (3, rows, columns), float64; negative values become 0.

    Raises:
        ValueError: the numbers of bands differ.

    Example:
        >>> response = np.array([[1, 1], [2, 0], [0, 1.0]])
        >>> project(np.full((2, 1, 1), 0.5), response).ravel().tolist()
        [1.0, 1.0, 0.5]
    """
    if response.shape[1] != cube.shape[0]:
        raise ValueError(
            f"project: the response has {response.shape[1]} bands, the cube {cube.shape[0]}; "
            "sample the response at the bands of the cube"
        )
    bands_last = np.moveaxis(cube, 0, -1)  # the memory order of a stored cube, so nothing is copied
    signal = np.empty((len(response), *bands_last.shape[:-1]))
    for first in range(0, len(bands_last), ROWS):
        rows = bands_last[first : first + ROWS]
        spectra = rows.reshape(-1, rows.shape[-1]).astype(np.float64)
        projected = response @ spectra.T
        signal[:, first : first + ROWS] = projected.reshape(-1, *rows.shape[:2])
    return np.maximum(signal, 0.0, out=signal)
