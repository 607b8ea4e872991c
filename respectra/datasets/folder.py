"""Cubes of a user: a folder of files and a table of splits."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from respectra.arguments import Positive
from respectra.datasets.bands import Choice, FileBands, select_bands
from respectra.datasets.cave import read_band_pictures
from respectra.datasets.cube import Array, read_cube, read_norm_factor
from respectra.datasets.layout import (
    ALL_FILES,
    SUFFIXES,
    check_listed,
    find_cubes,
    list_band_pictures,
    locate_splits,
    read_splits,
    shorten,
)
from respectra.datasets.scenes import Scene
from respectra.logs import log
from respectra.pictures import read_size


def read(
    *,
    folder: str,
    splits: str = "scenes.csv",
    key: str = "cube",
    axes: Sequence[Literal["bands", "rows", "columns"]] | None = None,
    maximum: Positive | None = None,
    formats: Sequence[str] | None = None,
    leave_out_bands: Sequence[float | str | tuple[float, float]] = (),
    pictures_only: Mapping[str, str] | None = None,
    wavelengths_nm: Sequence[float] | None = None,
) -> list[Scene]:
    """The scenes of a folder; cubes may have any size and number of bands.

    Args:
        folder: the folder of the cubes: `{scene}.mat` (v5 or v7.3), `.npy`, `.npz`, `.h5`, `.hdr`
            with its data (ENVI), `.tif`, or a folder `{scene}` of numbered pictures, one a band.
        splits: a CSV with the columns scene and split, in `folder` or at its own path; or
            `all: NAME`, which puts every file into one split.
        key: name of the cube inside a file; `struct/field` for a nested one.
        axes: the order of bands, rows and columns if it is not (rows, columns, bands).
        maximum: divisor of the values in the files (4095 for NTIRE 2018).
        formats: endings of the files that are cubes, if others have such endings too, as [mat].
        leave_out_bands: wavelengths in nm, ranges `[first, last]` in nm, names that the files
            state, or `bad` for the bands that headers of ENVI mark as bad.
        pictures_only: splits without published cubes, each with the path of its pictures in
            `folder`, with {scene}; scenes whose picture is missing are left out.
        wavelengths_nm: the centres of all bands of the files; required if these do not state them.

    Raises:
        ValueError: the folder or the file of a scene is missing, two files are one scene, or a
            file is in no split.
    """
    root = Path(folder)
    check_folder(root, splits)
    cubes, pictures = find_cubes(root, formats), pictures_only or {}
    split_of = read_splits(folder, splits, list(cubes))
    check_table(root, locate_splits(folder, splits), cubes, split_of, pictures)

    bands: dict[str, Any] = {"leave_out_bands": leave_out_bands, "wavelengths_nm": wavelengths_nm}
    read_file = partial(read_cube, key=key, axes=axes, maximum=maximum, **bands)

    def make_scene(name: str, split: str) -> Scene | None:
        if split in pictures:
            picture = root / pictures[split].format(scene=name)
            return Scene(name, split, None, read_size(picture)) if picture.is_file() else None
        path = cubes[name]
        if path.is_dir():
            return Scene(name, split, partial(_read_pictures, path, **bands))
        return Scene(name, split, partial(read_file, path), None, partial(read_norm_factor, path))

    used = {name: split for name, split in split_of.items() if split != "unused"}
    scenes = [scene for name, split in used.items() if (scene := make_scene(name, split))]
    if len(scenes) < len(used):
        log.info("%s: %d scenes are left out: no picture", root, len(used) - len(scenes))
    return scenes


def check_folder(folder: Path, splits: str = "scenes.csv") -> None:
    """Refuse a path that is no folder.

    Raises:
        ValueError: with what to do.
    """
    if folder.is_file():
        raise ValueError(f"{folder}: is a file, not a folder; name the folder that holds the cubes")
    if not folder.is_dir():
        table = "" if splits.startswith(ALL_FILES) else f" and {splits}"
        raise ValueError(
            f"{folder}: is not a folder; create it and put the cubes{table} there, "
            "or name another one with --config folder=PATH"
        )


def check_table(
    root: Path,
    table: Path,
    cubes: Mapping[str, Path],
    split_of: Mapping[str, str],
    pictures: Mapping[str, str],
) -> None:
    """Compare the table of splits with the files of the folder.

    Args:
        root: the folder.
        table: the table of splits.
        cubes: the file of each scene.
        split_of: the split of each scene.
        pictures: the splits without cubes.

    Raises:
        ValueError: a scene has no file, or a file is in no split.
    """
    missing = [
        scene
        for scene, split in split_of.items()
        if split != "unused" and split not in pictures and scene not in cubes
    ]
    if missing:
        raise ValueError(
            f"{table}: lists {shorten(missing)}, but {root} has no such cube "
            f"({', '.join(SUFFIXES)}); add these files ({len(missing)} of {len(split_of)}), "
            f"or set their split to `unused`{_hint_at_ending(missing, cubes)}"
        )
    check_listed(root, table, cubes, split_of)


def _hint_at_ending(missing: Sequence[str], cubes: Mapping[str, Path]) -> str:
    """What to write if the table lists the names of files."""
    if Path(missing[0]).stem in cubes:
        return f"; the column scene holds names without ending: write {Path(missing[0]).stem}"
    same = [name for name in cubes if name.lower() == missing[0].lower()]
    return f"; the name of the file is {same[0]}" if same else ""


def read_pictures_shape(
    folder: Path, leave_out_bands: Choice, wavelengths_nm: Sequence[float] | None
) -> tuple[tuple[int, int], list[float]]:
    """Rows, columns and the centres of the bands of a cube of pictures.

    Args:
        folder: of the pictures, one for each band.
        leave_out_bands: as in `read`.
        wavelengths_nm: the centres of all bands.

    Raises:
        ValueError: the wavelengths are not stated, or their number differs.
    """
    paths = list_band_pictures(folder)
    positions = _choose_pictures(folder, paths, leave_out_bands, wavelengths_nm)
    return read_size(paths[0]), [wavelengths_nm[i] for i in positions] if wavelengths_nm else []


def _read_pictures(
    folder: Path,
    leave_out_bands: Choice,
    wavelengths_nm: Sequence[float] | None,
) -> tuple[Array, list[float]]:
    """A cube from the pictures of its bands."""
    paths = list_band_pictures(folder)
    positions = _choose_pictures(folder, paths, leave_out_bands, wavelengths_nm)
    assert wavelengths_nm is not None
    return read_band_pictures([paths[i] for i in positions], [wavelengths_nm[i] for i in positions])


def _choose_pictures(
    folder: Path,
    paths: Sequence[Path],
    leave_out_bands: Choice,
    wavelengths_nm: Sequence[float] | None,
) -> list[int]:
    if wavelengths_nm is None or len(wavelengths_nm) != len(paths):
        count = "no" if wavelengths_nm is None else str(len(wavelengths_nm))
        raise ValueError(
            f"{folder}: has {len(paths)} pictures of bands, but {count} wavelengths are stated; "
            "set wavelengths_nm in the YAML of the data set"
        )
    return select_bands(folder, wavelengths_nm, leave_out_bands, FileBands())
