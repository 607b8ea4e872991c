import gzip
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from respectra.datasets.fetch import Remote, fetch_file
from respectra.datasets.server import FetchError
from tests.datasets.servers import Handler, serve

BODY = bytes(range(256)) * 400
OTHER = bytes(range(255, -1, -1)) * 400
QUICK: dict[str, Any] = {"stalled_seconds": 0.3, "slow_seconds": 0.2, "wait_seconds": 0.0}


def fetch(answer: Callable[[Handler], object], folder: Path, **settings: Any) -> bytes:
    with serve(answer) as server:
        remote = Remote(server.url(), "file.bin")
        return fetch_file(remote, folder, **{**QUICK, **settings}).read_bytes()


@pytest.mark.parametrize(
    "status", [201, 202, 203, 204, 205, 300, 304, 400, 401, 403, 404, 410, 451]
)
def test_only_a_whole_file_or_a_part_is_an_answer(status: int, tmp_path: Path) -> None:
    body = None if status in (204, 304) else BODY
    with pytest.raises(FetchError, match=f"file.bin: .* answers with the status {status}"):
        fetch(lambda h: h.send(status, body or b""), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        ("text/html", BODY, "answers with a web page instead of the file"),
        ("application/xhtml+xml; charset=utf-8", BODY, "answers with a web page"),
        ("application/json", b"{}", r"answers with text \(application/json\)"),
        ("text/plain; charset=utf-8", b"quota", r"answers with text \(text/plain\)"),
        ("application/octet-stream", b"", "the file is empty"),
        ("application/octet-stream", b"<!DOCTYPE html>", "the file holds a web page"),
        ("application/octet-stream", b'{"error": 403}', "the file holds an answer in JSON"),
    ],
)
def test_pages_and_errors_are_not_put_in_place(
    kind: str, body: bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(FetchError, match=message):
        fetch(lambda h: h.send(200, body, Content_Type=kind), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress)],
)
def test_an_encoded_answer_is_decoded(
    encoding: str, encode: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    assert fetch(lambda h: h.send(200, encode(BODY), Content_Encoding=encoding), tmp_path) == BODY


def test_an_unknown_encoding_is_refused_and_none_is_asked_for(tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        assert handler.headers["Accept-Encoding"] == "identity"
        handler.send(200, BODY, Content_Encoding="br")

    with pytest.raises(FetchError, match="sends the encoding br, which was not asked for"):
        fetch(answer, tmp_path)


def test_chunks_without_a_length_are_read(tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        handler.send(200, Content_Length=None, Transfer_Encoding="chunked")
        for start in range(0, len(BODY), 50_000):
            block = BODY[start : start + 50_000]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(block), block))
        handler.wfile.write(b"0\r\n\r\n")

    assert fetch(answer, tmp_path) == BODY


class Resumable:
    """A server that breaks the first transfer and continues as its settings say."""

    def __init__(self, body: bytes = BODY, **settings: Any) -> None:
        self.body, self.settings, self.calls = body, settings, 0

    def __call__(self, handler: Handler) -> None:
        self.calls += 1
        headers: dict[str, Any] = {
            k: v for k, v in self.settings.items() if k in ("ETag", "Last_Modified")
        }
        requested = handler.headers.get("Range")
        if self.calls == 1:
            handler.send(200, BODY[:70_000], Content_Length=len(BODY), **headers)
            return
        headers |= self.settings.get("then", {})
        start = int(requested.removeprefix("bytes=").rstrip("-")) if requested else 0
        condition, tag = handler.headers.get("If-Range"), headers.get("ETag")
        honours = self.settings.get("honours", True)
        if not requested or (honours and condition and condition != tag):
            handler.send(200, self.body, **headers)
            return
        first = self.settings.get("first", start)
        total = self.settings.get("total", len(self.body))
        headers["Content_Range"] = f"bytes {first}-{len(self.body) - 1}/{total}"
        if self.settings.get("no_range"):
            headers["Content_Range"] = None
        handler.send(206, self.body[first:], **headers)


@pytest.mark.parametrize(
    "settings",
    [
        {"ETag": '"1"'},
        {"Last_Modified": "Wed, 21 Oct 2015 07:28:00 GMT"},
        {},  # the same size
        {"ETag": '"1"', "first": 0},  # a part from the first byte
        {"ETag": '"1"', "total": "*"},
    ],
)
def test_the_same_file_is_continued(settings: dict[str, Any], tmp_path: Path) -> None:
    settings = {**settings, "honours": "Last_Modified" not in settings}
    server = Resumable(**settings)
    assert fetch(server, tmp_path) == BODY
    assert server.calls == 2
    assert [p.name for p in tmp_path.iterdir()] == ["file.bin"]


@pytest.mark.parametrize(
    "settings",
    [
        {"ETag": '"1"', "then": {"ETag": '"2"'}},
        {"ETag": '"1"', "then": {"ETag": '"2"'}, "honours": False},
        {"ETag": 'W/"1"', "then": {"ETag": 'W/"1"'}, "total": 5},  # a weak tag says nothing
        {"total": 5},
        {"ETag": '"1"', "no_range": True},
        {"ETag": '"1"', "first": 9},
    ],
)
def test_a_file_that_has_changed_is_never_half_old_and_half_new(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    server = Resumable(OTHER, **settings)
    try:
        content = fetch(server, tmp_path)
    except FetchError:
        content = OTHER
        assert not (tmp_path / "file.bin").exists()
    assert content == OTHER


def test_a_complete_part_is_recognised_and_a_longer_one_removed(tmp_path: Path) -> None:
    def break_at_the_end(handler: Handler) -> None:
        if "Range" not in handler.headers:
            handler.send(200, BODY, Content_Length=len(BODY) + 1, ETag='"1"')
        else:
            total = len(BODY) if handler.server.requests[1:] else 0
            handler.send(416, Content_Range=f"bytes */{total}")

    assert fetch(break_at_the_end, tmp_path) == BODY

    def shrink(handler: Handler) -> None:
        if handler.server.requests[1:]:
            handler.send(
                416 if "Range" in handler.headers else 200, OTHER, Content_Range="bytes */5"
            )
        else:
            handler.send(200, BODY, Content_Length=len(BODY) + 1, ETag='"1"')

    (tmp_path / "file.bin").unlink()
    assert fetch(shrink, tmp_path) == OTHER


@pytest.mark.parametrize("kind", ["drips", "stalls", "drips headers", "is silent"])
def test_a_slow_server_is_given_up(kind: str, tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        if kind == "drips":
            handler.send(200, Content_Length=10**6)
        lines = b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 90
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            if kind.startswith("drips"):
                handler.wfile.write(b"a" if kind == "drips" else lines[:1])
                handler.wfile.flush()
                lines = lines[1:]
            time.sleep(0.02)

    start = time.monotonic()
    with pytest.raises(FetchError, match="broke 3 times; .*(kB per second|no answer|timed out)"):
        fetch(answer, tmp_path, stalled_seconds=0.1)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("states", [True, False])
def test_an_endless_answer_ends(states: bool, tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        handler.send(200, Content_Length=10**12 if states else None)
        while True:
            handler.wfile.write(bytes(1 << 16))

    message = "has 1000.0 GB, more than 0.001 GB" if states else "sends more than 1000000 bytes"
    with pytest.raises(FetchError, match=f"file.bin: .*{message}"):
        fetch(answer, tmp_path, gigabytes=0.001)
    assert not (tmp_path / "file.bin").exists()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("file:/etc/hostname", "redirects to file:/etc/hostname: is no address of a server"),
        ("ftp://127.0.0.1/a", "is no address of a server"),
        ("/file.bin", "redirects more than 10 times"),
    ],
)
def test_redirects_lead_to_servers_and_end(target: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=message):
        fetch(lambda h: h.send(302, Location=target), tmp_path, stalled_seconds=5)


def test_a_redirect_to_another_address_is_followed(tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        if handler.path == "/file.bin":
            handler.send(302, Location="/there")
        else:
            handler.send(200, BODY)

    assert fetch(answer, tmp_path) == BODY
