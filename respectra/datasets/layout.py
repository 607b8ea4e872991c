"""The files of a data set's folder: formats, tables of splits and tables of groups.

Plans are made with this module, so it imports nothing that takes long to load.
"""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

SUFFIXES = (".mat", ".npy", ".npz")  # formats of cubes

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
        ValueError: the table does not exist, lacks a column, or lists a scene twice.
    """
    if splits.startswith("all:"):
        return dict.fromkeys(names, splits.removeprefix("all:").strip())
    return _read_table(locate_splits(folder, splits), "split")


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
    return _read_table(Path(path), "group")


def _read_table(table: Path, column: str) -> dict[str, str]:
    if not table.is_file():
        raise ValueError(
            f"{table}: does not exist; write this table with the columns scene and {column}"
        )
    with open(table, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"scene", column} <= set(rows[0]):
        raise ValueError(f"{table}: must have the columns scene and {column}, and a row per scene")
    counts = Counter(row["scene"] for row in rows)
    repeated = sorted(scene for scene, count in counts.items() if count > 1)
    if repeated:
        raise ValueError(f"{table}: lists {', '.join(repeated)} more than once; keep one row")
    return {row["scene"]: row[column] for row in rows}
