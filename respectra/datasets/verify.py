"""Comparison of stored cubes and pictures with the checksums of their tables."""

import csv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from respectra.datasets.listing import find_unlisted_cubes, find_unlisted_pictures, name_folder
from respectra.files import REMEDY, read_product, sha256
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
        problems += find_unlisted_cubes(manifest, _read_rows(manifest))
        if observations is not None and Path(observations).is_dir():
            folder, table = Path(observations), Path(observations).with_name("scenes.csv")
            rows = _read_rows(table)
            pictures = pool.map(lambda row: _compare_picture(folder, row), rows)
            problems += [problem for problem in pictures if problem is not None]
            problems += find_unlisted_pictures(table, rows, folder)
            problems += _compare_tables(manifest, table, rows)
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


def _compare_tables(manifest: Path, pictures: Path, rows: Sequence[dict[str, str]]) -> list[str]:
    """A sentence if the camera's table has scenes that the manifest lacks, or the reverse.

    Only so is a scene without a cube found that a manifest cut short does not list.
    """
    stored = {row["scene"] for row in _read_rows(manifest)}
    photographed = {row["scene"] for row in rows}
    if lacking := sorted(photographed - stored):
        return [f"{manifest}: lacks {lacking[0]}, which {pictures} lists; {REMEDY}"]
    if lacking := sorted(stored - photographed):
        return [f"{pictures}: lacks {lacking[0]}, which {manifest} lists; {REMEDY}"]
    return []


def _compare_cube(cube: tuple[Path, str]) -> str | None:
    path, expected = cube
    if not path.is_file():
        return f"{path}: is missing; {name_folder(path)}"
    if sha256(path) != expected:
        return (
            f"{path}: differs from the cube that was stored, perhaps through a damaged disk; "
            f"{name_folder(path)}"
        )
    return None


def _compare_picture(folder: Path, row: dict[str, str]) -> str | None:
    """Compare a picture with its checksum and its decoded pixels with the picture."""
    if not row.get("sha256"):
        return None
    files = [folder / f"{row['scene']}.{suffix}" for suffix in ("jpg", "png")]
    picture = next((path for path in files if path.is_file()), None)
    if picture is None:
        return f"{files[0]}: is missing; {name_folder(files[0])}"
    if sha256(picture) != row["sha256"]:
        return f"{picture}: differs from the picture that was stored; {name_folder(picture)}"
    pixels = folder / f"{row['scene']}.npy"
    try:
        with read_product(pixels):
            stored = np.load(pixels, allow_pickle=False)
        is_same = np.array_equal(stored, np.moveaxis(read_rgb(picture), 0, -1))
    except ValueError:
        is_same = False
    return None if is_same else f"{pixels}: differs from its picture; {name_folder(pixels)}"
