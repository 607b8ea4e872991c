import errno
import hashlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from respectra.datasets.fetch import (
    Remote,
    check_remote_name,
    fetch_file,
    fetch_files,
    locate_target,
)
from respectra.datasets.server import FetchError

BODY = bytes(range(256)) * 400
QUICK = {"stalled_seconds": 0.5, "wait_seconds": 0.01}


class Server(ThreadingHTTPServer):
    """A server on this machine that serves, stalls, breaks connections and redirects to a login."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, str | None]] = []

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        """Do not log."""

    def send_range(self, start: int) -> None:
        self.send_header("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")

    def do_GET(self) -> None:
        name, range_ = self.path.strip("/"), self.headers.get("Range")
        self.server.requests.append((name, range_))
        times = sum(requested == name for requested, _ in self.server.requests)
        if name == "moved":
            self.send_response(302)
            self.send_header("Location", "/login")
            self.end_headers()
            return
        if name == "login":
            self.answer(200, b"<html>sign in</html>", kind="text/html; charset=utf-8")
            return
        if name == "gone":
            self.answer(404, b"")
            return
        if name == "busy" and times < 3:
            self.answer(503, b"")
            return
        start = int(range_.removeprefix("bytes=").rstrip("-")) if range_ and name != "whole" else 0
        body = BODY[start:]
        if name == "stalls" and times == 1:
            self.answer(200, body, sent=body[:5000], stall=2.0)
        elif name == "breaks" and times < 3:
            self.answer(206 if start else 200, body, sent=body[:30_000])
        elif name == "always_breaks":
            self.answer(206 if start else 200, body, sent=body[:10])
        else:
            self.answer(206 if start else 200, body)

    def answer(
        self,
        status: int,
        body: bytes,
        *,
        sent: bytes | None = None,
        stall: float = 0.0,
        kind: str = "application/octet-stream",
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 206:
            self.send_range(len(BODY) - len(body))
        self.end_headers()
        self.wfile.write(body if sent is None else sent)
        self.wfile.flush()
        time.sleep(stall)


@pytest.fixture
def server() -> Iterator[Server]:
    test_server = Server()
    thread = threading.Thread(target=test_server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield test_server
    test_server.shutdown()
    thread.join()
    test_server.server_close()


def test_a_file_is_transferred_completely(server: Server, tmp_path: Path) -> None:
    blocks: list[int] = []
    sha = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
    remote = Remote(server.url("file"), "a/file.mat", len(BODY), sha)
    path = fetch_file(remote, tmp_path, progress=blocks.append, **QUICK)
    assert path.read_bytes() == BODY
    assert sum(blocks) == len(BODY)
    assert [p.name for p in path.parent.iterdir()] == ["file.mat"]
    fetch_file(remote, tmp_path, **QUICK)
    assert len(server.requests) == 1  # an existing file is not requested again


@pytest.mark.parametrize("name", ["breaks", "stalls"])
def test_a_transfer_continues_after_a_broken_connection(
    server: Server, tmp_path: Path, name: str
) -> None:
    path = fetch_file(Remote(server.url(name), "file"), tmp_path, **QUICK)
    assert path.read_bytes() == BODY
    ranges = [range_ for _, range_ in server.requests]
    assert ranges[0] is None
    assert all(range_ and int(range_[6:-1]) > 0 for range_ in ranges[1:])


def test_a_transfer_continues_after_a_restart(server: Server, tmp_path: Path) -> None:
    remote = Remote(server.url("breaks"), "file")
    with pytest.raises(FetchError, match="broke 1 times; run the command again to continue"):
        fetch_file(remote, tmp_path, tries=1, **QUICK)
    assert fetch_file(remote, tmp_path, **QUICK).read_bytes() == BODY
    assert server.requests[1] == ("breaks", "bytes=30000-")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_part_of_an_unknown_file_is_replaced_unless_a_checksum_will_tell(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "file.part").write_bytes(b"x" * 70_000)
    assert fetch_file(Remote(server.url("file"), "file"), tmp_path, **QUICK).read_bytes() == BODY
    assert server.requests == [("file", None)]
    (tmp_path / "other.part").write_bytes(BODY[:70_000])
    sha = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
    fetch_file(Remote(server.url("other"), "other", checksum=sha), tmp_path, **QUICK)
    assert server.requests[1:] == [("other", "bytes=70000-")]


def test_a_transfer_starts_anew_if_the_server_ignores_ranges(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "file.part").write_bytes(b"x" * 70_000)
    assert fetch_file(Remote(server.url("whole"), "file"), tmp_path, **QUICK).read_bytes() == BODY


def test_a_busy_server_is_requested_again(server: Server, tmp_path: Path) -> None:
    assert fetch_file(Remote(server.url("busy"), "file"), tmp_path, **QUICK).read_bytes() == BODY


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("gone", {}, "file: .*/gone answers with the status 404"),
        ("moved", {}, "answers with a web page instead of the file; it requires a login"),
        ("file", {"size": 5}, "file: has 102400 bytes, but the source states 5"),
        ("file", {"checksum": "md5:0"}, "file: its md5 is .*, but the source states 0"),
        (
            "always_breaks",
            {},
            "the connection to .*/always_breaks broke 3 times; run the command again",
        ),
    ],
)
def test_a_failed_transfer_is_named_and_its_target_not_written(
    server: Server, tmp_path: Path, name: str, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(FetchError, match=message):
        fetch_file(Remote(server.url(name), "file", **changes), tmp_path, tries=3, **QUICK)
    assert not (tmp_path / "file").exists()


def test_other_files_are_transferred_if_one_fails(server: Server, tmp_path: Path) -> None:
    remotes = [Remote(server.url(n), n) for n in ("file", "gone", "moved", "other")]
    with pytest.raises(FetchError, match=r"gone: .*answers with the status 404; moved: .*page"):
        fetch_files(remotes, tmp_path, **QUICK)
    assert {p.name for p in tmp_path.iterdir()} == {"file", "other"}


def test_free_space_is_checked_first(server: Server, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"1000000\.0 GB are needed, .* GB are free"):
        fetch_files([Remote(server.url("file"), "file", size=10**15)], tmp_path)
    assert server.requests == []


@pytest.mark.parametrize(
    "name",
    ["../evil", "/evil", "a/../../evil", "C:\\evil", "..\\evil", "", ".", "a/", "a\nb", "x" * 600],
)
def test_names_outside_the_folder_are_refused(name: str, tmp_path: Path) -> None:
    if name != "a/":
        with pytest.raises(
            FetchError, match="zenodo: gives the name .*, which is no name of a file"
        ):
            check_remote_name(name, "zenodo")
        with pytest.raises(FetchError, match="gives the name"):
            fetch_files([Remote("http://127.0.0.1:1/a", name)], tmp_path)
    assert check_remote_name("rgb/a.jpg", "zenodo") == "rgb/a.jpg"


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "data/rgb").symlink_to(tmp_path / "outside")
    with pytest.raises(FetchError, match=r"rgb/a\.jpg: is outside .* through a link"):
        locate_target(tmp_path / "data", "rgb/a.jpg")


@pytest.mark.parametrize(
    "url", ["file:/etc/hostname", "ftp://127.0.0.1/a", "data:,x", "/etc/hostname"]
)
def test_only_addresses_on_the_network_are_transferred(url: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="is no address of a server; it must be http or https"):
        fetch_file(Remote(url, "a"), tmp_path)


def test_a_server_that_sends_nothing_is_given_up_after_three_tries(
    server: Server, tmp_path: Path
) -> None:
    with pytest.raises(FetchError, match="broke 3 times"):
        fetch_file(Remote(server.url("always_breaks"), "file"), tmp_path, tries=9, **QUICK)


def test_a_full_disk_is_told(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("respectra.datasets.fetch.transfer", fill)
    with pytest.raises(FetchError, match=r"file\.part: cannot be written: No space .*; free some"):
        fetch_file(Remote(server.url("file"), "file"), tmp_path, **QUICK)
