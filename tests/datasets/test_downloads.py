import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from respectra.config import Config, Dataset
from respectra.datasets.downloads import (
    download_dataset,
    inspect_files,
    list_datasets,
    verify_checksums,
    write_pointer,
)
from respectra.datasets.fetch import FetchError
from tests.conftest import ROOT

QUICK = {"timeout_seconds": 0.5, "wait_seconds": 0.01, "tries": 2}
FILES: dict[str, bytes] = {
    "/files/a.mat": b"cube a",
    "/hub/me/set/resolve/main/b.jpg": b"picture b",
}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Do not log."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        body, kind, code = FILES.get(path), "application/octet-stream", 200
        if path == "/records/7":
            address = f"http://127.0.0.1:{self.server.server_port}/files/a.mat"
            entries = [{"key": "a.mat", "size": 6, "links": {"self": address}}]
            body, kind = json.dumps({"files": entries}).encode(), "application/json"
        elif path == "/drive":
            body, kind = b"<html>you need permission</html>", "text/html"
        elif body is None:
            body, code = b"", 404
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server() -> Iterator[str]:
    http_server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{http_server.server_port}"
    http_server.shutdown()
    thread.join()
    http_server.server_close()


def write_dataset(folder: Path, sources: list[dict[str, object]], **changes: object) -> Dataset:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenes.csv").write_text("scene,split\na,train\nb,valid\nc,unused\n")
    return Dataset.model_validate(
        {
            "name": "mine",
            "title": "Mine",
            "read": {"is": "folder:read", "folder": str(folder), "splits": "scenes.csv"},
            "quantity": "radiance",
            "splits": ["train", "valid"],
            "camera": "ntire2022",
            "crop": 0,
            "get": {
                "licence": "free",
                "cite": "arad2022ntire",
                "register_at": "somewhere.example",
                "files": {"cubes": "{scene}.mat", "observations": "rgb/{scene}.jpg"},
                "sources": sources,
                **changes,
            },
        }
    )


def write_archive(path: Path, names: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        for name, body in names.items():
            file.writestr(name, body)
    return path


def test_the_status_of_an_incomplete_folder_names_the_missing_files(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "data", [])
    (tmp_path / "data/a.mat").write_bytes(b"1")
    assert inspect_files(dataset).find_missing() == ["b.mat", "rgb/a.jpg", "rgb/b.jpg"]
    assert str(inspect_files(dataset)).splitlines() == [
        "cubes          1 of 2; first missing: b.mat",
        "observations   0 of 2; first missing: rgb/a.jpg",
    ]


def test_sources_are_tried_in_their_order(tmp_path: Path, server: str) -> None:
    write_archive(
        tmp_path / "incoming/all.zip", {"deep/b.mat": b"cube b", "deep/a.jpg": b"picture a"}
    )
    dataset = write_dataset(
        tmp_path / "data",
        [
            {"is": "dropped", "folder": str(tmp_path / "incoming")},
            {"is": "drive", "id": "x", "name": "all.zip", "api": f"{server}/drive"},
            {"is": "zenodo", "record": 7, "api": f"{server}/records"},
            {"is": "huggingface", "repo": "me/set", "api": f"{server}/hub"},
        ],
    )
    assert download_dataset(dataset, **QUICK).find_missing() == []
    folder = tmp_path / "data"
    assert (folder / "a.mat").read_bytes() == b"cube a"
    assert (folder / "b.mat").read_bytes() == b"cube b"
    assert (folder / "rgb/a.jpg").read_bytes() == b"picture a"
    assert (folder / "rgb/b.jpg").read_bytes() == b"picture b"
    assert {p.name for p in folder.iterdir()} == {"a.mat", "b.mat", "rgb", "scenes.csv"}


def test_a_downloaded_archive_is_deleted_after_unpacking(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"x/a.mat": b"cube a", "x/b.mat": b"cube b", "a.jpg": b"1", "b.jpg": b"2"}
    packed = write_archive(tmp_path / "served.zip", names).read_bytes()
    monkeypatch.setitem(FILES, "/files/all.zip", packed)
    dataset = write_dataset(tmp_path / "data", [{"is": "http", "url": f"{server}/files/all.zip"}])
    assert download_dataset(dataset, **QUICK).find_missing() == []
    assert {p.name for p in (tmp_path / "data").iterdir()} == {
        "a.mat",
        "b.mat",
        "rgb",
        "scenes.csv",
    }


def test_the_space_for_the_whole_data_set_is_checked_first(tmp_path: Path, server: str) -> None:
    source = {"is": "zenodo", "record": 7, "api": f"{server}/records"}
    dataset = write_dataset(tmp_path / "data", [source], bytes=10**18)
    with pytest.raises(FetchError, match=r"1000000000\.0 GB are needed, .* GB are free"):
        download_dataset(dataset, **QUICK)
    assert not (tmp_path / "data/a.mat").exists()


def test_if_all_sources_fail_the_message_says_what_to_do(tmp_path: Path, server: str) -> None:
    incoming = str(tmp_path / "incoming")
    dataset = write_dataset(
        tmp_path / "data",
        [
            {"is": "dropped", "folder": incoming},
            {"is": "drive", "id": "x", "name": "all.zip", "api": f"{server}/drive"},
            {"is": "http", "url": f"{server}/nothing/{{file}}"},
        ],
    )
    with pytest.raises(FetchError) as caught:
        download_dataset(dataset, **QUICK)
    text = str(caught.value)
    assert text.startswith("mine: a.mat, b.mat, rgb/a.jpg and 1 more are missing (")
    assert "it requires a login or a permission" in text
    assert "answers with the status 404" in text
    assert "ask for access at somewhere.example, put the files into" in text
    assert text.endswith(f"or archives of them into {incoming}")
    assert "\n" not in text


def test_an_archive_with_a_member_outside_its_folder_changes_nothing(tmp_path: Path) -> None:
    write_archive(tmp_path / "incoming/evil.zip", {"a.mat": b"1", "../../b.mat": b"2"})
    dataset = write_dataset(
        tmp_path / "data", [{"is": "dropped", "folder": str(tmp_path / "incoming")}]
    )
    with pytest.raises(FetchError, match="is outside the folder; nothing is unpacked"):
        download_dataset(dataset)
    assert len(inspect_files(dataset).find_missing()) == 4
    assert not (tmp_path / "b.mat").exists()


def test_the_first_checksum_is_recorded_and_compared_in_later_calls(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "data", [])
    (tmp_path / "data/a.mat").write_bytes(b"1")
    assert verify_checksums(dataset) == []
    assert verify_checksums(dataset) == []
    (tmp_path / "data/a.mat").write_bytes(b"2")
    (problem,) = verify_checksums(dataset)
    assert "a.mat: its SHA-256 is" in problem


def test_shipped_checksums_are_compared_at_once(tmp_path: Path) -> None:
    (tmp_path / "sums.csv").write_text("file,sha256\na.mat,0\n")
    dataset = write_dataset(tmp_path / "data", [], checksums=str(tmp_path / "sums.csv"))
    (tmp_path / "data/a.mat").write_bytes(b"1")
    assert "not 0" in verify_checksums(dataset)[0]


def test_the_real_pictures_have_the_shipped_checksums(tmp_path: Path, shared: Path) -> None:
    config = Config(ROOT).dataset("arad1k")
    folder = tmp_path / "arad1k"
    (folder / "rgb").mkdir(parents=True)
    for path in (shared / "data/arad1k").glob("*.jpg"):
        (folder / "rgb" / path.name).symlink_to(path.resolve())
    assert config.get is not None
    local = config.model_copy(
        update={
            "read": {
                **config.read,
                "folder": str(folder),
                "splits": str(ROOT / "data/splits/arad1k.csv"),
            },
            "get": config.get.model_copy(update={"checksums": str(ROOT / config.get.checksums)}),
        }
    )
    assert (
        sum(inspect_files(local).exists(n) for n in inspect_files(local).expected["observations"])
        > 30
    )
    assert verify_checksums(local) == []


def test_every_data_set_is_listed_with_its_licence_and_reference() -> None:
    config = Config(ROOT)
    lines = list(list_datasets([config.dataset(name) for name in config.datasets]))
    assert len(lines) == len(config.datasets)
    assert any("21.4 GB, licence: none stated; access by registration" in line for line in lines)
    assert any(line.endswith("; cite: yasuma2010cave") for line in lines)


def test_a_data_set_without_sources_is_named() -> None:
    with pytest.raises(
        FetchError, match=r"synthetic\.yaml: has no `get`, so there is nothing to download"
    ):
        inspect_files(Config(ROOT).dataset("synthetic"))


def test_a_pointer_counts_the_files_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    subprocess.run([sys.executable, "-m", "dvc", "init", "--quiet"], check=True, cwd=tmp_path)
    monkeypatch.chdir(tmp_path)
    dataset = Config(ROOT).dataset("arad1k")
    with pytest.raises(
        FetchError,
        match="data/arad1k: does not exist; run `python -m respectra data get arad1k` first",
    ):
        write_pointer(dataset)
    Path("data/arad1k").mkdir(parents=True)
    Path("data/arad1k/ARAD_1K_0001.mat").write_bytes(b"cube")
    assert "nfiles: 1" in write_pointer(dataset).read_text()


def test_files_without_scene_are_listed_by_name(tmp_path: Path) -> None:
    pavia = Config(ROOT).dataset("pavia_u")
    dataset = inspect_files(
        pavia.model_copy(update={"read": {**pavia.read, "folder": str(tmp_path)}})
    )
    assert dataset.find_missing() == ["PaviaU.mat", "PaviaU_gt.mat", "TRpaviaU.mat", "TSpaviaU.mat"]
