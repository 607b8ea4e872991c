"""Cubes of a user: a folder of files and a table of splits."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from respectra.arguments import Positive
from respectra.datasets.cube import Array, read_cube, read_norm_factor
from respectra.datasets.layout import SUFFIXES, locate_splits, read_splits
from respectra.datasets.scenes import Scene
from respectra.logs import log
from respectra.pictures import read_size

NAMES_SHOWN = 5  # scenes that an error message names


def read(
    *,
    folder: str,
    splits: str = "scenes.csv",
    key: str = "cube",
    axes: Sequence[Literal["bands", "rows", "columns"]] | None = None,
    maximum: Positive | None = None,
    pictures_only: Mapping[str, str] | None = None,
    wavelengths_nm: Sequence[float] | None = None,
) -> list[Scene]:
    """The scenes of a folder; cubes may have any size and number of bands.

    Args:
        folder: the folder of the files `{scene}.mat` (v5 or v7.3), `.npy` or `.npz`.
        splits: a CSV with the columns scene and split, in `folder` or at its own path; or
            `all: NAME`, which puts every file into one split.
        key: name of the cube inside a file.
        axes: the order of bands, rows and columns if it is not (rows, columns, bands).
        maximum: divisor of the values in the files (4095 for NTIRE 2018).
        pictures_only: splits without published cubes, each with the path of its pictures in
            `folder`, with {scene}; scenes whose picture is missing are left out.
        wavelengths_nm: the centres of the bands; required if the files do not state them.

    Raises:
        ValueError: the folder or the file of a scene is missing, or a file is in no split.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(
            f"{root}: is not a folder; create it and put the cubes and {splits} there, "
            "or name another one with --config folder=PATH"
        )
    files = [path for path in sorted(root.iterdir()) if path.suffix in SUFFIXES and path.is_file()]
    cubes = {path.stem: path for path in files}
    pictures = pictures_only or {}
    split_of = read_splits(folder, splits, list(cubes))
    _check_table(root, locate_splits(folder, splits), cubes, split_of, pictures)

    def make_scene(name: str, split: str) -> Scene | None:
        if split in pictures:
            picture = root / pictures[split].format(scene=name)
            return Scene(name, split, None, read_size(picture)) if picture.is_file() else None
        read_scene = partial(_read_scaled, cubes[name], key, axes, maximum, wavelengths_nm)
        return Scene(name, split, read_scene, norm_factor=partial(read_norm_factor, cubes[name]))

    used = {name: split for name, split in split_of.items() if split != "unused"}
    scenes = [scene for name, split in used.items() if (scene := make_scene(name, split))]
    if len(scenes) < len(used):
        log.info("%s: %d scenes are left out: no picture", root, len(used) - len(scenes))
    return scenes


def _check_table(
    root: Path,
    table: Path,
    cubes: Mapping[str, Path],
    split_of: Mapping[str, str],
    pictures: Mapping[str, str],
) -> None:
    """Compare the table of splits with the files of the folder."""
    missing = [
        scene
        for scene, split in split_of.items()
        if split != "unused" and split not in pictures and scene not in cubes
    ]
    if missing:
        raise ValueError(
            f"{table}: lists {_shorten(missing)}, but {root} has no such .mat, .npy or .npz; "
            f"add these files ({len(missing)} of {len(split_of)}), or set their split to `unused`"
        )
    unlisted = sorted(set(cubes) - set(split_of))
    if unlisted:
        raise ValueError(
            f"{table}: does not list {_shorten(unlisted)}, but {root} has these cubes; "
            "add a row for each, with the split `unused` to leave it out"
        )


def _read_scaled(
    path: Path,
    key: str,
    axes: Sequence[str] | None,
    maximum: float | None,
    wavelengths_nm: Sequence[float] | None,
) -> tuple[Array, list[float]]:
    values, wavelengths = read_cube(path, key=key, axes=axes, wavelengths_nm=wavelengths_nm)
    return (values if maximum is None else values / maximum), wavelengths


def _shorten(names: Sequence[str]) -> str:
    rest = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + rest
