"""Transfer of one file from a server that is not trusted.

A transfer writes to `{name}.part` and continues there after a broken connection, if the server says
that its file is still the same one: by its entity tag or its date (`{name}.part.json`).
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import requests

from respectra.datasets.encodings import decode_blocks
from respectra.datasets.server import MOST_REDIRECTS, BrokenError, FetchError, Limits, within

BLOCK = 1 << 20  # bytes of a read
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
TEXT_TYPES = ("text/", "application/json", "application/problem+json", "application/xml",
              "application/xhtml")  # fmt: skip
TEXT_FILES = (".csv", ".txt", ".md", ".json", ".xml", ".hdr", ".yaml")


class _Version(NamedTuple):
    """Which version of a file a part belongs to, as the server described it."""

    url: str
    tag: str | None  # a strong entity tag
    date: str | None
    size: int | None

    @property
    def validator(self) -> str | None:
        return self.tag or self.date


def transfer(
    session: requests.Session,
    url: str,
    part: Path,
    name: str,
    *,
    limits: Limits,
    size: int | None = None,
    is_verified: bool = False,
    progress: Callable[[int], object] | None = None,
) -> int | None:
    """Append the missing bytes to a part.

    Args:
        session: of `make_session`.
        url: address of the file.
        part: the file to write.
        name: of the file, for messages and for its kind.
        limits: of time and size.
        size: of the file, if its source states it.
        is_verified: whether the complete file is compared with a checksum.
        progress: called with the number of bytes of each block.

    Returns:
        The size of the whole file if the server states it.

    Raises:
        FetchError: the server sends something else than the file.
        BrokenError, requests.RequestException: the connection broke.
    """
    record = part.with_name(f"{part.name}.json")
    offset, version = _find_start(part, record, url, is_verified)
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    if offset and version is not None and version.validator:
        headers["If-Range"] = version.validator

    with _connect(session, url, headers, name, limits) as answer:
        if answer.status_code == 416 and offset:
            return _finish_range(answer, part, record, offset)
        _check_answer(answer, url, name)
        served = _Version(url, _strong_tag(answer), answer.headers.get("Last-Modified"), None)
        start, total = _read_range(answer, offset, version, served, is_verified)
        served = served._replace(size=total)
        limit = _check_size(total if total is not None else size, limits, name)
        record.write_text(json.dumps(served._asdict()), encoding="utf-8")
        is_encoded = answer.headers.get("Content-Encoding", "identity").lower() != "identity"
        try:
            _write(answer, part, start, limit, limits, name, is_encoded, progress)
        except BaseException:
            if is_encoded:  # positions in the decoded file are not those of the transfer
                part.unlink(missing_ok=True)
            raise
    written = part.stat().st_size
    if total is not None and written < total:
        raise BrokenError(f"{written} of {total} bytes arrived")
    return total


def _connect(
    session: requests.Session, url: str, headers: dict[str, str], name: str, limits: Limits
) -> requests.Response:
    """The answer of a server, before its content is read."""
    options: Any = {"headers": headers, "stream": True, "timeout": limits.stalled_seconds}
    try:
        return within(2 * limits.stalled_seconds, lambda: session.get(url, **options))
    except requests.TooManyRedirects as error:
        raise FetchError(f"{name}: {url} redirects more than {MOST_REDIRECTS} times") from error


def _find_start(
    part: Path, record: Path, url: str, is_verified: bool
) -> tuple[int, _Version | None]:
    """Where to continue: 0 if nothing says that a part belongs to the file of the server."""
    offset = part.stat().st_size if part.exists() else 0
    try:
        version = _Version(**json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        version = None
    if version is not None and version.url != url:
        version = None
    is_known = version is not None and (version.validator or version.size is not None)
    return (offset if is_verified or is_known else 0), version


def _finish_range(answer: requests.Response, part: Path, record: Path, offset: int) -> int:
    """The size of a complete part; another one is removed, because it belongs to another file."""
    total = answer.headers.get("Content-Range", "").rpartition("/")[2]
    if total != str(offset):
        part.unlink(missing_ok=True)
        record.unlink(missing_ok=True)
        raise BrokenError("the file on the server has changed")
    return offset


def _check_answer(answer: requests.Response, url: str, name: str) -> None:
    if answer.status_code not in (200, 206):
        raise FetchError(f"{name}: {url} answers with the status {answer.status_code}")
    kind = answer.headers.get("Content-Type", "").lower()
    if kind.startswith(TEXT_TYPES) and not name.lower().endswith(TEXT_FILES):
        what = "a web page" if "html" in kind else f"text ({kind.partition(';')[0]})"
        raise FetchError(
            f"{name}: {answer.url} answers with {what} instead of the file; "
            "it requires a login or a permission"
        )
    encoding = answer.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
        raise FetchError(f"{name}: {url} sends the encoding {encoding}, which was not asked for")


def _strong_tag(answer: requests.Response) -> str | None:
    tag = answer.headers.get("ETag")
    return None if tag is None or tag.startswith("W/") else tag


def _read_range(
    answer: requests.Response,
    offset: int,
    version: _Version | None,
    served: _Version,
    is_verified: bool,
) -> tuple[int, int | None]:
    """The position of the first byte of an answer, and the size of the whole file if it is known.

    Raises:
        BrokenError: the answer is not the continuation that was requested.
    """
    length = answer.headers.get("Content-Length", "")
    if answer.status_code == 200:
        is_plain = answer.headers.get("Content-Encoding", "identity").lower() == "identity"
        return 0, int(length) if length.isdecimal() and is_plain else None
    match = RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if match is None:
        raise BrokenError("a part of the file was sent without its position")
    start, total = int(match[1]), None if match[3] == "*" else int(match[3])
    is_same = is_verified or (
        version is not None
        and version.validator == served.validator
        and (version.validator is not None or version.size == total)
    )
    if start not in (0, offset) or (start and not is_same):
        raise BrokenError(f"the server sent another part, from byte {start}")
    return start, total


def _check_size(size: int | None, limits: Limits, name: str) -> int:
    """The number of bytes after which a transfer ends."""
    most = int(limits.gigabytes * 1e9)
    if size is not None and size > most:
        raise FetchError(
            f"{name}: has {size / 1e9:.1f} GB, more than {limits.gigabytes:g} GB; raise "
            "get.limits.gigabytes in the YAML of the data set if the file is right"
        )
    return most if size is None else size


def _write(
    answer: requests.Response,
    part: Path,
    start: int,
    limit: int,
    limits: Limits,
    name: str,
    is_encoded: bool,
    progress: Callable[[int], object] | None,
) -> None:
    """Write the bytes of an answer from a position on."""
    written, since, before = start, time.monotonic(), start
    with open(part, "r+b" if start else "wb") as file:
        file.truncate(start)
        file.seek(start)
        # Each block is written immediately: a connection may break at any byte.
        blocks = _read_blocks(answer)
        for block in decode_blocks(blocks) if is_encoded else blocks:
            written += len(block)
            if written > limit:
                raise FetchError(
                    f"{name}: the server sends more than {limit} bytes, the size that it states or "
                    "get.limits.gigabytes in the YAML of the data set"
                )
            file.write(block)
            if progress:
                progress(len(block))
            seconds = time.monotonic() - since
            if seconds > limits.slow_seconds:
                speed = (written - before) / 1000 / seconds
                if speed < limits.kilobytes_per_second:
                    raise BrokenError(
                        f"{speed:.3g} kB per second arrived, less than "
                        f"{limits.kilobytes_per_second:g} (get.limits.kilobytes_per_second)"
                    )
                since, before = time.monotonic(), written


def _read_blocks(answer: requests.Response) -> Iterator[bytes]:
    """The bytes of an answer as they arrive."""
    while block := answer.raw.read1(BLOCK, decode_content=False):
        yield block
