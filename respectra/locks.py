"""Locks that keep two processes from working on one thing."""

import atexit
import errno
import fcntl
import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from respectra.files import HOST, is_running, make_folder

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
SNAKEMAKE = Path(".snakemake")  # Snakemake's folder for its own records, in its working directory
RUNS = Path("respectra/runs")  # in this folder: a file for each process that runs the workflow
ENDING_SECONDS = 3.0  # a process that was just killed holds its files until it is gone


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
        _write_holder(file)
        yield waited
    finally:
        path.unlink(missing_ok=True)
        file.close()


def begin_run(
    report: Callable[[str], None], folder: Path = SNAKEMAKE, *, unlock: bool = False
) -> TextIO:
    """Remove the locks of Snakemake whose processes are dead, and note that this process runs.

    Snakemake's locks are lists of files that do not name their process, and stay after `kill -9` or
    a power cut. Each process therefore holds a note of its own, which is free as soon as the
    process is dead. The locks are removed if all processes with a note are dead; they stay if one
    of them runs, or if one ran on another computer.

    Args:
        report: receives one sentence for each process that runs, and one if locks are removed.
        folder: Snakemake's folder.
        unlock: the user removes the locks (`snakemake --unlock`); notes of other computers go too.

    Returns:
        The note of this process; closing it says that the process has ended.

    Raises:
        OSError: the folder cannot be written.
    """
    runs = folder / RUNS
    _open(runs / ".lock").close()
    with lock_folder(runs):
        notes = [path for path in sorted(runs.iterdir()) if re.fullmatch(r"\w+-\d{1,9}", path.name)]
        holders = [holder for path in notes if (holder := _read_living(path, unlock))]
        for holder in holders:
            report(f"{holder} runs the workflow in this folder")
        if notes and not holders:
            _remove_locks(folder / "locks", notes, report)
        own_path = runs / f"{HOST}-{os.getpid()}"
        file = _open(own_path)
        with _ignore_missing_locks():
            fcntl.flock(file, fcntl.LOCK_EX)
        _write_holder(file)
    atexit.register(own_path.unlink, missing_ok=True)
    return file


def _read_living(path: Path, unlock: bool) -> str:
    """The process of a note, or nothing if it is dead as far as this computer knows."""
    host, _, process = path.name.partition("-")
    end = time.monotonic() + ENDING_SECONDS
    with suppress(FileNotFoundError):  # the process ended by itself meanwhile
        if host != HOST:
            return "" if unlock else _read_holder(path)
        while is_running(int(process)):
            with open(path, encoding="utf-8") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break  # its number belongs to another process now
                except OSError:  # held, or on a disk without locks
                    if time.monotonic() > end:
                        return _read_holder(path)
            time.sleep(0.1)
    return ""


def _remove_locks(folder: Path, notes: Sequence[Path], report: Callable[[str], None]) -> None:
    locks = sorted(folder.glob("*.lock"))
    for path in locks:
        path.unlink(missing_ok=True)
    if locks:
        holders = ", ".join(_read_holder(path) for path in notes)
        report(f"{folder}: removed the locks of {holders}, which ended without removing them")
    for path in notes:
        path.unlink(missing_ok=True)


def _read_holder(path: Path) -> str:
    """The process that a note names; the number alone if the note is empty or gone."""
    text = ""
    with suppress(FileNotFoundError):
        text = path.read_text(encoding="utf-8", errors="replace")
    return text or f"process {path.name.rpartition('-')[2]}"


def _write_holder(file: TextIO) -> None:
    file.truncate(0)
    file.write(f"process {os.getpid()} of {socket.gethostname()}")
    file.flush()


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
