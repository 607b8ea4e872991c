"""Pages of cubes in files: reconstructions of photos, perhaps with the true cube."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.datasets.cube import read_cube
from respectra.metrics import METRICS
from respectra.page.document import Contents
from respectra.page.reduce import choose_factor, describe_factors, reduce_cube, reduce_picture
from respectra.page.scene import Array, Curve, Scene, ScoreTable, describe_shape
from respectra.photos import read_photo

SCORED = ("mrae", "mrae_scale_free", "rmse", "psnr", "sam", "ssim")  # need no camera response
TOLERANCE_NM = 0.5  # wavelengths that differ by less are equal


@dataclass(frozen=True)
class CubeFile:
    """A cube with what is known of it.

    Attributes:
        path: the file.
        cube: (bands, rows, columns).
        wavelengths_nm: the centre of each band.
        photo: the name of the photo that it was reconstructed from, if it is stated.
    """

    path: Path
    cube: Array
    wavelengths_nm: Sequence[float]
    photo: str | None = None


def read_contents(
    paths: Sequence[str | Path],
    *,
    truth: str | Path | None = None,
    picture: str | Path | None = None,
    key: str = "cube",
    wavelengths_nm: Sequence[float] | None = None,
    side: int = 1024,
) -> Contents:
    """The contents of a page of cubes in files.

    Cubes of one photo are methods of one scene. If photos are not stated, cubes of one size are
    methods of one scene, and cubes of several sizes are a scene each.

    Args:
        paths: files that `respectra.datasets.cube.read_cube` reads.
        truth: the file of the true cube.
        picture: the photo that the cubes were reconstructed from.
        key: name of the variable, for files with names.
        wavelengths_nm: the centre of each band, for files that do not state them.
        side: longer sides are reduced to this length at most.

    Raises:
        ValueError: a file cannot be read, or does not fit the others.
    """
    files = [_read_file(Path(path), key, wavelengths_nm) for path in paths]
    true_file = None if truth is None else _read_file(Path(truth), key, wavelengths_nm)
    known = [*files, *([true_file] if true_file else [])]
    for file in known[1:]:
        _check_wavelengths(known[0], file)
    is_one_scene = truth is not None or picture is not None
    groups = [files] if is_one_scene else group_files(files)
    for group in groups:
        _check_sizes([true_file or group[0], *group])
    names = name_files([file.path for file in files])
    if len(groups) == 1:
        titles = {file.path: name for file, name in zip(files, names, strict=True)}
    else:
        titles = {file.path: name_curve(group, file) for group in groups for file in group}
    curves = list(dict.fromkeys(titles[file.path] for file in files))
    pixels = None if picture is None else read_pixels(picture)
    bands = known[0].wavelengths_nm
    factors = {choose_factor(group[0].cube.shape, side) for group in groups}
    return Contents(
        title=", ".join(names) if len(names) <= 3 else f"{len(names)} cubes",
        caption=f"{len(bands)} bands, {bands[0]:g} to {bands[-1]:g} nm.{describe_factors(factors)}",
        quantity="value",
        wavelengths_nm=bands,
        curves=[Curve(title) for title in curves],
        scenes=_make_scenes(groups, titles, curves, true_file, pixels, side),
    )


def group_files(files: Sequence[CubeFile]) -> list[list[CubeFile]]:
    """The files of each scene: those of one photo, or of one size if photos are not stated."""
    if all(file.photo is not None for file in files):
        by_photo: dict[tuple[str | None, tuple[int, ...]], list[CubeFile]] = {}
        for file in files:
            by_photo.setdefault((file.photo, file.cube.shape), []).append(file)
        return list(by_photo.values())
    if len({file.cube.shape for file in files}) == 1:
        return [list(files)]
    return [[file] for file in files]


def name_files(paths: Sequence[Path]) -> list[str]:
    """Return the shortest different names of files: stems, or paths where stems are equal.

    Example:
        >>> name_files([Path("a/x.npy"), Path("b/x.npy"), Path("y.mat")])
        ['a/x.npy', 'b/x.npy', 'y']
    """
    stems = [path.stem for path in paths]
    return [path.stem if stems.count(path.stem) == 1 else path.as_posix() for path in paths]


def name_curve(group: Sequence[CubeFile], file: CubeFile) -> str:
    """Return the name of a cube among those of its scene, which other scenes have too.

    It is the file's folder if a scene has several cubes, as runs with several weights write them.
    """
    if len(group) == 1:
        return "reconstruction"
    folders = [other.path.parent for other in group]
    return file.path.parent.name if len(set(folders)) == len(folders) else file.path.stem


def read_pixels(path: str | Path) -> NDArray[np.uint8]:
    """Read a photo with 8 bits, (rows, columns, 3)."""
    photo = read_photo(path)
    return (photo.pixels >> (8 if photo.pixels.dtype == np.uint16 else 0)).astype(np.uint8)


def _read_file(path: Path, key: str, wavelengths_nm: Sequence[float] | None) -> CubeFile:
    facts = read_facts(path.with_suffix(".json"))
    stated = wavelengths_nm or facts.get("wavelengths_nm")
    if stated is None and path.suffix == ".npy":
        raise ValueError(
            f"{path}: states no wavelengths, and there is no {path.with_suffix('.json')}; "
            "add --wavelengths FIRST:LAST:STEP"
        )
    # Values are shown as they are, whatever scale a header states; NumPy's files state none.
    maximum = None if path.suffix == ".npy" else 1.0
    cube, wavelengths = read_cube(path, key=key, maximum=maximum, wavelengths_nm=stated)
    return CubeFile(path, cube, wavelengths, facts.get("photo"))


def read_facts(path: Path) -> Mapping[str, Any]:
    """Read the description that `respectra reconstruct` writes next to a cube.

    Args:
        path: a JSON file with `wavelengths_nm` and perhaps the name of the `photo`.

    Returns:
        The two values; nothing if there is no such file.

    Raises:
        ValueError: the file states no list of numbers.
    """
    if not path.is_file():
        return {}
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        photo = content.get("photo")
        return {
            "wavelengths_nm": [float(value) for value in content["wavelengths_nm"]],
            "photo": photo if isinstance(photo, str) else None,
        }
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise ValueError(
            f"{path}: does not state wavelengths_nm as a list of numbers; correct or remove it"
        ) from None


def _check_wavelengths(first: CubeFile, file: CubeFile) -> None:
    expected, bands = first.wavelengths_nm, file.wavelengths_nm
    if len(expected) != len(bands) or not np.allclose(expected, bands, atol=TOLERANCE_NM):
        raise ValueError(
            f"{file.path}: has {len(bands)} bands from {bands[0]:g} to {bands[-1]:g} nm, "
            f"{first.path} has {len(expected)} from {expected[0]:g} to {expected[-1]:g} nm; "
            "a page compares cubes of the same bands"
        )


def _check_sizes(files: Sequence[CubeFile]) -> None:
    for file in files:
        if file.cube.shape != files[0].cube.shape:
            raise ValueError(
                f"{file.path}: has the shape {describe_shape(file.cube.shape)}, "
                f"{files[0].path} has {describe_shape(files[0].cube.shape)}; "
                "a page compares cubes of one size"
            )


def _make_scenes(
    groups: Sequence[Sequence[CubeFile]],
    titles: Mapping[Path, str],
    curves: Sequence[str],
    truth: CubeFile | None,
    picture: NDArray[np.uint8] | None,
    side: int,
) -> Iterator[Scene]:
    """A scene per group; its name is that of the true cube, of the photo, or of the first file."""
    for group in groups:
        cubes = {titles[file.path]: file for file in group}
        files = [cubes.get(curve) for curve in curves]
        factor = choose_factor(group[0].cube.shape, side)
        scores = [] if truth is None else [compute_scores(group, truth)]
        yield Scene(
            name=truth.path.stem if truth else group[0].photo or group[0].path.stem,
            truth=None if truth is None else reduce_cube(truth.cube, factor),
            picture=None if picture is None else reduce_picture(picture, factor),
            estimates=[None if file is None else reduce_cube(file.cube, factor) for file in files],
            spreads=[None] * len(curves),
            scores=scores,
        )


def compute_scores(files: Sequence[CubeFile], truth: CubeFile) -> ScoreTable:
    """Score cubes against the true one.

    A metric that is not defined for the cubes, such as MRAE where the truth has zeros, is left out.
    """
    rows = [[_measure(metric, file.cube, truth.cube) for metric in SCORED] for file in files]
    defined = [i for i in range(len(SCORED)) if any(row[i] is not None for row in rows)]
    return ScoreTable(
        label=f"{truth.path.stem}, whole image",
        metrics=[SCORED[i] for i in defined],
        rows=[[row[i] for i in defined] for row in rows],
    )


def _measure(metric: str, cube: Array, truth: Array) -> float | None:
    try:
        return METRICS[metric](cube, truth)
    except ValueError:
        return None
