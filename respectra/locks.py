"""Locks that keep two processes from working on one thing."""

import errno
import fcntl
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from respectra.files import make_folder

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


@contextmanager
def lock_folder(folder: str | Path) -> Iterator[None]:
    """Wait until no other process holds a folder, and hold it for the length of the block.

    The lock ends with the process, even if it is killed.

    Args:
        folder: an existing folder.
    """
    with open(Path(folder) / ".lock", "w", encoding="utf-8") as file:
        with _ignore_missing_locks():
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def lock_file(path: str | Path, report: Callable[[str], None]) -> Iterator[bool]:
    """Wait until no other process holds a lock, and hold it for the length of the block.

    The lock ends with the process, even if it is killed; the file of a killed process is no lock.

    Args:
        path: of the lock's file, which exists only as long as the lock is held.
        report: receives one sentence if another process holds the lock.

    Yields:
        Whether another process held the lock before.
    """
    path = Path(path)
    waited = False
    while True:
        file = _open(path)  # closing it ends the lock
        with _ignore_missing_locks(report):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not waited:
                    file.seek(0)
                    report(f"{path}: {file.read() or 'another process'} holds it; waiting")
                waited = True
                fcntl.flock(file, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(path.stat(), os.fstat(file.fileno())):
                break  # else the process before removed the file, and another may hold a new one
        file.close()
    try:
        file.truncate(0)
        file.write(f"process {os.getpid()} of {socket.gethostname()}")
        file.flush()
        yield waited
    finally:
        path.unlink(missing_ok=True)
        file.close()


def _open(path: Path) -> TextIO:
    try:
        make_folder(path.parent)
        return open(path, "a+", encoding="utf-8")
    except OSError as error:
        reason = f"{error.strerror}; nothing was changed there"
        raise OSError(error.errno, reason, str(path)) from error


@contextmanager
def _ignore_missing_locks(report: Callable[[str], None] = lambda sentence: None) -> Iterator[None]:
    """Go on without a lock where the disk has no locks of files."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        report("this disk has no file locks, so nothing prevents a second process; start only one")
