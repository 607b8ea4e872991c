"""One file from the network or an archive, whole or not at all.

A transfer goes to `{name}.part` beside its target and goes on from there after a broken connection
or a new start; only what has the promised size and checksum is moved into place.
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

BLOCK = 1 << 20
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")


@dataclass(frozen=True)
class Remote:
    """A file to get: where from, what to call it, and what is promised of it."""

    url: str
    name: str
    size: int | None = None
    checksum: str | None = None  # sha256:… or md5:…


class FetchError(ValueError):
    """A file could not be got: the message says which, from where, and why."""


def fetch_all(
    remotes: Sequence[Remote],
    folder: str | Path,
    *,
    parallel: int = 3,
    progress: Callable[[int], object] | None = None,
    **settings: float,
) -> list[Path]:
    """Get several files at once, the disk's space asked first.

    Raises:
        FetchError: naming every file that could not be got; the others are in place.
    """
    place = Path(folder)
    enough(place, sum(r.size or 0 for r in remotes if not (place / r.name).exists()))
    problems: list[str] = []

    def one(remote: Remote) -> Path | None:
        try:
            return fetch(remote, place, progress=progress, **settings)
        except FetchError as error:
            problems.append(str(error))
            return None

    with ThreadPoolExecutor(parallel) as pool:
        found = [path for path in pool.map(one, remotes) if path is not None]
    if problems:
        raise FetchError("; ".join(sorted(problems)))
    return found


def enough(folder: Path, needed: int) -> None:
    """Make a folder, and ask whether its disk has room for so many bytes.

    Raises:
        FetchError: it has not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise FetchError(
            f"{folder}: {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free"
        )


def fetch(
    remote: Remote,
    folder: Path,
    *,
    progress: Callable[[int], object] | None = None,
    tries: float = 5,
    timeout_seconds: float = 30.0,
    wait_seconds: float = 1.0,
) -> Path:
    """Get one file, going on where an earlier transfer broke off.

    Args:
        remote: the file.
        folder: where it goes.
        progress: called with the number of bytes of each block.
        tries: connections that may break before giving up.
        timeout_seconds: of silence that count as a broken connection.
        wait_seconds: before the second try; twice as long before each further one.

    Raises:
        FetchError: it could not be got, or is not what was promised; nothing is moved into place.
    """
    target = folder / remote.name
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    reason = ""
    with _session() as session:
        for attempt in range(int(tries)):
            if attempt:
                time.sleep(wait_seconds * 2 ** (attempt - 1))
            try:
                whole = _transfer(session, remote, part, timeout_seconds, progress)
            except (requests.RequestException, HTTPError) as error:
                reason = str(error)
                log.info("%s: broken off: %s", remote.name, reason)
                continue
            _verify(remote, part, whole)
            part.replace(target)
            return target
    raise FetchError(f"{remote.name}: {remote.url} broke off {int(tries)} times: {reason}")


def _session() -> requests.Session:
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
    """Append what is missing to the part; the whole file's size, if the server says."""
    there = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={there}-"} if there else {}
    with session.get(remote.url, headers=headers, stream=True, timeout=timeout) as answer:
        if answer.status_code == 416:  # there is nothing after what we have
            return there
        if answer.status_code >= 400:
            raise FetchError(f"{remote.name}: {remote.url} answers {answer.status_code}")
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            raise FetchError(
                f"{remote.name}: {answer.url} answers with a page, not with the file: "
                "it wants a login or a permission"
            )
        resumed = answer.status_code == 206
        length = answer.headers.get("Content-Length")
        whole = int(length) + (there if resumed else 0) if length else None
        with open(part, "ab" if resumed else "wb") as file:
            # What has come is written at once: a connection may break at any byte.
            while block := answer.raw.read1(BLOCK):
                file.write(block)
                if progress:
                    progress(len(block))
    size = part.stat().st_size
    if whole is not None and size < whole:
        raise requests.ConnectionError(f"{size} of {whole} bytes came")
    return whole


def _verify(remote: Remote, part: Path, whole: int | None) -> None:
    size = part.stat().st_size
    for promised, who in ((remote.size, "the source"), (whole, "the server")):
        if promised is not None and size != promised:
            part.unlink()
            raise FetchError(f"{remote.name}: has {size} bytes, {who} promised {promised}")
    if remote.checksum is None:
        return
    kind, _, wanted = remote.checksum.partition(":")
    with open(part, "rb") as file:
        found = hashlib.file_digest(file, kind).hexdigest()
    if found != wanted:
        part.unlink()
        raise FetchError(f"{remote.name}: its {kind} is {found}, {wanted} was promised")


def unpack(archive: str | Path, folder: str | Path) -> list[Path]:
    """The files of a zip or tar archive, below a folder and nowhere else.

    Raises:
        FetchError: it is no archive, or a member would leave the folder or is no plain file;
            nothing is unpacked.
    """
    path, place = Path(archive), Path(folder)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                members = [info for info in packed.infolist() if not info.is_dir()]
                links = [i.filename for i in members if stat.S_ISLNK(i.external_attr >> 16)]
                _inside(path, [info.filename for info in members], links)
                return [Path(packed.extract(info, place)) for info in members]
        with tarfile.open(path) as tar:
            entries = [member for member in tar.getmembers() if not member.isdir()]
            odd = [member.name for member in entries if not member.isfile()]
            _inside(path, [member.name for member in entries], odd)
            tar.extractall(place, entries, filter="data")
            return [place / member.name for member in entries]
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise FetchError(f"{path}: is no archive, or cut short: {error}") from error


def _inside(archive: Path, names: Sequence[str], odd: Sequence[str]) -> None:
    for name in names:
        way = PurePosixPath(name.replace("\\", "/"))
        if way.is_absolute() or ".." in way.parts or (way.parts and ":" in way.parts[0]):
            raise FetchError(f"{archive}: {name} would leave the folder; nothing is unpacked")
    if odd:
        raise FetchError(f"{archive}: {odd[0]} is no plain file; nothing is unpacked")
