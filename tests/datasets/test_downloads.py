import csv
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
from respectra.config.strict import parse, plain
from respectra.datasets.downloads import (
    download_dataset,
    fetch_dataset,
    list_datasets,
    write_pointer,
)
from respectra.datasets.inventory import inspect_files
from respectra.datasets.server import FetchError
from respectra.files import sha256
from respectra.plan_types import FetchPlan
from tests.conftest import ROOT

QUICK = {"stalled_seconds": 0.5, "wait_seconds": 0.01, "tries": 2}
FILES: dict[str, bytes] = {
    "/files/a.mat": b"MATLAB a",
    "/hub/me/set/resolve/main/b.jpg": b"\xff\xd8 b",
}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Do not log."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        body, kind, code = FILES.get(path), "application/octet-stream", 200
        if path == "/records/7":
            address = f"http://127.0.0.1:{self.server.server_port}/files/a.mat"
            entries = [{"key": "a.mat", "size": 8, "links": {"self": address}}]
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
    return parse(
        Dataset,
        {
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
        },
        "mine.yaml",
        "mine",
    )


def write_archive(path: Path, names: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        for name, body in names.items():
            file.writestr(name, body)
    return path


def test_sources_are_tried_in_their_order(tmp_path: Path, server: str) -> None:
    write_archive(
        tmp_path / "incoming/all.zip", {"deep/b.mat": b"MATLAB b", "deep/a.jpg": b"\xff\xd8 a"}
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
    assert (folder / "a.mat").read_bytes() == b"MATLAB a"
    assert (folder / "b.mat").read_bytes() == b"MATLAB b"
    assert (folder / "rgb/a.jpg").read_bytes() == b"\xff\xd8 a"
    assert (folder / "rgb/b.jpg").read_bytes() == b"\xff\xd8 b"
    assert {p.name for p in folder.iterdir()} == {"a.mat", "b.mat", "rgb", "scenes.csv"}


def test_a_downloaded_archive_is_deleted_after_unpacking(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {
        "x/a.mat": b"MATLAB a",
        "x/b.mat": b"MATLAB b",
        "a.jpg": b"\xff\xd8 1",
        "b.jpg": b"\xff\xd8 2",
    }
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
    dataset = write_dataset(tmp_path / "data", [source], bytes=9 * 10**15)
    with pytest.raises(FetchError, match=r"9000000\.0 GB are needed, .* GB are free"):
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
    assert f"or archives of them into {incoming}" in text
    assert text.endswith("run `python -m respectra data get mine`")
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


def test_every_data_set_is_listed_with_its_licence_and_reference() -> None:
    config = Config(ROOT)
    lines = list(list_datasets([config.dataset(name) for name in config.datasets]))
    assert len(lines) == len(config.datasets)
    assert any("21.4 GB, licence: none stated; access by registration" in line for line in lines)
    assert any(line.endswith("; cite: yasuma2010cave") for line in lines)


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


def plan_files(dataset: Dataset) -> FetchPlan:
    assert dataset.get is not None
    return {
        "name": dataset.name,
        "title": dataset.title,
        "read": plain(dataset.read),
        "wavelengths_nm": None,
        "get": plain(dataset.get),
    }


def test_fetched_files_are_listed_with_their_checksums(tmp_path: Path) -> None:
    names = {
        "a.mat": b"MATLAB a",
        "b.mat": b"MATLAB b",
        "a.jpg": b"\xff\xd8 a",
        "b.jpg": b"\xff\xd8 b",
    }
    write_archive(tmp_path / "incoming/all.zip", names)
    dataset = write_dataset(
        tmp_path / "data", [{"is": "dropped", "folder": str(tmp_path / "incoming")}]
    )
    fetch_dataset(plan=plan_files(dataset), save=tmp_path / "files.csv")
    with open(tmp_path / "files.csv", newline="") as file:
        listed = {row["file"]: row["sha256"] for row in csv.DictReader(file)}
    assert list(listed) == ["a.mat", "b.mat", "rgb/a.jpg", "rgb/b.jpg"]
    assert listed["a.mat"] == sha256(tmp_path / "data/a.mat")


def test_a_fetched_file_with_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sums.csv").write_text(f"file,sha256\na.mat,{'0' * 64}\n")
    dataset = write_dataset(tmp_path / "data", [], checksums=str(tmp_path / "sums.csv"))
    for name in inspect_files(dataset).list_paths():
        (tmp_path / "data" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "data" / name).write_bytes(b"\xff\xd8 1")
    with pytest.raises(ValueError, match=r"a\.mat: its SHA-256 is .*, not 000"):
        fetch_dataset(plan=plan_files(dataset), save=tmp_path / "files.csv")
    assert not (tmp_path / "files.csv").exists()


def test_pictures_of_scenes_without_cubes_may_be_missing(tmp_path: Path) -> None:
    """Such scenes are left out, so a run does not end because of them."""
    dataset = write_dataset(tmp_path / "data", [])
    read = {**dataset.read, "pictures_only": {"valid": "rgb/{scene}.jpg"}}
    dataset = dataset.model_copy(update={"read": read})
    (tmp_path / "data/rgb").mkdir()
    for name in ("a.mat", "rgb/a.jpg"):
        (tmp_path / "data" / name).write_bytes(b"\xff\xd8 1")
    fetch_dataset(plan=plan_files(dataset), save=tmp_path / "files.csv")
    (tmp_path / "data/a.mat").unlink()
    with pytest.raises(FetchError, match=r"a\.mat, rgb/b\.jpg are missing"):
        fetch_dataset(plan=plan_files(dataset), save=tmp_path / "files.csv")


@pytest.mark.parametrize("name", ["folder", "synthetic"])
def test_a_data_set_without_a_folder_has_no_pointer(name: str) -> None:
    with pytest.raises(FetchError, match=f"{name}: has no folder of its own in config/datasets"):
        write_pointer(Config(ROOT).dataset(name))


def test_a_silent_failure_of_dvc_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.CompletedProcess([], 1, "", "")
    monkeypatch.setattr("respectra.datasets.downloads.subprocess.run", lambda *_, **__: done)
    dataset = write_dataset(tmp_path / "data", [])
    with pytest.raises(FetchError, match="dvc add .*: DVC gives no reason; it needs git and a rep"):
        write_pointer(dataset)
