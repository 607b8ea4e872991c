"""Harvard: real-world scenes of 31 bands from 420 to 720 nm, brought to other bands."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import scipy.io

from respectra.datasets.cube import Array
from respectra.datasets.layout import check_listed, locate_splits, read_splits
from respectra.datasets.scenes import Scene
from respectra.logs import log

WAVELENGTHS_NM = tuple(420.0 + 10 * i for i in range(31))


def read(*, folder: str, splits: str, wavelengths_nm: Sequence[float] | None = None) -> list[Scene]:
    """The scenes of the Harvard data set, each with a maximum of one.

    A file `{scene}.mat` (v5) holds `ref`, (rows, columns, 31), `calib`, the sensitivity of the
    camera at each band, and `lbl`, a mask that is zero where something moved. Spectra are
    interpolated linearly; below 420 nm they have the value at 420 nm. A scene with motion is cut to
    the rows above the first and below the last moved pixel, whichever part is larger.

    Args:
        folder: the folder of the files.
        splits: a CSV with the columns scene and split; or `all: NAME` for all files.
        wavelengths_nm: the bands of the result.

    Raises:
        ValueError: the wavelengths are not stated, are outside 400 to 720 nm, a file is missing, or
            a file has no row.
    """
    root = Path(folder)
    if wavelengths_nm is None or min(wavelengths_nm) < 400 or max(wavelengths_nm) > 720:
        raise ValueError(
            f"{root}: the scenes are interpolated to bands from 400 to 720 nm; "
            "set wavelengths_nm in the YAML of the data set"
        )
    names = sorted(path.stem for path in root.glob("*.mat"))
    listed = read_splits(folder, splits, names)
    check_listed(root, locate_splits(folder, splits), names, listed)
    split_of = {s: t for s, t in listed.items() if t != "unused"}
    if not split_of:
        raise ValueError(f"{root}: has no .mat file; unpack the archives of the data set there")
    if missing := sorted(set(split_of) - set(names)):
        raise ValueError(
            f"{root}/{missing[0]}.mat: does not exist ({len(missing)} scenes are missing); "
            "unpack the archives of the data set there, or set their split to `unused`"
        )
    below = sum(wavelength < WAVELENGTHS_NM[0] for wavelength in wavelengths_nm)
    log.info("%d of %d bands are extrapolated", below, len(wavelengths_nm))
    return [
        Scene(name, split, partial(_read_scene, root / f"{name}.mat", wavelengths_nm))
        for name, split in split_of.items()
    ]


def _read_scene(path: Path, wavelengths_nm: Sequence[float]) -> tuple[Array, list[float]]:
    variables = scipy.io.loadmat(path, variable_names=["ref", "calib", "lbl"])
    absent = [key for key in ("ref", "calib", "lbl") if key not in variables]
    if absent:
        raise ValueError(f"{path}: has no {absent[0]}; a scene has ref, calib and lbl")
    values, calibration = variables["ref"], variables["calib"].ravel()
    if values.ndim != 3 or values.shape[-1] != 31 or calibration.size != 31:
        raise ValueError(
            f"{path}: ref has the shape {values.shape} and calib {calibration.size} values; "
            "both have 31 bands"
        )
    values = values[_still_rows(variables["lbl"])] / calibration
    cube = interpolate_bands(values, wavelengths_nm)
    return np.moveaxis(cube / cube.max(), -1, 0).astype(np.float32), list(wavelengths_nm)


def interpolate_bands(values: Array, wavelengths_nm: Sequence[float]) -> Array:
    """Interpolate spectra linearly; outside 420 to 720 nm the nearest band is repeated.

    Args:
        values: (rows, columns, 31).
        wavelengths_nm: the bands of the result.
    """
    position = np.interp(wavelengths_nm, WAVELENGTHS_NM, np.arange(31.0))
    lower = np.minimum(position.astype(int), 29)
    share = position - lower
    return values[..., lower] * (1 - share) + values[..., lower + 1] * share


def _still_rows(mask: Array) -> slice:
    """The larger part of the rows without motion, above the moved pixels or below them."""
    moved = np.flatnonzero((mask == 0).any(axis=1))
    if not moved.size:
        return slice(None)
    above, below = int(moved[0]), len(mask) - int(moved[-1]) - 1
    return slice(0, above) if above >= below else slice(len(mask) - below, None)
