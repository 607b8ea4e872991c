"""The files that a data set consists of, which of them exist, and where the others come from.

Plans are made with this module, so it imports nothing that takes long to load.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from respectra.datasets.layout import ALL_FILES, read_splits

NAMES_SHOWN = 3  # missing files that an error message names
SCENE = "{scene}"
DROPPED = "dropped"  # the kind of source that is a folder here, which a person fills


class Origin(Protocol):
    """The block `get` of a data set's YAML, as `respectra.config` reads it."""

    licence: str
    cite: str
    register_at: str | None
    bytes: int | None
    files: dict[str, str]
    sources: tuple[dict[str, Any], ...]
    checksums: str | None

    @property
    def limits(self) -> Any:
        """The limits of transfers and archives."""


class DatasetSettings(Protocol):
    """The part of a data set's YAML that describes its files, as `respectra.config` reads it."""

    name: str
    title: str
    read: dict[str, Any]

    @property
    def get(self) -> Origin | None:
        """Where the files come from."""

    def wavelengths(self) -> list[float] | None:
        """The centres of the bands."""


@dataclass(frozen=True)
class FileStatus:
    """The files that a data set consists of, and which of them exist.

    Attributes:
        folder: the data set's folder.
        expected: paths in the folder, by kind of file.
    """

    folder: Path
    expected: Mapping[str, Sequence[str]]

    def list_paths(self) -> list[str]:
        """The paths of all files, in order."""
        return [path for paths in self.expected.values() for path in paths]

    def find_missing(self) -> list[str]:
        """The paths of the files that do not exist, in order."""
        return [path for path in self.list_paths() if not self.exists(path)]

    def exists(self, path: str) -> bool:
        """Whether a file exists."""
        return (self.folder / path).is_file()

    def __str__(self) -> str:
        """A line for each kind of file."""
        lines = []
        for kind, paths in self.expected.items():
            missing = [path for path in paths if not self.exists(path)]
            first = f"; first missing: {missing[0]}" if missing else ""
            lines.append(f"{kind:14} {len(paths) - len(missing)} of {len(paths)}{first}")
        return "\n".join(lines)


def inspect_files(dataset: DatasetSettings) -> FileStatus:
    """List the files of a data set.

    Raises:
        ValueError: the data set's YAML has no block `get`.
    """
    origin = require_origin(dataset)
    if dataset.read.get("folder") is None:
        raise ValueError(f"config/datasets/{dataset.name}.yaml: read.folder is missing")
    folder = Path(dataset.read["folder"])
    split_of = _read_splits(folder, dataset.read.get("splits"), origin.files.values())
    without_cube = {"unused", *dataset.read.get("pictures_only", ())}
    bands = range(1, len(dataset.wavelengths() or []) + 1)

    def expand(kind: str, pattern: str) -> list[str]:
        if "{scene}" not in pattern:
            return [pattern]
        excluded = without_cube if kind == "cubes" else {"unused"}
        scenes = [scene for scene, split in split_of.items() if split not in excluded]
        numbers = bands if "{band" in pattern else [0]
        return [pattern.format(scene=scene, band=number) for scene in scenes for number in numbers]

    expected = {kind: expand(kind, pattern) for kind, pattern in origin.files.items()}
    return FileStatus(folder, expected)


def _read_splits(folder: Path, splits: str | None, patterns: Collection[str]) -> Mapping[str, str]:
    """The split of each scene. If all files of the folder are scenes, those that are there; an
    empty folder has the scene `*`, which stands for any file."""
    if splits is None:
        return {}
    if not splits.startswith(ALL_FILES):
        return read_splits(str(folder), splits)
    names = {
        path.name.removesuffix(pattern.removeprefix(SCENE))
        for pattern in patterns
        if pattern.startswith(SCENE)
        for path in folder.glob(pattern.replace(SCENE, "*"))
    }
    return read_splits(str(folder), splits, sorted(names)) or {"*": ""}


def require_origin(dataset: DatasetSettings) -> Origin:
    """The block `get` of a data set's YAML.

    Raises:
        ValueError: the data set's YAML has no block `get`.
    """
    if dataset.get is None:
        raise ValueError(
            f"config/datasets/{dataset.name}.yaml: has no `get`, so there is nothing to download"
        )
    return dataset.get


def find_required(dataset: DatasetSettings) -> list[str]:
    """The missing files without which a data set cannot be read.

    Pictures of splits that have no cubes are not among them: scenes without a picture are left
    out.

    Returns:
        Paths in the data set's folder; none for a data set without a block `get`.
    """
    if dataset.get is None:
        return []
    status, optional = inspect_files(dataset), set[str]()
    pictures, splits = dataset.read.get("pictures_only") or {}, dataset.read.get("splits")
    if pictures and splits:
        split_of = read_splits(str(status.folder), splits)
        optional = {
            pictures[split].format(scene=scene)
            for scene, split in split_of.items()
            if split in pictures
        }
    return [path for path in status.find_missing() if path not in optional]


def has_source(dataset: DatasetSettings) -> bool:
    """Whether missing files can be transferred: a source is on the network, or a person has put
    files into the folder of a source."""
    return any(
        source["is"] != DROPPED or any(Path(source["folder"]).rglob("*"))
        for source in require_origin(dataset).sources
    )


def describe_missing(
    dataset: DatasetSettings, missing: Sequence[str], problems: Sequence[str] = ()
) -> str:
    """One sentence: the missing files, what went wrong, where to ask for them, where to put them.

    Args:
        dataset: the data set.
        missing: paths in its folder.
        problems: the errors of its sources.
    """
    origin, folder = require_origin(dataset), Path(dataset.read["folder"])
    rest = f" and {len(missing) - NAMES_SHOWN} more" if len(missing) > NAMES_SHOWN else ""
    reasons = f" ({'; '.join(problems)})" if problems else ""
    register = f"ask for access at {origin.register_at}, " if origin.register_at else ""
    inbox = next((source["folder"] for source in origin.sources if source["is"] == DROPPED), None)
    archives = f", or archives of them into {inbox}" if inbox else ""
    return (
        f"{dataset.name}: {', '.join(missing[:NAMES_SHOWN])}{rest} are missing{reasons}; "
        f"{register}put the files into {folder}{archives}, "
        f"and run `python -m respectra data get {dataset.name}`"
    )
