"""The files of a data set's folder: formats, tables of splits and tables of groups.

Plans are made with this module, so it imports nothing that takes long to load.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from respectra.build import suggest
from respectra.datasets.table import read_table

# Formats of cubes, in lower case; a file of ENVI is named by its header.
SUFFIXES = (".mat", ".npy", ".npz", ".h5", ".hdf5", ".hdr", ".tif", ".tiff")
ENVI_SUFFIXES = (".raw", ".img", ".dat", ".bin", ".bil", ".bsq", ".bip", ".hyspex")
BAND_PICTURE = re.compile(r"(.*?)(\d+)\.(png|tif|tiff|bmp)", re.IGNORECASE)  # of one band

# What paths, wildcards and the keys of HDF5 can hold.
SCENE_NAME = re.compile(r"[^\W](?:[\w.+@()=,#&~ -]*[\w.+@()=#&~-])?")
NAMES_SHOWN = 5  # scenes that an error message names
LONGEST_NAME = 150  # characters; files add an ending

ALL_FILES = "all:"  # before the name of the split that all files of a folder belong to

# The split of training scenes that a training leaves out, and how they are selected (`hold_out`).
HELD_OUT, HELD_OUT_DRAW = "held_out", {"share": 0.05, "seed": 0}


def locate_splits(folder: str, splits: str) -> Path:
    """The path of a table of splits.

    Args:
        folder: the folder of the data set.
        splits: name of a file in the folder, or a path.

    Returns:
        The file in the folder if it exists or if `splits` is a name without `/`, else the path.

    Example:
        >>> locate_splits("nowhere", "data/splits/arad1k.csv").as_posix()
        'data/splits/arad1k.csv'
        >>> locate_splits("nowhere", "scenes.csv").as_posix()
        'nowhere/scenes.csv'
    """
    inside = Path(folder) / splits
    return inside if inside.is_file() or "/" not in splits else Path(splits)


def read_splits(folder: str, splits: str, names: Sequence[str] = ()) -> dict[str, str]:
    """Read the split of each scene.

    Args:
        folder: the folder of the data set.
        splits: a table as in `locate_splits`, with the columns scene and split; or `all: NAME`,
            which puts every scene into one split.
        names: all scenes of the folder, for `all: NAME`.

    Raises:
        ValueError: the table does not exist, lacks a column, lists a scene twice, or has a scene
            without a name or a split.
    """
    if splits.startswith(ALL_FILES):
        split_of = dict.fromkeys(names, splits.removeprefix(ALL_FILES).strip())
        where = folder
    else:
        where = str(locate_splits(folder, splits))
        split_of = _read_column(Path(where), "split")
    for scene, split in split_of.items():
        check_scene_name(scene, where)
        if not split:
            raise ValueError(
                f"{where}: {scene} has no split; write one, such as `unused` to leave it out"
            )
    return split_of


def check_scene_name(name: str, where: str) -> None:
    """Refuse a name that cannot be a part of a path or of a wildcard.

    Args:
        name: of a scene.
        where: the file or folder that the name comes from.

    Raises:
        ValueError: the name is empty, too long, or has other characters than letters, digits,
            spaces and `_ - . + @ ( ) = , # & ~`.
    """
    if not SCENE_NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        shown = ascii(name) if len(name) <= LONGEST_NAME else f"{name[:40]}…"
        raise ValueError(
            f"{where}: {shown} cannot be the name of a scene: a name starts with a letter or a "
            f"digit, has at most {LONGEST_NAME} letters, digits, spaces and _-.+@()=,#&~; rename it"
        )


def check_splits(split_of: Mapping[str, str], splits: Iterable[str], where: str) -> None:
    """Refuse a split that the data set does not have: its scenes would be in none.

    Args:
        split_of: the split of each scene.
        splits: the splits of the data set; `unused` is always allowed.
        where: the table, for the message.

    Raises:
        ValueError: with the scene, the split and the closest known one.
    """
    known = [*splits, "unused"]
    for scene, split in split_of.items():
        if split not in known:
            raise ValueError(
                f"{where}: {scene} is in the split {split!a}, which is no split of the data "
                f"set; {suggest(split, known)}"
            )


def check_listed(root: Path, table: Path, scenes: Iterable[str], split_of: Iterable[str]) -> None:
    """Refuse a table of splits that lacks a scene of the folder, perhaps because it is cut short.

    Args:
        root: the folder of the data set.
        table: the table of splits.
        scenes: whose files are in the folder.
        split_of: the scenes of the table.

    Raises:
        ValueError: with the scenes.
    """
    unlisted = sorted(set(scenes) - set(split_of))
    if unlisted:
        raise ValueError(
            f"{table}: does not list {shorten(unlisted)}, but {root} has these cubes; "
            "add a row for each, with the split `unused` to leave it out"
        )


def find_cubes(folder: Path, formats: Sequence[str] | None = None) -> dict[str, Path]:
    """The file of each cube of a folder, by the name of its scene, in the order of the names.

    A cube is a file with one of `SUFFIXES` in small or capital letters, or a folder of numbered
    pictures, one for each band. Names that begin with a dot are left out.

    Args:
        folder: an existing folder.
        formats: the endings of the files that are cubes, such as `mat`; None: all of `SUFFIXES`.

    Raises:
        ValueError: two files are cubes of one scene.
    """
    endings = SUFFIXES if formats is None else tuple(f".{f.lstrip('.').lower()}" for f in formats)
    cubes: dict[str, Path] = {}
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise ValueError(f"{folder}: cannot be read: {error.strerror}") from None
    for path in paths:
        if path.name.startswith("."):
            continue
        if path.suffix.lower() in endings and not path.is_dir():
            name = path.stem
            if path.suffix.lower() == ".hdr" and name.lower().endswith(ENVI_SUFFIXES):
                name = Path(name).stem  # `a.raw.hdr` describes `a.raw`
        elif formats is None and path.is_dir() and list_band_pictures(path):
            name = path.name
        else:
            continue
        if name in cubes:
            raise ValueError(
                f"{folder}: {cubes[name].name} and {path.name} are two cubes of the scene {name}; "
                "remove one, or set read.formats in the YAML of the data set, such as [mat]"
            )
        cubes[name] = path
    return cubes


def list_band_pictures(folder: Path) -> list[Path]:
    """The numbered pictures of a folder, one for each band, in the order of their numbers.

    The pictures may lie in folders of the same name inside the folder, as those of CAVE do.

    Returns:
        An empty list if the folder holds no such pictures, or pictures of several series.
    """
    place = folder
    while (inner := place / folder.name).is_dir():
        place = inner
    matches = [(BAND_PICTURE.fullmatch(path.name), path) for path in sorted(place.glob("*.*"))]
    series = [(match, path) for match, path in matches if match is not None]
    numbers = [int(match[2]) for match, _ in series]
    if len(series) < 4 or len({match[1] for match, _ in series}) > 1:
        return []
    if sorted(numbers) != list(range(min(numbers), min(numbers) + len(numbers))):
        return []
    return [path for _, path in sorted(zip(numbers, (path for _, path in series), strict=True))]


def find_envi_data(header: Path) -> Path | None:
    """The file with the values that a header of ENVI describes; None if there is none."""
    stem = header.with_suffix("")
    if stem.is_file():
        return stem
    names = {path.name.lower(): path for path in header.parent.glob(f"{_escape(stem.name)}.*")}
    candidates = (names.get(f"{stem.name}{suffix}".lower()) for suffix in ENVI_SUFFIXES)
    return next((path for path in candidates if path is not None and path.is_file()), None)


def _escape(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def list_files(cube: Path) -> list[Path]:
    """The files that a cube is read from: its file, the data of a header, or its pictures."""
    if cube.is_dir():
        return list_band_pictures(cube)
    data = find_envi_data(cube) if cube.suffix.lower() == ".hdr" else None
    return [cube] if data is None else [cube, data]


def find_leaks(
    splits: Mapping[str, str], groups: Mapping[str, str], *, training_split: str = "train"
) -> list[str]:
    """The scenes of other splits that show the same place as a training scene.

    Args:
        splits: the split of each scene.
        groups: the group of each scene that shows the same place as another scene.
        training_split: name of the split for training.

    Returns:
        Names of scenes, sorted; scenes with the split `unused` are not among them.

    Example:
        >>> find_leaks({"a": "train", "b": "valid", "c": "valid"}, {"a": "1", "b": "1", "c": "2"})
        ['b']
    """
    training_groups = {
        groups[scene]
        for scene, split in splits.items()
        if split == training_split and scene in groups
    }
    return sorted(
        scene
        for scene, split in splits.items()
        if split not in (training_split, "unused") and groups.get(scene) in training_groups
    )


def read_groups(path: str | Path) -> dict[str, str]:
    """Read the group of each scene that shows the same place as another scene.

    Args:
        path: a CSV with the columns scene and group.

    Raises:
        ValueError: the table does not exist, lacks a column, or lists a scene twice.
    """
    return _read_column(Path(path), "group")


def _read_column(table: Path, column: str) -> dict[str, str]:
    """One column of a table by the column `scene`."""
    if not table.exists() and not table.is_symlink():
        raise ValueError(
            f"{table}: does not exist; write this table with the columns scene and {column}"
        )
    rows = read_table(table, ("scene", column))
    counts = Counter(row["scene"] for row in rows)
    repeated = sorted(scene for scene, count in counts.items() if count > 1)
    if repeated:
        raise ValueError(f"{table}: lists {', '.join(repeated)} more than once; keep one row")
    return {row["scene"]: row[column] for row in rows}


def shorten(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    rest = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + rest
