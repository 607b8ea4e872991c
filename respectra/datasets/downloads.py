"""Download and verification of the files of a data set, as its YAML describes them."""

import csv
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import requests

from respectra.build import function
from respectra.datasets.fetch import (
    ARCHIVES,
    FetchError,
    Remote,
    fetch_files,
    require_space,
    unpack,
)
from respectra.datasets.layout import read_splits
from respectra.files import replace_atomically, sha256
from respectra.logs import log

RECORDED = "checksums.csv"  # in the data set's folder: the checksums of the first verification
NAMES_SHOWN = 3  # missing files that an error message names


class Origin(Protocol):
    """The block `get` of a data set's YAML, as `respectra.config` reads it."""

    licence: str
    cite: str
    register_at: str | None
    bytes: int | None
    files: dict[str, str]
    sources: tuple[dict[str, Any], ...]
    checksums: str | None


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
        FetchError: the data set's YAML has no block `get`.
    """
    origin = _require_origin(dataset)
    folder = Path(dataset.read["folder"])
    splits = dataset.read.get("splits")
    split_of = read_splits(str(folder), splits) if splits else {}
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


def _require_origin(dataset: DatasetSettings) -> Origin:
    if dataset.get is None:
        raise FetchError(
            f"config/datasets/{dataset.name}.yaml: has no `get`, so there is nothing to download"
        )
    return dataset.get


def download_dataset(
    dataset: DatasetSettings,
    *,
    progress: Callable[[int], object] | None = None,
    **settings: Any,
) -> FileStatus:
    """Download the missing files of a data set; its sources are tried in their order.

    Args:
        dataset: the data set.
        progress: called with the number of bytes of each block.
        settings: further arguments of `respectra.datasets.fetch.fetch_file`.

    Raises:
        FetchError: a file is missing after all sources.
    """
    origin = _require_origin(dataset)
    status = inspect_files(dataset)
    problems: list[str] = []
    for source in origin.sources:
        missing = status.find_missing()
        if not missing:
            break
        options = dict(source)
        try:
            remotes = function("source", options.pop("is"))(missing, **options)
            if any(not remote.url.startswith("file:") for remote in remotes):
                _require_space(origin, status)
            for path in _transfer(remotes, status.folder, progress, settings):
                if path.name.endswith(ARCHIVES):
                    _unpack_missing(path, status)
                    if path.is_relative_to(status.folder):  # downloaded, not put there by a person
                        path.unlink()
        except FetchError as error:
            problems.append(str(error))
            log.info("%s: %s", source["is"], error)
    if missing := status.find_missing():
        raise FetchError(_describe_missing(dataset.name, origin, status.folder, missing, problems))
    return status


def _require_space(origin: Origin, status: FileStatus) -> None:
    """Check that the disk has space for the missing files, if the data set's size is known."""
    if origin.bytes is None:
        return
    share = len(status.find_missing()) / len(status.list_paths())
    require_space(status.folder, int(origin.bytes * share))


def _transfer(
    remotes: Sequence[Remote],
    folder: Path,
    progress: Callable[[int], object] | None,
    settings: Mapping[str, Any],
) -> Iterator[Path]:
    """Copy local files and transfer others; local archives stay where they are."""
    local = [remote for remote in remotes if remote.url.startswith("file:")]
    for remote in local:
        path = Path(requests.utils.unquote(remote.url.removeprefix("file://")))
        if path.name.endswith(ARCHIVES):
            yield path
            continue
        target = folder / remote.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with replace_atomically(target) as part:
            part.write_bytes(path.read_bytes())
        yield target
    if others := [remote for remote in remotes if remote not in local]:
        yield from fetch_files(others, folder, progress=progress, **settings)


def _unpack_missing(archive: Path, status: FileStatus) -> None:
    """Unpack an archive and move the missing files to their places."""
    status.folder.mkdir(parents=True, exist_ok=True)
    path_of = {Path(path).name: path for path in status.find_missing()}
    # On the disk of the target, so that moving a file does not copy it.
    with TemporaryDirectory(dir=status.folder) as folder:
        for file in unpack(archive, folder):
            if file.name in path_of:
                target = status.folder / path_of[file.name]
                target.parent.mkdir(parents=True, exist_ok=True)
                file.replace(target)


def _describe_missing(
    name: str, origin: Origin, folder: Path, missing: Sequence[str], problems: Sequence[str]
) -> str:
    rest = f" and {len(missing) - NAMES_SHOWN} more" if len(missing) > NAMES_SHOWN else ""
    reasons = f" ({'; '.join(problems)})" if problems else ""
    register = f"ask for access at {origin.register_at}, " if origin.register_at else ""
    inbox = next((source["folder"] for source in origin.sources if source["is"] == "dropped"), None)
    archives = f", or archives of them into {inbox}" if inbox else ""
    return (
        f"{name}: {', '.join(missing[:NAMES_SHOWN])}{rest} are missing{reasons}; "
        f"{register}put the files into {folder}{archives}"
    )


def verify_checksums(dataset: DatasetSettings) -> list[str]:
    """Compare every existing file of a data set with its checksum.

    A file without a known checksum is recorded in `checksums.csv` in the data set's folder and
    compared with it in later calls.

    Returns:
        A sentence for each file whose checksum is wrong.

    Raises:
        FetchError: the data set's YAML has no block `get`.
    """
    origin, status = _require_origin(dataset), inspect_files(dataset)
    record = status.folder / RECORDED
    recorded = _read_checksums(record)
    known = {**recorded, **(_read_checksums(Path(origin.checksums)) if origin.checksums else {})}
    problems = []
    for path in filter(status.exists, status.list_paths()):
        digest = sha256(status.folder / path)
        if path not in known:
            recorded[path] = digest
        elif known[path] != digest:
            problems.append(
                f"{status.folder / path}: its SHA-256 is {digest}, not {known[path]}; "
                "delete the file and download it again"
            )
    if recorded:
        with (
            replace_atomically(record) as part,
            open(part, "w", newline="", encoding="utf-8") as file,
        ):
            table = csv.writer(file, lineterminator="\n")
            table.writerows([("file", "sha256"), *sorted(recorded.items())])
    return problems


def _read_checksums(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        return {row["file"]: row["sha256"] for row in csv.DictReader(file)}


def write_pointer(dataset: DatasetSettings) -> Path:
    """Write DVC's pointer to a data set's folder; Git stores it instead of the folder.

    Returns:
        The path of the pointer.

    Raises:
        FetchError: the folder does not exist, or DVC fails.
    """
    folder = Path(dataset.read["folder"])
    if not folder.is_dir():
        raise FetchError(
            f"{folder}: does not exist; run `python -m respectra data get {dataset.name}` first"
        )
    command = [sys.executable, "-m", "dvc", "add", "--quiet", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 no shell, our own path
    if done.returncode:
        raise FetchError(f"dvc add {folder}: {done.stderr.strip() or done.stdout.strip()}")
    return folder.with_name(f"{folder.name}.dvc")


def list_datasets(datasets: Sequence[DatasetSettings]) -> Iterator[str]:
    """A line for each data set: name, title, size, licence and reference."""
    for dataset in datasets:
        description = "nothing to download"
        if dataset.get is not None:
            size = f"{dataset.get.bytes / 1e9:.1f} GB, " if dataset.get.bytes else ""
            description = f"{size}licence: {dataset.get.licence}; cite: {dataset.get.cite}"
        yield f"{dataset.name:24} {dataset.title}; {description}"
