"""Transfer of files and unpacking of archives.

A transfer writes to `{name}.part` next to its target and continues there after a broken connection
or a restart. The file is moved to its target only if its size and checksum are right.
"""

import hashlib
import shutil
import stat
import tarfile
import time
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from respectra.logs import log

BLOCK = 1 << 20  # bytes of a read
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")


@dataclass(frozen=True)
class Remote:
    """A file on a server.

    Attributes:
        url: its address.
        name: its path in the target folder.
        size: its size in bytes, if the source states it.
        checksum: `sha256:…` or `md5:…`, if the source states it.
    """

    url: str
    name: str
    size: int | None = None
    checksum: str | None = None


class FetchError(ValueError):
    """A file cannot be transferred, verified or unpacked."""


def fetch_files(
    remotes: Sequence[Remote],
    folder: str | Path,
    *,
    parallel: int = 3,
    progress: Callable[[int], object] | None = None,
    **settings: float,
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
    sizes = [r.size or 0 for r in remotes if not (target_folder / r.name).exists()]
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
    tries: float = 5,
    timeout_seconds: float = 30.0,
    wait_seconds: float = 1.0,
) -> Path:
    """Transfer one file, or continue an earlier transfer.

    Args:
        remote: the file.
        folder: the target folder.
        progress: called with the number of bytes of each block.
        tries: number of connections before giving up.
        timeout_seconds: a connection without data for this time counts as broken.
        wait_seconds: delay before the second try; it doubles before each further try.

    Returns:
        The path of the file.

    Raises:
        FetchError: the file cannot be transferred, or its size or checksum is wrong; the target
            is not written.
    """
    target = folder / remote.name
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    reason = ""
    with _make_session() as session:
        for attempt in range(int(tries)):
            if attempt:
                time.sleep(wait_seconds * 2 ** (attempt - 1))
            try:
                served_size = _transfer(session, remote, part, timeout_seconds, progress)
            except (requests.RequestException, HTTPError) as error:
                reason = str(error)
                log.info("%s: the connection broke: %s", remote.name, reason)
                continue
            _verify(remote, part, served_size)
            part.replace(target)
            return target
    raise FetchError(
        f"{remote.name}: the connection to {remote.url} broke {int(tries)} times; "
        f"run the command again to continue: {reason}"
    )


def _make_session() -> requests.Session:
    session = requests.Session()
    retry = Retry(total=3, backoff_factor=0.2, status_forcelist=(429, 500, 502, 503, 504))
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def _transfer(
    session: requests.Session,
    remote: Remote,
    part: Path,
    timeout: float,
    progress: Callable[[int], object] | None,
) -> int | None:
    """Append the missing bytes to the part.

    Returns:
        The size of the whole file if the server states it.
    """
    offset = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    with session.get(remote.url, headers=headers, stream=True, timeout=timeout) as answer:
        if answer.status_code == 416:  # no bytes follow: the part is complete
            return offset
        if answer.status_code >= 400:
            raise FetchError(
                f"{remote.name}: {remote.url} answers with the status {answer.status_code}"
            )
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            raise FetchError(
                f"{remote.name}: {answer.url} answers with a web page instead of the file; "
                "it requires a login or a permission"
            )
        is_continued = answer.status_code == 206
        length = answer.headers.get("Content-Length")
        served_size = int(length) + (offset if is_continued else 0) if length else None
        with open(part, "ab" if is_continued else "wb") as file:
            # Each block is written immediately: a connection may break at any byte.
            while block := answer.raw.read1(BLOCK):
                file.write(block)
                if progress:
                    progress(len(block))
    size = part.stat().st_size
    if served_size is not None and size < served_size:
        raise requests.ConnectionError(f"{size} of {served_size} bytes arrived")
    return served_size


def _verify(remote: Remote, part: Path, served_size: int | None) -> None:
    """Compare a part with the stated sizes and the checksum; a wrong part is deleted."""
    size = part.stat().st_size
    for stated, origin in ((remote.size, "source"), (served_size, "server")):
        if stated is not None and size != stated:
            part.unlink()
            raise FetchError(f"{remote.name}: has {size} bytes, but the {origin} states {stated}")
    if remote.checksum is None:
        return
    algorithm, _, expected = remote.checksum.partition(":")
    with open(part, "rb") as file:
        digest = hashlib.file_digest(file, algorithm).hexdigest()
    if digest != expected:
        part.unlink()
        raise FetchError(
            f"{remote.name}: its {algorithm} is {digest}, but the source states {expected}"
        )


def unpack(archive: str | Path, folder: str | Path) -> list[Path]:
    """Unpack a zip or tar archive into a folder.

    Returns:
        The paths of the unpacked files.

    Raises:
        FetchError: the file is not an archive, or a member would be written outside the folder or
            is not a regular file; nothing is unpacked.
    """
    path, target = Path(archive), Path(folder)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as zip_file:
                members = [info for info in zip_file.infolist() if not info.is_dir()]
                links = [i.filename for i in members if stat.S_ISLNK(i.external_attr >> 16)]
                _check_members(path, [info.filename for info in members], links)
                return [Path(zip_file.extract(info, target)) for info in members]
        with tarfile.open(path) as tar_file:
            entries = [member for member in tar_file.getmembers() if not member.isdir()]
            irregular = [member.name for member in entries if not member.isfile()]
            _check_members(path, [member.name for member in entries], irregular)
            tar_file.extractall(target, entries, filter="data")
            return [target / member.name for member in entries]
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise FetchError(
            f"{path}: is not an archive or is incomplete; fetch it again: {error}"
        ) from error


def _check_members(archive: Path, names: Sequence[str], irregular: Sequence[str]) -> None:
    for name in names:
        member = PurePosixPath(name.replace("\\", "/"))
        has_drive = bool(member.parts) and ":" in member.parts[0]
        if member.is_absolute() or ".." in member.parts or has_drive:
            raise FetchError(
                f"{archive}: the member {name} is outside the folder; nothing is unpacked"
            )
    if irregular:
        raise FetchError(
            f"{archive}: the member {irregular[0]} is not a regular file; nothing is unpacked"
        )
