"""The camera's spectral response: how much each colour channel sees of each wavelength."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
ROWS = 16


def load_response(
    path: str | Path,
    wavelengths_nm: Sequence[float],
    *,
    columns: Sequence[str],
    gains: Sequence[float] = (1.0, 1.0, 1.0),
) -> Array:
    """A response sampled linearly at a cube's bands.

    Args:
        path: a CSV whose first column is the wavelength in nanometres, ascending.
        wavelengths_nm: the bands' centres.
        columns: the three columns to take, in the order R, G, B.
        gains: what each channel is multiplied by.

    Returns:
        (3, bands), float64.

    Raises:
        ValueError: a column is not there, or a band lies outside the file's wavelengths.
    """
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    for column in columns:
        if column not in header:
            raise ValueError(f"{path}: there is no column {column}; there are {', '.join(header)}")
    table = np.array([[float(cell) for cell in row] for row in rows])
    known = table[:, 0]
    asked = np.asarray(wavelengths_nm, dtype=float)
    if asked.min() < known[0] or asked.max() > known[-1]:
        raise ValueError(
            f"{path}: covers {known[0]:g} to {known[-1]:g} nm, "
            f"the bands reach from {asked.min():g} to {asked.max():g} nm"
        )
    curves = [np.interp(asked, known, table[:, header.index(column)]) for column in columns]
    return np.stack(curves) * np.asarray(gains, dtype=float)[:, None]


def write_response(path: str | Path, wavelengths_nm: Sequence[float], response: Array) -> None:
    """Write a response as a CSV with the columns wavelength_nm, R, G and B.

    Args:
        path: the file to write.
        wavelengths_nm: the centres of the bands.
        response: (3, bands).
    """
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["wavelength_nm", "R", "G", "B"])
        for wavelength, values in zip(wavelengths_nm, response.T, strict=True):
            table.writerow([f"{wavelength:g}", *(repr(float(value)) for value in values)])


def read_response(path: str | Path) -> Array:
    """Read a response that `write_response` wrote, (3, bands)."""
    return np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)[:, 1:].T


def project(cube: Array, response: Array) -> Array:
    """What each colour channel collects: the cube's bands, weighted and summed.

    Args:
        cube: (bands, rows, columns).
        response: (3, bands).

    Returns:
        (3, rows, columns), float64, negative values cut off.

    Raises:
        ValueError: the numbers of bands differ.

    Example:
        >>> response = np.array([[1, 1], [2, 0], [0, 1.0]])
        >>> project(np.full((2, 1, 1), 0.5), response).ravel().tolist()
        [1.0, 1.0, 0.5]
    """
    if response.shape[1] != cube.shape[0]:
        raise ValueError(f"project: response has {response.shape[1]} bands, cube {cube.shape[0]}")
    bands_last = np.moveaxis(cube, 0, -1)  # the store's own layout: no copy
    collected = np.empty((len(response), *bands_last.shape[:-1]))
    for first in range(0, len(bands_last), ROWS):  # so many doubles at a time stay in the cache
        rows = bands_last[first : first + ROWS]
        spectra = rows.reshape(-1, rows.shape[-1]).astype(np.float64)
        signal = response @ spectra.T
        collected[:, first : first + ROWS] = signal.reshape(-1, *rows.shape[:2])
    return np.maximum(collected, 0.0, out=collected)
