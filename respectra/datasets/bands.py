"""The bands of a file: their centres in nanometres, and those that a data set leaves out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.datasets.common_bands import LEAST_NM, MOST_NM, find_unit

WAVELENGTH_KEYS = (
    "wavelengths_nm", "wavelength_nm", "wavelengths", "wavelength", "wl", "bands", "band_centers",
)  # fmt: skip
TOLERANCE_NM = 0.5  # wavelengths that differ by less are equal
# Nanometres in a unit, by the unit in lower case.
UNITS = {
    "nm": 1.0, "nanometer": 1.0, "nanometers": 1.0, "nanometre": 1.0, "nanometres": 1.0,
    "um": 1e3, "µm": 1e3, "μm": 1e3, "micron": 1e3, "microns": 1e3, "micrometer": 1e3,
    "micrometers": 1e3, "micrometre": 1e3, "micrometres": 1e3,
    "m": 1e9, "meter": 1e9, "meters": 1e9, "metre": 1e9, "metres": 1e9,
    "angstrom": 0.1, "angstroms": 0.1, "å": 0.1,
}  # fmt: skip
UNSTATED = ("", "unknown", "none", "index", "wavelength")
BAD = "bad"  # a word of `leave_out_bands`

Choice = Sequence[float | str | Sequence[float]]


@dataclass(frozen=True)
class FileBands:
    """What a file states about its bands.

    Attributes:
        centres: numbers as the file has them; None if it states none.
        unit: the unit of the centres, if the file states it.
        names: names of the bands, if the file states them.
        bad: whether the file marks a band as bad, for each band, if it marks bands.
        scale: the count that means 1, if the file states it.
    """

    centres: Any = None
    unit: str | None = None
    names: Sequence[str] = field(default=())
    bad: Sequence[bool] = field(default=())
    scale: float | None = None


def convert_to_nm(path: Path, bands: FileBands) -> list[float] | None:
    """The centres of the bands in nanometres.

    A file without a unit is in nanometres, in micrometres if all centres are below 30, and in
    metres if all are below 0.0001; one whose centres are all above 3000 must state its unit.

    Returns:
        None if the file states no centres, or only numbers the bands.

    Raises:
        ValueError: the centres are no positive, finite, different numbers, have an unknown unit, or
            have none and are probably Ångström.
    """
    if bands.centres is None:
        return None
    try:
        values = np.ravel(np.asarray(bands.centres))
        if values.dtype.kind not in "fiu":
            raise ValueError
        centres = values.astype(float)
    except (TypeError, ValueError):
        raise ValueError(f"{path}: its wavelengths are no real numbers; {CORRECT}") from None
    if not centres.size or _is_numbering(centres):
        return None
    if not np.isfinite(centres).all() or centres.min() <= 0:
        worst = centres[~(np.isfinite(centres) & (centres > 0))][0]
        raise ValueError(f"{path}: has the wavelength {worst:g}; {CORRECT}")
    if len(np.unique(centres)) < len(centres):
        ordered = np.sort(centres)
        repeated = ordered[1:][np.diff(ordered) == 0][0]
        raise ValueError(f"{path}: has the wavelength {repeated:g} more than once; {CORRECT}")
    return [float(f"{value:.9g}") for value in centres * _nanometres_in(path, bands.unit, centres)]


CORRECT = "correct the file, or set wavelengths_nm in the YAML of the data set"


def _is_numbering(centres: NDArray[np.floating]) -> bool:
    """Whether the numbers count the bands from 0 or 1, or state how many there are."""
    count = np.arange(centres.size)
    is_counted = np.array_equal(centres, count) or np.array_equal(centres, count + 1)
    return is_counted or (centres.size == 1 and centres[0] < 150 and float(centres[0]).is_integer())


def _nanometres_in(path: Path, unit: str | None, centres: NDArray[np.floating]) -> float:
    name = (unit or "").strip().lower()
    if name not in UNITS and name not in UNSTATED:
        raise ValueError(
            f"{path}: its wavelengths are in the unit {name!a}, which is not understood; "
            "set wavelengths_nm in the YAML of the data set"
        )
    if name in UNITS:
        return UNITS[name]
    if centres.min() > MOST_NM:
        raise ValueError(
            f"{path}: has wavelengths from {centres.min():g} to {centres.max():g} without a unit; "
            f"{find_unit(centres.tolist())}: {CORRECT}"
        )
    return 1e9 if centres.max() < 1e-4 else 1e3 if centres.max() < LEAST_NM else 1.0


def choose_wavelengths(
    path: Path, of_file: list[float] | None, stated: Sequence[float] | None
) -> list[float]:
    """The wavelengths that the data set states, else those of the file.

    Raises:
        ValueError: neither states them, or they differ.
    """
    if stated is None:
        if of_file is None:
            raise ValueError(
                f"{path}: states no wavelengths; set wavelengths_nm in the YAML of the data set"
            )
        return of_file
    if (
        of_file is not None
        and len(of_file) == len(stated)
        and not np.allclose(of_file, stated, atol=TOLERANCE_NM)
    ):
        raise ValueError(
            f"{path}: its bands are {of_file[0]:g} to {of_file[-1]:g} nm, "
            f"the data set's {stated[0]:g} to {stated[-1]:g} nm; "
            "correct wavelengths_nm in the YAML of the data set"
        )
    return list(stated)


def select_bands(
    path: Path, wavelengths_nm: Sequence[float], leave_out: Choice, bands: FileBands
) -> list[int]:
    """The positions of the bands that remain, by ascending wavelength.

    Args:
        path: the file, for messages.
        wavelengths_nm: the centres of all bands of the file.
        leave_out: bands to leave out: a wavelength in nm, `[first, last]` in nm, a name that the
            file states, or `bad` for the bands that a header of ENVI marks as bad.
        bands: what the file states about its bands.

    Raises:
        ValueError: an item means no band, or no band remains.
    """
    centres = np.asarray(wavelengths_nm, dtype=float)
    left_out = np.zeros(centres.size, dtype=bool)
    for item in leave_out:
        matches = _match(path, item, centres, bands)
        is_range = not isinstance(item, int | float | str)
        if not matches.any() and not is_range and item != BAD:
            raise ValueError(
                f"{path}: has no band {item} to leave out; its bands are {centres.min():g} to "
                f"{centres.max():g} nm: correct read.leave_out_bands in the YAML of the data set"
            )
        left_out |= matches
    if left_out.all():
        raise ValueError(
            f"{path}: read.leave_out_bands in the YAML of the data set leaves out every band"
        )
    order = np.argsort(centres, kind="stable")
    return [int(i) for i in order if not left_out[i]]


def _match(
    path: Path, item: float | str | Sequence[float], centres: NDArray[np.floating], bands: FileBands
) -> NDArray[np.bool_]:
    if isinstance(item, int | float):
        return np.abs(centres - item) <= TOLERANCE_NM
    if not isinstance(item, str):
        first, last = item
        return (centres >= first) & (centres <= last)
    marks = bands.bad if item == BAD else [name.strip() == item.strip() for name in bands.names]
    if len(marks) != centres.size:
        what = "does not mark bad bands" if item == BAD else "states no names of its bands"
        raise ValueError(
            f"{path}: {what}, so read.leave_out_bands: {item} means none; state wavelengths in nm"
        )
    return np.asarray(marks, dtype=bool)
