"""Checksums of the files that a step reads from outside, so that plans follow their content.

A checksum is computed once and remembered with the file's size and times; a file with the same size
and times is not read again. So `touch` makes a file be read once more and changes no plan. Copying
programs can restore the time of the last change, but not the time that the system gives each write
(`ctime`), so a file that was replaced with its time kept is read again.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from respectra.build import ConfigError
from respectra.datasets.layout import SUFFIXES, find_cubes, list_files, locate_splits
from respectra.files import sha256

CACHE = Path(".snakemake/respectra/checksums.json")

Entry = tuple[int, int, int, str]  # size in bytes, times of change and of write in ns, SHA-256


def checksums(files: Mapping[str, Path]) -> dict[str, str]:
    """The SHA-256 of files by name, in the order of the names.

    Args:
        files: path of each file by the name it has in a plan.
    """
    remembered = _read_cache()
    new: dict[str, Entry] = {}

    def checksum(path: Path) -> str:
        real, stat = os.path.realpath(path), path.stat()
        entry = remembered.get(real)
        state = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if entry is None or entry[:3] != state:
            entry = (*state, sha256(path))
            new[real] = entry
        return entry[3]

    names = sorted(files)
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        values = list(pool.map(checksum, (files[name] for name in names)))
    if new:
        _write_cache({**remembered, **new})
    return dict(zip(names, values, strict=True))


def dataset_files(folder: str | Path, read: Mapping[str, Any]) -> dict[str, Path]:
    """The files that a data set is read from, by their path in its folder.

    Args:
        folder: the data set's folder.
        read: the block `read` of the data set's file.

    Returns:
        Existing files only; a reader says what is missing.
    """
    place = Path(folder)
    if not place.is_dir():
        files = []
    elif read.get("is", "folder:read") == "folder:read":
        cubes = find_cubes(place, read.get("formats"))
        files = [path for cube in cubes.values() for path in list_files(cube)]
    else:
        files = [path for path in sorted(place.glob("*")) if path.suffix.lower() in SUFFIXES]
    patterns = list((read.get("pictures_only") or {}).values())
    if "bands" in read:
        patterns.append(read["bands"])
    for pattern in patterns:
        files += _matching(place, pattern)
    names = {path.relative_to(place).as_posix(): path for path in files if path.is_file()}
    table = str(read.get("splits", "scenes.csv"))
    if locate_splits(str(folder), table).is_file():
        names[table] = locate_splits(str(folder), table)
    return names


def provided_files(folder: str | Path, pattern: str) -> dict[str, Path]:
    """The pictures that were published with a data set, by their path in its folder."""
    place = Path(folder)
    return {path.relative_to(place).as_posix(): path for path in _matching(place, pattern)}


def _matching(folder: Path, pattern: str) -> Iterable[Path]:
    """Files whose path fits a pattern such as `rgb/{scene}.jpg`."""
    if Path(pattern).is_absolute():
        raise ConfigError(f"{pattern}: is no path in the folder {folder} of the data set")
    return [path for path in sorted(folder.glob(re.sub(r"{.*?}", "*", pattern))) if path.is_file()]


def _read_cache() -> dict[str, Entry]:
    try:
        raw = json.loads(CACHE.read_text(encoding="utf-8"))
        return {str(path): (int(e[0]), int(e[1]), int(e[2]), str(e[3])) for path, e in raw.items()}
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return {}  # missing, or written by another version: the files are read again


def _write_cache(entries: Mapping[str, Entry]) -> None:
    """Remember checksums for the next process; a folder that cannot be written is no error."""
    part = CACHE.with_name(f"{CACHE.name}.{os.getpid()}")
    try:
        CACHE.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(entries), encoding="utf-8")
        part.replace(CACHE)
    except OSError:
        with suppress(OSError):
            part.unlink()
