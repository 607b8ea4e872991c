"""Comparison of stored cubes and pictures with the checksums of their tables."""

import csv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from respectra.files import read_product, sha256
from respectra.pictures import read_rgb


def find_damage(scenes: str | Path, observations: str | Path | None = None) -> list[str]:
    """Compare the stored cubes and pictures of a data set with their checksums.

    Args:
        scenes: the manifest of the data set.
        observations: the folder of its pictures, if it is photographed.

    Returns:
        A sentence for each file that is missing or has another content.
    """
    manifest = Path(scenes)
    with ThreadPoolExecutor() as pool:
        cubes = pool.map(_compare_cube, list(_list_cubes(manifest)))
        problems = [problem for problem in cubes if problem is not None]
        problems += _list_unlisted(manifest)
        if observations is not None and Path(observations).is_dir():
            rows = _read_rows(Path(observations).with_name("scenes.csv"))
            pictures = pool.map(lambda row: _compare_picture(Path(observations), row), rows)
            problems += [problem for problem in pictures if problem is not None]
    return problems


def require_intact(
    scenes: str | Path, observations: str | Path, extra_manifests: Sequence[str | Path] = ()
) -> None:
    """Refuse to go on with cubes or pictures that are not those that were stored.

    Args:
        scenes: the manifest of a data set.
        observations: the folder of its pictures.
        extra_manifests: of other data sets.

    Raises:
        ValueError: with the first file that is damaged.
    """
    problems = find_damage(scenes, observations)
    problems += [problem for path in extra_manifests for problem in find_damage(path)]
    if problems:
        rest = f" (and {len(problems) - 1} more files)" if len(problems) > 1 else ""
        raise ValueError(f"{problems[0]}{rest}")


def _read_rows(table: Path) -> list[dict[str, str]]:
    if not table.is_file():
        return []
    with open(table, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _list_cubes(manifest: Path) -> Iterator[tuple[Path, str]]:
    for row in _read_rows(manifest):
        if row.get("path") and row.get("sha256"):
            yield manifest.parent / row["path"], row["sha256"]


def _list_unlisted(manifest: Path) -> list[str]:
    """Sentences about stored cubes that the manifest, perhaps cut short, does not list."""
    listed = {path for path, _ in _list_cubes(manifest)}
    # The folders of another data set, in a manifest of conditions, hold other scenes too.
    folders = {path.parent for path in listed if ".." not in path.parts}
    stored = {cube for folder in folders for cube in folder.glob("*.npy")}
    return [
        f"{cube}: is not in {manifest}; {_name_folder(cube)}" for cube in sorted(stored - listed)
    ]


def _compare_cube(cube: tuple[Path, str]) -> str | None:
    path, expected = cube
    if not path.is_file():
        return f"{path}: is missing; {_name_folder(path)}"
    if sha256(path) != expected:
        return (
            f"{path}: differs from the cube that was stored, perhaps through a damaged disk; "
            f"{_name_folder(path)}"
        )
    return None


def _name_folder(path: Path) -> str:
    return f"delete the folder {path.parent} and run the same command again, which stores it anew"


def _compare_picture(folder: Path, row: dict[str, str]) -> str | None:
    """Compare a picture with its checksum and its decoded pixels with the picture."""
    if not row.get("sha256"):
        return None
    files = [folder / f"{row['scene']}.{suffix}" for suffix in ("jpg", "png")]
    picture = next((path for path in files if path.is_file()), None)
    if picture is None:
        return f"{files[0]}: is missing; {_name_folder(files[0])}"
    if sha256(picture) != row["sha256"]:
        return f"{picture}: differs from the picture that was stored; {_name_folder(picture)}"
    pixels = folder / f"{row['scene']}.npy"
    try:
        with read_product(pixels):
            stored = np.load(pixels, allow_pickle=False)
        is_same = np.array_equal(stored, np.moveaxis(read_rgb(picture), 0, -1))
    except ValueError:
        is_same = False
    return None if is_same else f"{pixels}: differs from its picture; {_name_folder(pixels)}"
