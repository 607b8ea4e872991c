"""Anyone's cubes: a folder of files and a table that says which split each scene is in."""

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from respectra.datasets import cube
from respectra.datasets.layout import SUFFIXES, splits_file
from respectra.datasets.scenes import Scene


def read(
    *,
    folder: str,
    splits: str = "scenes.csv",
    key: str = "cube",
    axes: Sequence[str] | None = None,
    maximum: float | None = None,
    wavelengths_nm: Sequence[float] | None = None,
) -> list[Scene]:
    """The scenes of a folder; cubes may have any size and number of bands.

    Args:
        folder: where the files lie: `{scene}.mat` (v5 or v7.3), `.npy` or `.npz`.
        splits: a CSV with the columns scene and split, in `folder` or at a path of its own.
        key: the cube's name inside a file.
        axes: the order of bands, rows and columns, if it is not (rows, columns, bands).
        maximum: what the files' numbers are divided by (4095 for NTIRE 2018).
        wavelengths_nm: the bands' centres, if the files do not say.

    Raises:
        ValueError: a scene is missing from the folder, or from every split.
    """
    place = Path(folder)
    if not place.is_dir():
        raise ValueError(
            f"{place}: there is no such folder; put the cubes and {splits} there, "
            "or name another with --config folder=PATH"
        )
    table = splits_file(folder, splits)
    if not table.is_file():
        raise ValueError(f"{table}: is not there; it lists the columns scene and split")
    with open(table, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"scene", "split"} <= set(rows[0]):
        raise ValueError(f"{table}: the columns scene and split are wanted")
    names = [row["scene"] for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{table}: {', '.join(twice)} is listed twice")
    files = {path.stem: path for path in sorted(place.iterdir()) if path.suffix in SUFFIXES}
    missing = [r["scene"] for r in rows if r["split"] != "unused" and r["scene"] not in files]
    if missing:
        raise ValueError(
            f"{table}: {_some(missing)} of {len(names)} scenes listed, "
            f"but not there as .mat, .npy or .npz in {place}"
        )
    unlisted = sorted(set(files) - set(names))
    if unlisted:
        raise ValueError(
            f"{table}: {_some(unlisted)} in {place}, but in no split; "
            "list them, with split `unused` if they are to be left out"
        )

    def scene(path: Path, split: str) -> Scene:
        return Scene(path.stem, split, partial(_read, path, key, axes, maximum, wavelengths_nm))

    return [scene(files[r["scene"]], r["split"]) for r in rows if r["split"] != "unused"]


def _read(
    path: Path,
    key: str,
    axes: Sequence[str] | None,
    maximum: float | None,
    wavelengths_nm: Sequence[float] | None,
) -> tuple[cube.Array, list[float]]:
    values, wavelengths = cube.read(path, key=key, axes=axes, wavelengths_nm=wavelengths_nm)
    return (values if maximum is None else values / maximum), wavelengths


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{shown}{more} {'is' if len(names) == 1 else 'are'}"
