"""Unpacking of zip and tar archives that are not trusted."""

import gzip
import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Literal

from respectra.file_kinds import require_file

BLOCK = 1 << 20  # bytes of a read
MOST_MEMBERS = 1_000_000
SMALL = 100 << 20  # bytes; an archive that unpacks to less is not suspected
Mode = Literal["r:gz", "r:bz2", "r:xz", "r:"]  # of tarfile
COMPRESSED: dict[bytes, Mode] = {b"\x1f\x8b": "r:gz", b"BZh": "r:bz2", b"\xfd7zXZ\x00": "r:xz"}
UNPACKING = ".unpacking-"  # the start of the names of temporary folders
ADVICE = "raise get.limits.unpacked_ratio in the YAML of the data set if the archive is right"


class ArchiveError(ValueError):
    """An archive cannot be unpacked."""


class DamagedArchiveError(ArchiveError):
    """A file is not an archive, or is incomplete."""


def unpack(
    archive: str | Path,
    folder: str | Path,
    *,
    names: Collection[str] | None = None,
    ratio: float = 200.0,
) -> list[Path]:
    """Unpack a zip or tar archive into a folder.

    Args:
        archive: the file.
        folder: the folder to unpack into.
        names: the names of files, without folders, to unpack; None: all files.
        ratio: how many times larger than the archive its files may be together, above 100 MB.

    Returns:
        The paths of the unpacked files.

    Raises:
        ArchiveError: the file is not an archive, is damaged, encrypted or compressed in an unknown
            way; a member would be written outside the folder or is not a regular file; or the
            files are too large for the ratio or the disk. In these cases nothing is unpacked.
    """
    path, target = Path(archive), Path(folder)
    try:
        require_file(path, "file")
    except ValueError as error:
        raise ArchiveError(str(error)) from None
    try:
        if zipfile.is_zipfile(path):
            return _unpack_zip(path, target, names, ratio)
        return _unpack_tar(path, target, names, ratio)
    except ArchiveError:
        raise
    except Exception as error:  # zipfile, tarfile and the decompressors raise many types
        if isinstance(error, OSError) and error.errno is not None:
            raise ArchiveError(f"{path}: cannot be unpacked: {error.strerror}: {target}") from error
        raise _explain(path, error) from error


def _explain(path: Path, error: Exception) -> ArchiveError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    remedy = "unpack it yourself and put the files into the folder"
    if "encrypted" in reason or "password" in reason:
        return ArchiveError(f"{path}: is encrypted; {remedy}")
    if isinstance(error, NotImplementedError):
        return ArchiveError(
            f"{path}: is compressed in a way that cannot be read here ({reason}); {remedy}"
        )
    return DamagedArchiveError(
        f"{path}: is not an archive or is incomplete; fetch it again: {reason}"
    )


def _unpack_zip(
    path: Path, target: Path, names: Collection[str] | None, ratio: float
) -> list[Path]:
    with zipfile.ZipFile(path) as file:
        entries = [info for info in file.infolist() if not info.is_dir()]
        links = [i.filename for i in entries if stat.S_ISLNK(i.external_attr >> 16)]
        _check_members(path, [info.filename for info in entries], links)
        members = [info for info in entries if _is_wanted(info.filename, names)]
        _check_sizes(path, target, [info.file_size for info in members], ratio)
        unpacked = []
        for info in members:
            place = target / info.filename
            place.parent.mkdir(parents=True, exist_ok=True)
            with file.open(info) as source, open(place, "wb") as copy:
                shutil.copyfileobj(source, copy, BLOCK)  # compares the checksum at the end
            unpacked.append(place)
        return unpacked


def _unpack_tar(
    path: Path, target: Path, names: Collection[str] | None, ratio: float
) -> list[Path]:
    _check_gzip(path, ratio)
    with tarfile.open(path, _find_mode(path)) as file:
        entries = []
        for entry in file:
            entries.append(entry)
            if len(entries) > MOST_MEMBERS:
                raise ArchiveError(f"{path}: has more than {MOST_MEMBERS} members; {ADVICE}")
        files = [entry for entry in entries if not entry.isdir()]
        irregular = [entry.name for entry in files if not entry.isreg() or entry.issparse()]
        _check_members(path, [entry.name for entry in files], irregular)
        if not entries:
            raise DamagedArchiveError(f"{path}: holds no file; fetch it again")
        members = [entry for entry in files if _is_wanted(entry.name, names)]
        _check_sizes(path, target, [entry.size for entry in members], ratio)
        file.extractall(target, members, filter="data")
        return [target / entry.name for entry in members]


def _find_mode(path: Path) -> Mode:
    """How to open a tar archive, by its first bytes.

    `tarfile` would try each of them, and xz reads a file of zeros to its end, very slowly.
    """
    with open(path, "rb") as file:
        head = file.read(6)
    return next((mode for start, mode in COMPRESSED.items() if head.startswith(start)), "r:")


def _check_gzip(path: Path, ratio: float) -> None:
    """Read a compressed file to its end, where its checksum is: tar stops before it."""
    with open(path, "rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return
    limit, size = max(SMALL, int(ratio * path.stat().st_size)), 0
    with gzip.open(path) as source:
        while block := source.read(BLOCK):
            size += len(block)
            if size > limit:
                raise ArchiveError(f"{path}: unpacks to more than {limit / 1e6:.0f} MB; {ADVICE}")


def _is_wanted(member: str, names: Collection[str] | None) -> bool:
    return names is None or PurePosixPath(member).name in names


def _check_sizes(path: Path, target: Path, sizes: Sequence[int], ratio: float) -> None:
    """Compare the sizes that an archive states with the archive and with the disk."""
    if len(sizes) > MOST_MEMBERS:
        raise ArchiveError(f"{path}: has more than {MOST_MEMBERS} members; {ADVICE}")
    total, limit = sum(sizes), max(SMALL, int(ratio * path.stat().st_size))
    if total > limit:
        raise ArchiveError(
            f"{path}: unpacks to {total / 1e6:.0f} MB, more than {limit / 1e6:.0f} MB; {ADVICE}"
        )
    target.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(target).free
    if total > free:
        raise ArchiveError(
            f"{path}: unpacks to {total / 1e9:.1f} GB, but {free / 1e9:.1f} GB are free in "
            f"{target}; free some space"
        )


def _check_members(archive: Path, names: Sequence[str], irregular: Sequence[str]) -> None:
    for name in names:
        member = PurePosixPath(name.replace("\\", "/"))
        has_drive = bool(member.parts) and ":" in member.parts[0]
        if not name or "\0" in name or member.is_absolute() or ".." in member.parts or has_drive:
            raise ArchiveError(
                f"{archive}: the member {name!a} is outside the folder; nothing is unpacked"
            )
    if irregular:
        raise ArchiveError(
            f"{archive}: the member {irregular[0]} is not a regular file; nothing is unpacked"
        )


@contextmanager
def temporary_folder(folder: Path) -> Iterator[Path]:
    """A folder to unpack into, on the same disk as its parent; it is removed at the end.

    Folders that killed processes have left are removed first: the caller holds the lock of the
    parent.

    Args:
        folder: the parent.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(f"{UNPACKING}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=UNPACKING, dir=folder) as place:
        yield Path(place)
