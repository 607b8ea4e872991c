"""Anyone's cubes: a folder of files and a table that says which split each scene is in."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from PIL import Image

from respectra.datasets import cube
from respectra.datasets.layout import SUFFIXES, listed, splits_file
from respectra.datasets.scenes import Scene
from respectra.logs import log


def read(
    *,
    folder: str,
    splits: str = "scenes.csv",
    key: str = "cube",
    axes: Sequence[str] | None = None,
    maximum: float | None = None,
    pictures_only: Mapping[str, str] | None = None,
    wavelengths_nm: Sequence[float] | None = None,
) -> list[Scene]:
    """The scenes of a folder; cubes may have any size and number of bands.

    Args:
        folder: where the files lie: `{scene}.mat` (v5 or v7.3), `.npy` or `.npz`.
        splits: a CSV with the columns scene and split, in `folder` or at a path of its own; or
            `all: NAME`, where every file is in one split.
        key: the cube's name inside a file.
        axes: the order of bands, rows and columns, if it is not (rows, columns, bands).
        maximum: what the files' numbers are divided by (4095 for NTIRE 2018).
        pictures_only: splits whose cubes nobody published, with the path of a picture in `folder`;
            nothing but a reconstruction needs these, so those that are not there are left out.
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
    files = {path.stem: path for path in sorted(place.iterdir()) if path.suffix in SUFFIXES}
    pictures = pictures_only or {}
    splits_of = listed(folder, splits, list(files))
    table = splits_file(folder, splits)
    there = {
        scene: place / pictures[split].format(scene=scene)
        if split in pictures
        else files.get(scene)
        for scene, split in splits_of.items()
        if split != "unused"
    }
    gone = [scene for scene, path in there.items() if path is None or not path.is_file()]
    missing = [scene for scene in gone if splits_of[scene] not in pictures]
    if missing:
        raise ValueError(
            f"{table}: {_some(missing)} of {len(splits_of)} scenes listed, "
            f"but not there as .mat, .npy or .npz in {place}"
        )
    if gone:
        log.info("%d scenes known as pictures only are left out: not in %s", len(gone), place)
    unlisted = sorted(set(files) - set(splits_of))
    if unlisted:
        raise ValueError(
            f"{table}: {_some(unlisted)} in {place}, but in no split; "
            "list them, with split `unused` if they are to be left out"
        )

    def scene(name: str, path: Path) -> Scene:
        split = splits_of[name]
        if split in pictures:
            return Scene(name, split, None, _size(path))
        read = partial(_read, path, key, axes, maximum, wavelengths_nm)
        return Scene(name, split, read, norm_factor=partial(cube.norm_factor, path))

    return [scene(name, path) for name, path in there.items() if path and name not in gone]


def _size(picture: Path) -> tuple[int, int]:
    """Rows and columns, from the file's head."""
    try:
        with Image.open(picture) as found:
            return found.height, found.width
    except OSError as error:
        raise ValueError(f"{picture}: cannot be read as a picture: {error}") from error


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
