"""Answers of servers: what is in place is the server's whole file, or nothing is."""

import contextlib
import gzip
import json
import re
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from respectra.datasets import sources
from respectra.datasets.fetch import Remote, fetch_file, fetch_files
from tests.fuzz import inputs
from tests.fuzz.outcomes import WrongError

QUICK = {
    "stalled_seconds": 0.6,
    "wait_seconds": 0.01,
    "tries": 2,
    "slow_seconds": 0.8,
    "gigabytes": 0.02,
}
BODY = bytes(range(256)) * 20
OTHER = bytes(reversed(range(256))) * 20  # another version of the file, of the same size
NO_FILES = (b"", b"<html>sign in</html>", b'{"error": "no"}', b"  \n<!DOCTYPE html><p>no</p>")
FILE_ADDRESS = "file:" + "//" + "/etc/hostname"

record_answers = st.one_of(
    st.sampled_from([
        b"", b"{}", b"[]", b"null", b"<html></html>", b'{"files": null}', b'{"files": 3}',
        b'{"files": [3]}', b"[" * 3000, b'{"files": {"a": 1}}', b"NaN", b'"\xff"', b"1" * 5000,
    ]),
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "key": st.one_of(
                    inputs.scalars.filter(lambda v: v == v), st.just("a.mat"), st.just("../evil.mat"),
                    st.sampled_from(["sub/a.mat", "/a.mat", "a.mat/", "C:\\a.mat", "a.zip", "..", "a.mat\0"]),
                ),
                "size": st.sampled_from([6, -1, "6", None, 10**15, 7, len(BODY), True, 1.5]),
                "checksum": st.sampled_from(["md5:0", "sha256:", "none:1", None, 5, "shake_128:aa", "md5:" + "0" * 32]),
                "links": st.sampled_from([
                    {}, None, [], {"self": FILE_ADDRESS}, {"self": 3}, {"self": "URL"}, {"self": "ftp://x/a"},
                    {"self": "http://"}, {"self": "http://[::1"}, {"self": "//x"}, {"self": "http://127.0.0.1:1/a"},
                    {"self": "http://127.0.0.1:99999/a"}, {"self": "http://a b/"},
                ]),
            },
        ),
        max_size=3,
    ).map(lambda entries: json.dumps({"files": entries}, default=str).encode()),
)  # fmt: skip
HEADERS = ("Content-Type", "Content-Length", "Content-Range", "Content-Encoding", "Location", "ETag",
           "Last-Modified", "Content-Disposition", "Retry-After", "Transfer-Encoding")  # fmt: skip
VALUES = (
    "text/html", "application/json", "text/plain", "application/octet-stream", "0", "99999999", "-1",
    "x", "1e3", "bytes 0-9/10", "bytes 5-/3", "bytes 0-5119/5120", "bytes 1000-5119/5120",
    "bytes */5120", "gzip", "br", "deflate", "chunked", "/login", "/file", "/file?again",
    FILE_ADDRESS, "http://127.0.0.1:1/", "ftp://127.0.0.1/a", "//127.0.0.1:1/x", "http://[", '"a"',
    'W/"a"', "attachment; filename=../../evil", "9999999",
)  # fmt: skip
WAYS = ("as stated", "as stated", "as stated", "range", "range of another", "range cut",
        "gzip", "deflate", "gzip cut", "gzip of nothing", "gzip bomb", "slow", "stalled", "cut", "redirects",
        "endless redirects", "redirect to a file", "chunks", "broken chunks")  # fmt: skip
RIGHT = ("range", "gzip", "deflate", "redirects", "chunks")  # a client must get the file
server_answers = st.fixed_dictionaries(
    {
        "way": st.sampled_from(WAYS),
        "status": st.sampled_from([200, 200, 200, 204, 206, 300, 301, 302, 304, 307, 401, 403, 404, 416, 429, 500]),
        "headers": st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(VALUES), max_size=3),
        "body": st.sampled_from([BODY, BODY, *NO_FILES, BODY[:100], BODY + b"x"]),
        "part": st.sampled_from([None, None, b"", BODY[:1000], b"y" * 1000, BODY + b"zz"]),
        "tag": st.sampled_from([None, '"a"', '"b"']),
        "record": st.one_of(st.none(), st.none(), record_answers),
    }
)  # fmt: skip


def make_case(**changes: Any) -> dict[str, Any]:
    """A case with no earlier part, of a server that sends the file."""
    return {
        "way": "as stated", "status": 200, "headers": {}, "body": BODY, "part": None, "tag": None,
        "record": None, **changes,
    }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    """Answers as a case says."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def log_message(self, *_: object) -> None:
        """Do not log."""

    def end_headers(self) -> None:
        """Say that the connection ends, so that no client uses it for a redirect."""
        self.send_header("Connection", "close")
        super().end_headers()

    def do_GET(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self._answer(self.server.case)

    def _answer(self, case: dict[str, Any]) -> None:
        way, port = case["way"], self.server.server_port
        if case["record"] is not None and self.path.startswith("/records"):
            address = f"http://127.0.0.1:{port}/file".encode()
            return self._send(200, case["record"].replace(b"URL", address))
        if way == "as stated":
            headers = dict(case["headers"])
            headers.setdefault("Content-Length", str(len(case["body"])))
            return self._send(case["status"], case["body"], headers)
        if way.startswith("range"):
            return self._send_range(way)
        if way.startswith(("gzip", "deflate")):
            return self._send_encoded(way)
        if way.startswith(("redirect", "endless")):
            return self._redirect(way, port)
        if way.endswith("chunks"):
            return self._send_chunks(BODY, is_broken=way != "chunks")
        return self._send_slowly(way)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _send_range(self, way: str) -> None:
        """A server with ranges, whose file may have changed since the first part."""
        body, tag = (OTHER, '"b"') if way == "range of another" else (BODY, '"a"')
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        start = int(match[1]) if match and condition in (None, tag) else 0
        headers = {"ETag": tag}
        if start >= len(body):
            return self._send(
                416, b"", {"Content-Range": f"bytes */{len(body)}", "Content-Length": "0"}
            )
        rest = body[start:]
        headers["Content-Length"] = str(len(rest))
        if way == "range cut":
            rest = rest[: len(rest) // 2]
        if match and start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return self._send(206 if match and start else 200, rest, headers)

    def _send_encoded(self, way: str) -> None:
        packed = zlib.compress(BODY) if way == "deflate" else gzip.compress(BODY)
        if way == "gzip cut":
            packed = packed[: len(packed) // 2]
        elif way == "gzip of nothing":
            packed = BODY
        elif way == "gzip bomb":
            packed = gzip.compress(bytes(64 << 20))
        headers = {"Content-Encoding": way.split()[0], "Content-Length": str(len(packed))}
        self._send(200, packed, headers)

    def _redirect(self, way: str, port: int) -> None:
        place = {"redirect to a file": FILE_ADDRESS}.get(way, f"http://127.0.0.1:{port}/file?again")
        if way == "redirects" and "again" in self.path:
            return self._send(200, BODY)
        return self._send(302, b"", {"Location": place, "Content-Length": "0"})

    def _send_chunks(self, body: bytes, *, is_broken: bool) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(body), 1000):
            block = body[start : start + 1000]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
            if is_broken and start:
                return
        self.wfile.write(b"0\r\n\r\n")

    def _send_slowly(self, way: str) -> None:
        """Half of the file, and then a byte at a time, nothing, or the end of the connection."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[:1000])
        self.wfile.flush()
        end = time.monotonic() + 30
        while way != "cut" and time.monotonic() < end and not self.server.is_over:
            time.sleep(0.1)
            if way == "slow":
                self.wfile.write(b"a")
                self.wfile.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, case: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.case, self.is_over = case, False


def fetch_from_server(case: dict[str, Any], folder: Path) -> None:
    """A file, or the files of a record, from a server that answers what was drawn."""
    server = _Server(case)
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    ).start()
    base, target = f"http://127.0.0.1:{server.server_port}", folder / "data/target"
    target.mkdir(parents=True)
    try:
        if case["record"] is None:
            _leave_part(case, target, f"{base}/file")
            _check_file(case, fetch_file(Remote(f"{base}/file", "a.mat"), target, **QUICK))
        else:
            remotes = sources.zenodo(["a.mat"], record=1, api=f"{base}/records")
            for path in fetch_files(remotes, target, **QUICK):
                if path.read_bytes() in (*NO_FILES, b""):
                    raise WrongError(f"{path.name}: is no file of data, but in place")
    except ValueError:
        if case["way"] in RIGHT and case["record"] is None:
            raise WrongError(f"{case['way']}: a right answer is refused") from None
        raise
    finally:
        server.is_over = True
        server.shutdown()
        inside = {target, target.parent}
        outside = {p for p in folder.rglob("*") if target not in p.parents} - inside
        if outside:
            raise WrongError(f"{outside} is written outside of the folder")


def _leave_part(case: dict[str, Any], target: Path, url: str) -> None:
    """What an earlier transfer of perhaps another version has left."""
    if case["part"] is None:
        return
    (target / "a.mat.part").write_bytes(case["part"])
    if case["tag"] is not None:
        record = {"url": url, "tag": case["tag"], "date": None, "size": len(BODY)}
        (target / "a.mat.part.json").write_text(json.dumps(record))


def _check_file(case: dict[str, Any], path: Path) -> None:
    content, way = path.read_bytes(), case["way"]
    # A part that the server confirms with its tag is taken for right, whatever it holds.
    is_confirmed = case["part"] not in (None, b"") and case["tag"] is not None
    if way == "range of another":
        if content != OTHER and not (is_confirmed and case["tag"] == '"b"'):
            raise WrongError(f"{way}: half of another version is in place")
    elif way in RIGHT:
        if content != BODY and not (way == "range" and is_confirmed and case["tag"] == '"a"'):
            raise WrongError(f"{way}: {len(content)} other bytes are in place")
    elif way != "as stated":
        raise WrongError(f"{way}: {len(content)} bytes are in place")
    elif content != BODY and case["body"] in (BODY, *NO_FILES) and not is_confirmed:
        raise WrongError(f"{case['status']} {case['headers']}: {len(content)} bytes are in place")
