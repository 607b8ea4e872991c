"""Writes files and folders so that neither a kill nor a power cut leaves an incomplete one.

A product is written under a temporary name, stored on the disk, and renamed. It therefore exists
completely or not at all.
"""

import ctypes
import errno
import hashlib
import os
import re
import shutil
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HOST = f"{zlib.crc32(socket.gethostname().encode()):08x}"
EXCHANGE = 2  # RENAME_EXCHANGE of renameat2
AT_CURRENT_FOLDER = -100  # AT_FDCWD
NO_SYNC_OF_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF, errno.EACCES)
FULL_BYTES = 1 << 20  # a disk with less space is full for the files that are written here
OF_WRITERS = ("inline_container", "PytorchStreamWriter", "requested and")  # in PyTorch, NumPy
LINES = (".csv", ".json", ".yaml")  # files of lines, each with an end
REMEDY = "remove it and run the same command again, which makes it anew"


@contextmanager
def replace_atomically(path: str | Path) -> Iterator[Path]:
    """Open a temporary path that replaces `path` when the block ends without an error.

    A process that is killed inside the block leaves the old file unchanged; the next process that
    writes the same file removes the temporary one. The new file is on the disk before it takes the
    place of the old one, and so is its name when the block has ended: a power cut loses neither.

    Args:
        path: a file or a folder; its parent folders are made.

    Yields:
        The temporary path, in the same folder.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{HOST}-{os.getpid()}.part")
    try:
        make_folder(path.parent)
        _restore_old(path)
        _remove_leftovers(path)
        _remove(part)
        yield part
        sync_tree(part)
        _take_place(part, path)
    except Exception as error:
        explained = _explain(error, path)  # before the part is removed, which frees space
        _remove(part)
        if explained is None:
            raise
        raise explained from error
    except BaseException:
        _remove(part)
        raise


def _take_place(part: Path, path: Path) -> None:
    """Rename a complete file or folder; one of the two is at the path at any moment."""
    if not (part.is_dir() and path.is_dir()):
        part.replace(path)
    elif not _exchange(part, path):
        old = _name_old(path)
        _remove(old)
        path.rename(old)  # `_restore_old` takes it back if the process is killed here
        part.rename(path)
    _sync(path.parent)
    _remove(part)
    _remove(_name_old(path))


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two folders in one step; false where the system or the disk cannot."""
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return False
    names = os.fsencode(first), os.fsencode(second)
    status = library.renameat2(AT_CURRENT_FOLDER, names[0], AT_CURRENT_FOLDER, names[1], EXCHANGE)
    return bool(status == 0)


def _name_old(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


def _restore_old(path: Path) -> None:
    """Take back a folder whose replacement was killed between two renames."""
    old = _name_old(path)
    if old.is_dir() and not path.exists():
        old.rename(path)


def _remove_leftovers(path: Path) -> None:
    """Remove the temporary files of processes of this computer that have ended."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.{HOST}-(\d+)\.part")
    with suppress(OSError):
        for place in path.parent.iterdir():
            match = pattern.fullmatch(place.name)
            if match and not is_running(int(match[1])):
                _remove(place)


def is_running(process: int) -> bool:
    """Return whether a process with this number exists on this computer."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # of another user
    return True


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, and store their names on the disk.

    Raises:
        OSError: a parent is a file, or cannot be written.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in reversed(missing):
        _sync(place.parent)


def sync_tree(path: Path) -> None:
    """Wait until a file, or a folder with all that it holds, is stored on the disk.

    Raises:
        OSError: the disk is full or broken.
    """
    if path.is_dir():
        for entry in path.iterdir():
            if not entry.is_symlink():
                sync_tree(entry)
    _sync(path)


def _sync(path: Path) -> None:
    """Store one file, or the names in one folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if not (error.errno in NO_SYNC_OF_FOLDERS and path.is_dir()):
            raise
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError:
        return  # in a read-only folder; the caller raises its own error


def _explain(error: Exception, path: Path) -> OSError | None:
    """Return an error of writing as one sentence with the path; None for any other error.

    PyTorch, NumPy and HDF5 report a full disk with exceptions of their own, mostly without its
    number.
    """
    if isinstance(error, OSError) and error.errno is not None:
        number = error.errno
        is_ours = error.filename is None or _is_near(str(error.filename), path)
    elif isinstance(error, OSError | RuntimeError):
        stated = re.search(r"errno = (\d+)", str(error))
        number = int(stated[1]) if stated else _find_number(error)
        if not number and _is_full(path.parent):
            number = errno.ENOSPC
        is_ours = bool(number) or any(words in str(error) for words in OF_WRITERS)
    else:
        return None
    if not is_ours:
        return None
    # `error.strerror` of HDF5 has several lines.
    reason = os.strerror(number or errno.EIO)
    return OSError(number or errno.EIO, f"{reason}; nothing was changed there", str(path))


def _find_number(error: BaseException) -> int:
    """The number of the system's error that an exception replaced; 0 if there is none."""
    earlier = error.__cause__ or error.__context__
    if isinstance(earlier, OSError) and earlier.errno is not None:
        return earlier.errno
    return _find_number(earlier) if earlier is not None else 0


def _is_near(name: str, path: Path) -> bool:
    """Whether a file is in the folder of a path, or is one of the folders above it."""
    return name.startswith(str(path.parent)) or str(path).startswith(f"{name}{os.sep}")


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < FULL_BYTES
    except OSError:
        return False


@contextmanager
def read_product(path: str | Path, remedy: str = REMEDY) -> Iterator[None]:
    """Turn an error of reading one of our own files into a sentence that says what to do.

    Args:
        path: the file that the block reads.
        remedy: what to do about a damaged file.

    Raises:
        ValueError: the file is missing, empty, cut short, or not what the block reads.
    """
    path = Path(path)
    if path.exists() and not (path.is_file() or path.is_dir()):  # reading it can wait for ever
        raise ValueError(f"{path}: is a pipe or a device, not a file; {remedy}")
    try:
        if path.is_file() and path.suffix in LINES and read_last_byte(path) != b"\n":
            raise ValueError("the last line has no end")
        yield
    except FileNotFoundError as error:
        raise ValueError(f"{path}: does not exist; run the same command again") from error
    except Exception as error:  # readers of damaged files raise many types
        if str(error).startswith(f"{path}: "):
            raise
        raise ValueError(f"{path}: {describe_broken(path, error)}; {remedy}") from error


def read_last_byte(path: Path) -> bytes:
    """Return the last byte of a file; an empty file has none."""
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - 1))
        return file.read(1)


def describe_broken(path: Path, error: BaseException) -> str:
    """Return what is wrong with a file that could not be read, in a few words."""
    if path.is_dir():
        return "is a folder, not a file"
    if path.is_file() and not path.stat().st_size:
        return "is empty (0 bytes)"
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EIO):
        return f"cannot be read ({os.strerror(error.errno)})"
    reason = " ".join(str(error).split())
    if isinstance(error, KeyError):
        reason = f"there is no {reason}"
    return f"is cut short or damaged ({reason[:120] or type(error).__name__})"


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
