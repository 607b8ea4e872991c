"""The root of a project: the folder that configuration, data and results are relative to."""

import os
from pathlib import Path

ROOT_FILES = ("config/config.yaml", "Snakefile")


def find_root(start: Path) -> Path:
    """Find the project that a folder belongs to, as Git finds its repository.

    Args:
        start: a folder of the project.

    Returns:
        The first folder from `start` upwards that holds each of ROOT_FILES.

    Raises:
        ValueError: no folder does, or `start` does not exist.
    """
    if not start.is_dir():
        raise ValueError(f"{start}: no such folder; --directory names a folder of the project")
    folder = start.resolve()
    for candidate in (folder, *folder.parents):
        if all((candidate / marker).is_file() for marker in ROOT_FILES):
            return candidate
    raise ValueError(
        f"{folder}: neither this folder nor one above it holds {' and '.join(ROOT_FILES)}; "
        "change to a folder of the project or name one with --directory"
    )


def relate_path(path: str, root: Path) -> str:
    """Rewrite a user's path for the root of the project.

    Args:
        path: relative to the current folder, or absolute.
        root: of the project.

    Returns:
        The path relative to `root` if it lies inside, else an absolute path.
    """
    absolute = os.path.normpath(Path.cwd() / path)
    if Path(absolute).is_relative_to(root):
        return os.path.relpath(absolute, root)
    return absolute
