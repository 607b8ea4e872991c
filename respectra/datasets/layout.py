"""Where the files of a folder of cubes lie, and what its tables say.

Known to the plan, so it imports nothing heavy.
"""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

SUFFIXES = (".mat", ".npy", ".npz")

# A share of the training scenes that a training may leave out (`hold_out`), as a split.
HELD_OUT, HELD_OUT_DRAW = "held_out", {"share": 0.05, "seed": 0}


def locate_splits(folder: str, splits: str) -> Path:
    """The table of splits: inside the folder if it is there, else the path as it stands.

    Example:
        >>> locate_splits("nowhere", "data/splits/arad1k.csv").as_posix()
        'data/splits/arad1k.csv'
        >>> locate_splits("nowhere", "scenes.csv").as_posix()
        'nowhere/scenes.csv'
    """
    inside = Path(folder) / splits
    return inside if inside.is_file() or "/" not in splits else Path(splits)


def read_splits(folder: str, splits: str, names: Sequence[str] = ()) -> dict[str, str]:
    """The split of each scene that a table lists, or of all `names` where `splits` is `all: NAME`.

    Raises:
        ValueError: there is no such table, it is none, or it lists a scene twice.
    """
    if splits.startswith("all:"):
        return dict.fromkeys(names, splits.removeprefix("all:").strip())
    table = locate_splits(folder, splits)
    if not table.is_file():
        raise ValueError(f"{table}: is not there; it lists the columns scene and split")
    return _by_scene(table, "split")


def find_leaks(
    splits: Mapping[str, str], groups: Mapping[str, str], *, trained: str = "train"
) -> list[str]:
    """Scenes of other splits that share a group with a scene trained on.

    Args:
        splits: of each scene.
        groups: of the scenes that have one.
        trained: the split trained on.

    Example:
        >>> find_leaks({"a": "train", "b": "valid", "c": "valid"}, {"a": "1", "b": "1", "c": "2"})
        ['b']
    """
    seen = {groups.get(scene) for scene, split in splits.items() if split == trained} - {None}
    return sorted(
        scene
        for scene, split in splits.items()
        if split not in (trained, "unused") and groups.get(scene) in seen
    )


def read_groups(path: str | Path) -> dict[str, str]:
    """A table of scene and group.

    Raises:
        ValueError: it is not there, or is none.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path}: is not there; it lists the columns scene and group")
    return _by_scene(Path(path), "group")


def _by_scene(table: Path, column: str) -> dict[str, str]:
    with open(table, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"scene", column} <= set(rows[0]):
        raise ValueError(f"{table}: the columns scene and {column} are wanted")
    seen = Counter(row["scene"] for row in rows)
    twice = sorted(scene for scene, count in seen.items() if count > 1)
    if twice:
        raise ValueError(f"{table}: {', '.join(twice)} is listed twice")
    return {row["scene"]: row[column] for row in rows}
