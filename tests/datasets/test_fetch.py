import hashlib
import io
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from respectra.datasets import fetch as page
from respectra.datasets.fetch import FetchError, Remote, fetch, fetch_all, unpack

BODY = bytes(range(256)) * 400
QUICK = {"timeout_seconds": 0.5, "wait_seconds": 0.01}


class Server(ThreadingHTTPServer):
    """On the loopback: it serves, stalls, breaks off, lies, and sends to a login page."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str | None]] = []

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        name, range_ = self.path.strip("/"), self.headers.get("Range")
        self.server.asked.append((name, range_))
        times = sum(asked == name for asked, _ in self.server.asked)
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
        self.end_headers()
        self.wfile.write(body if sent is None else sent)
        self.wfile.flush()
        time.sleep(stall)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_a_file_arrives_whole(server: Server, tmp_path: Path) -> None:
    seen: list[int] = []
    sha = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
    remote = Remote(server.url("file"), "a/file.mat", len(BODY), sha)
    path = fetch(remote, tmp_path, progress=seen.append, **QUICK)
    assert path.read_bytes() == BODY
    assert sum(seen) == len(BODY)
    assert [p.name for p in path.parent.iterdir()] == ["file.mat"]
    fetch(remote, tmp_path, **QUICK)
    assert len(server.asked) == 1  # what is there is not asked for again


@pytest.mark.parametrize("name", ["breaks", "stalls"])
def test_a_broken_connection_goes_on_where_it_was(
    server: Server, tmp_path: Path, name: str
) -> None:
    path = fetch(Remote(server.url(name), "file"), tmp_path, **QUICK)
    assert path.read_bytes() == BODY
    ranges = [range_ for _, range_ in server.asked]
    assert ranges[0] is None
    assert all(range_ and int(range_[6:-1]) > 0 for range_ in ranges[1:])


def test_a_new_start_goes_on_too(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(BODY[:70_000])
    assert fetch(Remote(server.url("file"), "file"), tmp_path, **QUICK).read_bytes() == BODY
    assert server.asked == [("file", "bytes=70000-")]


def test_a_server_that_knows_no_ranges_begins_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(b"x" * 70_000)
    assert fetch(Remote(server.url("whole"), "file"), tmp_path, **QUICK).read_bytes() == BODY


def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    assert fetch(Remote(server.url("busy"), "file"), tmp_path, **QUICK).read_bytes() == BODY


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("gone", {}, "file: .*/gone answers 404"),
        ("moved", {}, "answers with a page, not with the file: it wants a login"),
        ("file", {"size": 5}, "file: has 102400 bytes, the source promised 5"),
        ("file", {"checksum": "md5:0"}, "file: its md5 is .*, 0 was promised"),
        ("always_breaks", {}, "broke off 3 times: 10 of|broke off 3 times: .*"),
    ],
)
def test_what_is_not_the_file_is_named_and_not_moved_into_place(
    server: Server, tmp_path: Path, name: str, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(FetchError, match=message):
        fetch(Remote(server.url(name), "file", **changes), tmp_path, tries=3, **QUICK)
    assert not (tmp_path / "file").exists()


def test_what_can_be_got_is_got_and_the_rest_is_named(server: Server, tmp_path: Path) -> None:
    remotes = [Remote(server.url(n), n) for n in ("file", "gone", "moved", "other")]
    with pytest.raises(FetchError, match=r"gone: .*answers 404; moved: .*page"):
        fetch_all(remotes, tmp_path, **QUICK)
    assert {p.name for p in tmp_path.iterdir()} == {"file", "other"}


def test_space_is_asked_for_first(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FetchError, match=r"1000000\.0 GB are needed, .* GB are free"):
        fetch_all([Remote(server.url("file"), "file", size=10**15)], tmp_path)
    assert server.asked == []
    assert page.BLOCK == 1 << 20


def zipped(path: Path, names: dict[str, bytes], link: bool = False) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, body in names.items():
            info = zipfile.ZipInfo(name)
            if link:
                info.external_attr = 0o120777 << 16
            file.writestr(info, body)
    return path


def tarred(path: Path, names: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for name, body in names.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            file.addfile(info, io.BytesIO(body))
    return path


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_archives_are_unpacked_below_their_folder(tmp_path: Path, pack) -> None:
    archive = pack(tmp_path / "a.bin", {"a.mat": b"1", "rgb/b.jpg": b"2"})
    found = unpack(archive, tmp_path / "out")
    assert [p.relative_to(tmp_path / "out").as_posix() for p in found] == ["a.mat", "rgb/b.jpg"]
    assert (tmp_path / "out/rgb/b.jpg").read_bytes() == b"2"


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "C:\\evil", "..\\evil"])
def test_archives_cannot_leave_their_folder(tmp_path: Path, pack, name: str) -> None:
    archive = pack(tmp_path / "a.bin", {"good": b"1", name: b"2"})
    with pytest.raises(FetchError, match="would leave the folder; nothing is unpacked"):
        unpack(archive, tmp_path / "deep/out")
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_links_in_archives_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="link is no plain file"):
        unpack(zipped(tmp_path / "a.zip", {"link": b"/etc/passwd"}, link=True), tmp_path / "out")
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(info)
    with pytest.raises(FetchError, match="link is no plain file"):
        unpack(tmp_path / "a.tar", tmp_path / "out")


def test_what_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"not one")
    with pytest.raises(FetchError, match=r"a\.zip: is no archive, or cut short"):
        unpack(tmp_path / "a.zip", tmp_path)
