"""Stored cubes and pictures that their table does not list, because its last rows are missing.

A table that ends with a whole row can still be cut short; the files beside it tell.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

Rows = Sequence[Mapping[str, str]]


def find_unlisted_cubes(manifest: Path, rows: Rows) -> list[str]:
    """Return a sentence about each stored cube that a manifest does not list.

    Args:
        manifest: its path.
        rows: of the manifest.
    """
    # The folders of another data set, in a manifest of conditions, hold other scenes too.
    names = [Path(row["path"]) for row in rows if row.get("path")]
    inside = [name for name in names if not name.is_absolute() and ".." not in name.parts]
    listed = {manifest.parent / name for name in inside}
    stored = {cube for folder in {p.parent for p in listed} for cube in folder.glob("*.npy")}
    return [_describe(cube, manifest) for cube in sorted(stored - listed)]


def find_unlisted_pictures(pictures: Path, rows: Rows, folder: Path) -> list[str]:
    """Return a sentence about each stored picture that the camera's table does not list.

    Args:
        pictures: the path of the table.
        rows: of the table.
        folder: the folder `observations`.
    """
    listed = {folder / f"{row['scene']}.npy" for row in rows}
    return [_describe(path, pictures) for path in sorted(set(folder.glob("*.npy")) - listed)]


def _describe(path: Path, table: Path) -> str:
    return f"{path}: is not in {table}, which is cut short; {name_folder(path)}"


def name_folder(path: Path) -> str:
    """Return what to do about a damaged or missing file of a folder."""
    return f"delete the folder {path.parent} and run the same command again, which stores it anew"
