"""Checksums of the files of a data set: the published ones, or those of the first verification."""

import csv
import os
from pathlib import Path

from respectra.datasets.inventory import DatasetSettings, inspect_files, require_origin
from respectra.datasets.table import read_table
from respectra.file_kinds import describe_wrong_kind
from respectra.files import replace_atomically, sha256

RECORDED = "checksums.csv"  # in the data set's folder: the checksums of the first verification


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
            if wrong := describe_wrong_kind(status.folder / path):
                problems.append(f"{status.folder / path}: {wrong}; delete it and get it again")
                continue
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
    if not os.path.lexists(path):
        return {}
    rows = read_table(path, ("file", "sha256"), may_be_empty=True)
    return {row["file"]: row["sha256"].lower() for row in rows}
