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

from respectra.datasets.fetch import FetchError, Remote, fetch_file, fetch_files, unpack

BODY = bytes(range(256)) * 400
QUICK = {"timeout_seconds": 0.5, "wait_seconds": 0.01}


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
    (tmp_path / "file.part").write_bytes(BODY[:70_000])
    assert fetch_file(Remote(server.url("file"), "file"), tmp_path, **QUICK).read_bytes() == BODY
    assert server.requests == [("file", "bytes=70000-")]


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


def write_zip(path: Path, names: dict[str, bytes], link: bool = False) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, body in names.items():
            info = zipfile.ZipInfo(name)
            if link:
                info.external_attr = 0o120777 << 16
            file.writestr(info, body)
    return path


def write_tar(path: Path, names: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for name, body in names.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            file.addfile(info, io.BytesIO(body))
    return path


@pytest.mark.parametrize("pack", [write_zip, write_tar])
def test_archives_are_unpacked_into_their_folder(tmp_path: Path, pack) -> None:
    archive = pack(tmp_path / "a.bin", {"a.mat": b"1", "rgb/b.jpg": b"2"})
    paths = unpack(archive, tmp_path / "out")
    assert [p.relative_to(tmp_path / "out").as_posix() for p in paths] == ["a.mat", "rgb/b.jpg"]
    assert (tmp_path / "out/rgb/b.jpg").read_bytes() == b"2"


@pytest.mark.parametrize("pack", [write_zip, write_tar])
@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "C:\\evil", "..\\evil"])
def test_members_outside_the_folder_are_refused(tmp_path: Path, pack, name: str) -> None:
    archive = pack(tmp_path / "a.bin", {"good": b"1", name: b"2"})
    with pytest.raises(FetchError, match="is outside the folder; nothing is unpacked"):
        unpack(archive, tmp_path / "deep/out")
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_links_in_archives_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="the member link is not a regular file"):
        unpack(write_zip(tmp_path / "a.zip", {"link": b"/etc/passwd"}, link=True), tmp_path / "out")
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(info)
    with pytest.raises(FetchError, match="the member link is not a regular file"):
        unpack(tmp_path / "a.tar", tmp_path / "out")


def test_a_file_that_is_not_an_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"not one")
    with pytest.raises(FetchError, match=r"a\.zip: is not an archive or is incomplete"):
        unpack(tmp_path / "a.zip", tmp_path)
