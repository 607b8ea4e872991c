"""Download and verification of the files of a data set, as its YAML describes them."""

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from respectra.build import function
from respectra.datasets.archives import (
    ArchiveError,
    DamagedArchiveError,
    temporary_folder,
    unpack,
)
from respectra.datasets.checksums import read_known_checksums, verify_checksums
from respectra.datasets.fetch import (
    ARCHIVES,
    Remote,
    fetch_files,
    locate_target,
    require_space,
)
from respectra.datasets.inventory import (
    DatasetSettings,
    FileStatus,
    Origin,
    describe_missing,
    find_required,
    inspect_files,
    require_origin,
)
from respectra.datasets.server import FetchError
from respectra.file_kinds import describe_wrong_kind
from respectra.files import replace_atomically
from respectra.locks import lock_folder
from respectra.logs import log
from respectra.plan_types import FetchPlan


@dataclass
class PlannedOrigin:
    """The block `get` of a plan; the attributes are those of `Origin`."""

    licence: str
    cite: str
    register_at: str | None
    bytes: int | None
    files: dict[str, str]
    sources: tuple[dict[str, Any], ...]
    checksums: str | None
    limits: Any


@dataclass
class PlannedDataset:
    """The files of a data set, as a plan describes them.

    Attributes:
        name, title, read, get: as in the data set's YAML.
        wavelengths_nm: the centres of the bands.
    """

    name: str
    title: str
    read: dict[str, Any]
    get: PlannedOrigin
    wavelengths_nm: list[float] | None

    def wavelengths(self) -> list[float] | None:
        """The centres of the bands."""
        return self.wavelengths_nm


def fetch_dataset(*, plan: FetchPlan, save: str | Path, **settings: Any) -> None:
    """Download the missing files of a data set and compare all files with their checksums.

    An earlier transfer that was interrupted is continued. Several processes may fetch into the
    same folder; they take turns.

    Args:
        plan: the files and their sources.
        save: path of a CSV with the columns file and sha256, a row per file.
        settings: further arguments of `respectra.datasets.fetch.fetch_file`.

    Raises:
        FetchError: a file that the data set cannot be read without is missing after all sources;
            the message says where to ask for it and where to put it.
        ValueError: the checksum of a file is wrong.
    """
    dataset = PlannedDataset(
        plan["name"], plan["title"], dict(plan["read"]), PlannedOrigin(**plan["get"]),
        plan["wavelengths_nm"],
    )  # fmt: skip
    folder = Path(dataset.read["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    with lock_folder(folder):
        try:
            download_dataset(dataset, **settings)
        except FetchError as error:
            if find_required(dataset):
                raise
            log.info("%s", error)
        if problems := verify_checksums(dataset):
            raise ValueError("; ".join(problems))
    status = inspect_files(dataset)
    with replace_atomically(save) as part, open(part, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("file", "sha256"))
        known = read_known_checksums(dataset)
        table.writerows((path, known[path]) for path in status.list_paths() if path in known)


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
    origin = require_origin(dataset)
    status = inspect_files(dataset)
    limits = {**dict(origin.limits), **settings}
    ratio = limits.pop("unpacked_ratio")
    problems: list[str] = []
    for source in origin.sources:
        missing = status.find_missing()
        if not missing:
            break
        options = dict(source)
        try:
            remotes = function("source", options.pop("is"))(missing, **options)
            if any(remote.path is None for remote in remotes):
                _require_space(origin, status)
            for path in _transfer(remotes, status.folder, progress, limits):
                if path.name.endswith(ARCHIVES):
                    problems += _unpack_or_note(path, status, ratio)
        except FetchError as error:
            problems.append(str(error))
            log.info("%s: %s", source["is"], error)
    if missing := status.find_missing():
        raise FetchError(describe_missing(dataset, missing, problems))
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
    """Copy local files and transfer others; local archives stay where they are.

    Raises:
        FetchError: a file cannot be transferred; the others are yielded before.
    """
    problems = []
    for remote in remotes:
        if remote.path is None:
            continue
        if remote.path.name.endswith(ARCHIVES):
            yield remote.path
            continue
        if wrong := describe_wrong_kind(remote.path):
            problems.append(f"{remote.path}: {wrong}; replace it")
            continue
        target = locate_target(folder, remote.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with replace_atomically(target) as part:
            shutil.copyfile(remote.path, part)
        yield target
    others = [remote for remote in remotes if remote.path is None]
    try:
        yield from fetch_files(others, folder, progress=progress, **settings) if others else ()
    except FetchError as error:
        problems.append(str(error))
        places = (locate_target(folder, remote.name) for remote in others)
        yield from (place for place in places if place.is_file())
    if problems:
        raise FetchError("; ".join(problems))


def _unpack_or_note(archive: Path, status: FileStatus, ratio: float) -> list[str]:
    """Unpack an archive; one that was downloaded is deleted if it is unpacked or damaged.

    Returns:
        Why it cannot be unpacked; the next archive may be sound.
    """
    is_downloaded = archive.is_relative_to(status.folder)  # not put there by a person
    try:
        _unpack_missing(archive, status, ratio)
    except ArchiveError as error:
        log.info("%s", error)
        if is_downloaded and isinstance(error, DamagedArchiveError):
            archive.unlink()
        return [str(error)]
    if is_downloaded:
        archive.unlink()
    return []


def _unpack_missing(archive: Path, status: FileStatus, ratio: float) -> None:
    """Unpack the missing files of an archive and move them to their places."""
    path_of = {Path(path).name: path for path in status.find_missing()}
    # On the disk of the target, so that moving a file does not copy it.
    with temporary_folder(status.folder) as folder:
        unpacked: dict[str, Path] = {}
        for file in unpack(archive, folder, names=path_of, ratio=ratio):
            first = unpacked.setdefault(file.name, file)
            if first != file and first.read_bytes() != file.read_bytes():
                raise ArchiveError(
                    f"{archive}: has two different files {file.name}: "
                    f"{first.relative_to(folder)} and {file.relative_to(folder)}; "
                    f"put the right one into {status.folder}"
                )
        for name, file in unpacked.items():
            if wrong := describe_wrong_kind(file):
                raise ArchiveError(f"{archive}: the file {name} {wrong}; fetch the archive again")
            target = locate_target(status.folder, path_of[name])
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)


def write_pointer(dataset: DatasetSettings) -> Path:
    """Write DVC's pointer to a data set's folder; Git stores it instead of the folder.

    Returns:
        The path of the pointer.

    Raises:
        FetchError: the folder does not exist, or DVC fails.
    """
    if dataset.read.get("folder") is None:
        raise FetchError(
            f"{dataset.name}: has no folder of its own in config/datasets/{dataset.name}.yaml, so "
            "there is nothing to point to; set read.folder in a data set of your own"
        )
    folder = Path(dataset.read["folder"])
    if not folder.is_dir():
        raise FetchError(
            f"{folder}: does not exist; run `python -m respectra data get {dataset.name}` first"
        )
    command = [sys.executable, "-m", "dvc", "add", "--quiet", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 no shell, our own path
    if done.returncode:
        said = " ".join((done.stderr.strip() or done.stdout.strip()).split())[:300]
        reason = said or "DVC gives no reason; it needs git and a repository (`git init`)"
        raise FetchError(f"dvc add {folder}: {reason}")
    return folder.with_name(f"{folder.name}.dvc")


def list_datasets(datasets: Sequence[DatasetSettings]) -> Iterator[str]:
    """A line for each data set: name, title, size, licence and reference."""
    for dataset in datasets:
        description = "nothing to download"
        if dataset.get is not None:
            size = f"{dataset.get.bytes / 1e9:.1f} GB, " if dataset.get.bytes else ""
            description = f"{size}licence: {dataset.get.licence}; cite: {dataset.get.cite}"
        yield f"{dataset.name:24} {dataset.title}; {description}"
