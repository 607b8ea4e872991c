"""Transfer of files: several at a time, repeated, verified, and only into their folder.

A file is moved to its place only if its size, its checksum and its kind are right.
"""

import errno
import hashlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from respectra.datasets.server import (
    BrokenError,
    FetchError,
    check_address,
    choose_limits,
    make_session,
)
from respectra.datasets.transfer import transfer
from respectra.file_kinds import describe_wrong_kind
from respectra.logs import log

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
IDLE_TRIES = 3  # tries in which less than a block arrives, before giving up
IDLE_BYTES = 1 << 16


@dataclass(frozen=True)
class Remote:
    """A file on a server.

    Attributes:
        url: its address, http or https.
        name: its path in the target folder.
        size: its size in bytes, if the source states it.
        checksum: `sha256:…` or `md5:…`, if the source states it.
        path: a file here in place of the address; only a person's own folder gives it.
    """

    url: str
    name: str
    size: int | None = None
    checksum: str | None = None
    path: Path | None = None


def check_remote_name(name: str, where: str) -> str:
    """Refuse a name of a file that would be outside the folder of its data set.

    Args:
        name: a path in the folder, as a server states it.
        where: the source, for the message.

    Returns:
        The name.

    Raises:
        FetchError: the name is empty, absolute, or leads out of the folder.
    """
    path = PurePosixPath(name)
    is_inside = not (path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name)
    if not is_inside or not path.name or not name.isprintable() or len(name) > 500:
        raise FetchError(
            f"{where}: gives the name {name[:80]!a}, which is no name of a file in a folder; "
            "the file is not transferred"
        )
    return name


def locate_target(folder: Path, name: str) -> Path:
    """The place of a file in a folder.

    Raises:
        FetchError: the place is outside the folder, perhaps through a link.
    """
    target = folder / check_remote_name(name, str(folder))
    if not target.resolve().is_relative_to(folder.resolve()):
        raise FetchError(f"{target}: is outside {folder} through a link; remove the link")
    return target


def fetch_files(
    remotes: Sequence[Remote],
    folder: str | Path,
    *,
    parallel: int = 3,
    progress: Callable[[int], object] | None = None,
    **settings: Any,
) -> list[Path]:
    """Transfer several files at the same time.

    Args:
        remotes: the files.
        folder: the target folder.
        parallel: number of simultaneous transfers.
        progress: called with the number of bytes of each block.
        settings: further arguments of `fetch_file`.

    Returns:
        The paths of the files.

    Raises:
        FetchError: the disk has too little space, or a file cannot be transferred; all other
            files are in the folder.
    """
    target_folder = Path(folder)
    sizes = [r.size or 0 for r in remotes if not locate_target(target_folder, r.name).exists()]
    require_space(target_folder, sum(sizes))
    problems: list[str] = []

    def fetch_or_note(remote: Remote) -> Path | None:
        try:
            return fetch_file(remote, target_folder, progress=progress, **settings)
        except FetchError as error:
            problems.append(str(error))
            return None

    with ThreadPoolExecutor(parallel) as pool:
        paths = [path for path in pool.map(fetch_or_note, remotes) if path is not None]
    if problems:
        raise FetchError("; ".join(sorted(problems)))
    return paths


def require_space(folder: Path, needed: int) -> None:
    """Create a folder and check the free space of its disk.

    Args:
        folder: the folder.
        needed: bytes.

    Raises:
        FetchError: less space is free.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise FetchError(
            f"{folder}: {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free; "
            "free some space or link the folder to another disk"
        )


def fetch_file(
    remote: Remote,
    folder: Path,
    *,
    progress: Callable[[int], object] | None = None,
    tries: int = 5,
    wait_seconds: float = 1.0,
    **limits: float,
) -> Path:
    """Transfer one file, or continue an earlier transfer.

    Args:
        remote: the file.
        folder: the target folder.
        progress: called with the number of bytes of each block.
        tries: number of connections before giving up.
        wait_seconds: delay before the second try; it doubles before each further try.
        limits: of time and size, as in `respectra.datasets.server.Limits`.

    Returns:
        The path of the file.

    Raises:
        FetchError: the file cannot be transferred, or its size, checksum or kind is wrong; the
            target is not written.
    """
    target = locate_target(folder, remote.name)
    if target.exists():
        return target
    check_address(remote.url)
    target.parent.mkdir(parents=True, exist_ok=True)
    part, reason = target.with_name(f"{target.name}.part"), ""
    idle = attempt = 0
    with make_session() as session:
        while attempt < tries and idle < IDLE_TRIES:
            if attempt:
                time.sleep(wait_seconds * 2 ** (attempt - 1))
            attempt, before = attempt + 1, part.stat().st_size if part.exists() else 0
            try:
                served_size = _transfer(session, remote, part, limits, progress)
            except (requests.RequestException, HTTPError, BrokenError, TimeoutError) as error:
                reason = str(error)
                log.info("%s: the connection broke: %s", remote.name, reason)
                arrived = part.stat().st_size - before if part.exists() else 0
                idle = 0 if arrived >= IDLE_BYTES else idle + 1
                continue
            _verify(remote, part, served_size)
            part.replace(target)
            part.with_name(f"{part.name}.json").unlink(missing_ok=True)
            return target
    raise FetchError(
        f"{remote.name}: the connection to {remote.url} broke {attempt} times; "
        f"run the command again to continue: {reason}"
    )


def _transfer(
    session: requests.Session,
    remote: Remote,
    part: Path,
    limits: Mapping[str, float],
    progress: Callable[[int], object] | None,
) -> int | None:
    """Append the missing bytes to a part; a full disk is told in a sentence."""
    try:
        return transfer(
            session,
            remote.url,
            part,
            remote.name,
            limits=choose_limits(limits),
            size=remote.size,
            is_verified=remote.checksum is not None,
            progress=progress,
        )
    except (requests.RequestException, HTTPError, TimeoutError):
        raise
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "free some space and run the command again" if is_full else "correct this"
        raise FetchError(f"{part}: cannot be written: {error.strerror}; {advice}") from error


def _verify(remote: Remote, part: Path, served_size: int | None) -> None:
    """Compare a part with the stated sizes, the checksum and its kind; a wrong one is deleted."""
    problem = _find_problem(remote, part, served_size)
    if problem is not None:
        part.unlink()
        part.with_name(f"{part.name}.json").unlink(missing_ok=True)
        raise FetchError(f"{remote.name}: {problem}")


def _find_problem(remote: Remote, part: Path, served_size: int | None) -> str | None:
    size = part.stat().st_size
    for stated, origin in ((remote.size, "source"), (served_size, "server")):
        if stated is not None and size != stated:
            return f"has {size} bytes, but the {origin} states {stated}"
    if wrong := describe_wrong_kind(part, remote.name):
        return f"{remote.url} answers with something else: the file {wrong}"
    if remote.checksum is None:
        return None
    algorithm, _, expected = remote.checksum.partition(":")
    with open(part, "rb") as file:
        digest = hashlib.file_digest(file, algorithm).hexdigest()
    if digest != expected.lower():
        return f"its {algorithm} is {digest}, but the source states {expected}"
    return None
