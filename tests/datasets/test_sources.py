import json
from pathlib import Path
from typing import Any

import pytest
import requests

from respectra.datasets.fetch import FetchError, Remote
from respectra.datasets.sources import drive, dropped, http, huggingface, zenodo

MISSING = ["a.mat", "rgb/a.jpg"]


def record_of(monkeypatch: pytest.MonkeyPatch, content: Any, status: int = 200) -> None:
    """Let every request return `content` as JSON."""
    answer = requests.Response()
    answer.status_code, answer._content = status, json.dumps(content).encode()
    monkeypatch.setattr(requests, "get", lambda *_, **__: answer)


def entry(key: str, **details: object) -> dict[str, object]:
    return {"key": key, "links": {"self": f"https://z/{key}"}, **details}


def test_a_zenodo_record_gives_the_missing_files_with_size_and_checksum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries = [entry("all.zip"), entry("a.jpg", size=3, checksum="md5:1"), entry("other.txt")]
    record_of(monkeypatch, {"files": entries})
    assert zenodo(MISSING, record=7) == [Remote("https://z/a.jpg", "rgb/a.jpg", 3, "md5:1")]


def test_a_zenodo_record_without_the_files_gives_its_archives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record_of(monkeypatch, {"files": [entry("all.zip", size=9), entry("other.txt")]})
    assert zenodo(MISSING, record=7) == [Remote("https://z/all.zip", "all.zip", 9)]


@pytest.mark.parametrize(("content", "status"), [({}, 200), ({"files": []}, 404)])
def test_a_zenodo_record_that_cannot_be_listed_is_named(
    monkeypatch: pytest.MonkeyPatch, content: object, status: int
) -> None:
    record_of(monkeypatch, content, status)
    with pytest.raises(FetchError, match="https://api/7 does not list the files of the record"):
        zenodo(MISSING, record=7, api="https://api")


def test_an_address_is_one_archive_or_has_a_place_for_each_file() -> None:
    assert http(MISSING, url="https://h/all.zip") == [Remote("https://h/all.zip", "all.zip")]
    assert http(MISSING, url="https://h/x/{file}") == [
        Remote("https://h/x/a.mat", "a.mat"),
        Remote("https://h/x/rgb/a.jpg", "rgb/a.jpg"),
    ]


def test_a_file_of_google_drive_has_the_stated_name() -> None:
    (remote,) = drive(MISSING, id="x1", name="all.zip", api="https://d")
    assert remote == Remote("https://d?id=x1&export=download&confirm=t", "all.zip")


@pytest.mark.parametrize(("folder", "base"), [("", ""), ("rgb", "rgb/")])
def test_files_of_the_hub_are_in_one_folder(folder: str, base: str) -> None:
    remotes = huggingface(MISSING, repo="me/set", folder=folder, api="https://hub")
    assert remotes == [
        Remote(f"https://hub/me/set/resolve/main/{base}a.mat", "a.mat"),
        Remote(f"https://hub/me/set/resolve/main/{base}a.jpg", "rgb/a.jpg"),
    ]


def test_dropped_files_are_searched_in_subfolders_by_name(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("deep/a.jpg", "b.zip", "other.txt"):
        (tmp_path / name).touch()
    remotes = dropped(MISSING, folder=str(tmp_path))
    assert [(remote.name, Path(remote.url).name) for remote in remotes] == [
        ("b.zip", "b.zip"),
        ("rgb/a.jpg", "a.jpg"),
    ]
    assert dropped(MISSING, folder=str(tmp_path / "none")) == []
