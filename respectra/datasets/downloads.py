"""Download and verification of the files of a data set, as its YAML describes them."""

import csv
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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
from respectra.datasets.inventory import (
    DatasetSettings,
    FileStatus,
    Origin,
    describe_missing,
    find_required,
    inspect_files,
    require_origin,
)
from respectra.files import replace_atomically, sha256
from respectra.locks import lock_folder
from respectra.logs import log
from respectra.plan_types import FetchPlan

RECORDED = "checksums.csv"  # in the data set's folder: the checksums of the first verification


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


def verify_checksums(dataset: DatasetSettings) -> list[str]:
    """Compare every existing file of a data set with its checksum.

    A file without a known checksum is recorded in `checksums.csv` in the data set's folder and
    compared with it in later calls.

    Returns:
        A sentence for each file whose checksum is wrong.

    Raises:
        FetchError: the data set's YAML has no block `get`.
    """
    status, known = inspect_files(dataset), read_known_checksums(dataset)
    record = status.folder / RECORDED
    recorded = _read_checksums(record)
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


def read_known_checksums(dataset: DatasetSettings) -> dict[str, str]:
    """The SHA-256 of files: the published one, or that of the first verification."""
    origin, record = require_origin(dataset), Path(dataset.read["folder"]) / RECORDED
    published = _read_checksums(Path(origin.checksums)) if origin.checksums else {}
    return {**_read_checksums(record), **published}


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
