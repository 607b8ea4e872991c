"""Writes files and folders so that an incomplete one never takes the place of an old one."""

import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replace_atomically(path: str | Path) -> Iterator[Path]:
    """Open a temporary path that replaces `path` when the block ends without an error.

    A process that is killed inside the block leaves the old file unchanged; the next process that
    writes the same file removes the temporary one.

    Args:
        path: a file or a folder; its parent folders are made.

    Yields:
        The temporary path, in the same folder.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(part)
        yield part
        if part.is_dir() and path.is_dir():
            shutil.rmtree(path)
        part.replace(path)
    except OSError as error:
        _remove(part)
        if error.filename is None or str(error.filename).startswith(str(path.parent)):
            raise type(error)(
                error.errno,
                f"{error.strerror or error}; nothing was changed there",
                str(path),
            ) from error
        raise
    except BaseException:
        _remove(part)
        raise


def _remove(path: Path) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError:
        return  # in a read-only folder; the caller raises its own error


@contextmanager
def lock_folder(folder: str | Path) -> Iterator[None]:
    """Wait until no other process holds a folder, and hold it for the length of the block.

    The lock ends with the process, even if it is killed.

    Args:
        folder: an existing folder.
    """
    with open(Path(folder) / ".lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
