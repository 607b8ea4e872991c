"""Where the files of a folder of cubes lie; known to the plan, so it imports nothing heavy."""

from pathlib import Path

SUFFIXES = (".mat", ".npy", ".npz")


def splits_file(folder: str, splits: str) -> Path:
    """The table of splits: inside the folder if it is there, else the path as it stands.

    Example:
        >>> splits_file("nowhere", "data/splits/arad1k.csv").as_posix()
        'data/splits/arad1k.csv'
        >>> splits_file("nowhere", "scenes.csv").as_posix()
        'nowhere/scenes.csv'
    """
    inside = Path(folder) / splits
    return inside if inside.is_file() or "/" not in splits else Path(splits)
