from pathlib import Path
from typing import Any

import pytest

from respectra.datasets.fetch import Remote
from respectra.datasets.server import FetchError
from respectra.datasets.sources import drive, dropped, http, huggingface, zenodo

MISSING = ["a.mat", "rgb/a.jpg"]


def record_of(monkeypatch: pytest.MonkeyPatch, content: Any) -> None:
    """Let every request return `content` as JSON."""
    monkeypatch.setattr("respectra.datasets.sources.read_json", lambda *_: content)


def entry(key: str, **details: object) -> dict[str, object]:
    return {"key": key, "links": {"self": f"https://z/{key}"}, **details}


def test_a_zenodo_record_gives_the_missing_files_with_size_and_checksum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries = [entry("all.zip"), entry("a.jpg", size=3, checksum="md5:1a"), entry("other.txt")]
    record_of(monkeypatch, {"files": entries})
    assert zenodo(MISSING, record=7) == [Remote("https://z/a.jpg", "rgb/a.jpg", 3, "md5:1a")]


def test_a_zenodo_record_without_the_files_gives_its_archives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record_of(monkeypatch, {"files": [entry("all.zip", size=9), entry("other.txt")]})
    assert zenodo(MISSING, record=7) == [Remote("https://z/all.zip", "all.zip", 9)]


@pytest.mark.parametrize(
    "content", [{}, [], 7, None, "x", {"files": None}, {"files": {"entries": {}}}, {"files": 3}]
)
def test_a_zenodo_record_that_cannot_be_listed_is_named(
    monkeypatch: pytest.MonkeyPatch, content: object
) -> None:
    record_of(monkeypatch, content)
    with pytest.raises(FetchError, match="https://api/7 does not list the files of the record"):
        zenodo(MISSING, record=7, api="https://api")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (None, "lists a file without a name and an address"),
        ({"key": "a.zip"}, "without a name and an address"),
        ({"key": 7, "links": {"self": "https://z/a"}}, "without a name and an address"),
        ({"key": "a.zip", "links": ["https://z/a"]}, "without a name and an address"),
        (entry("../evil.zip"), "gives the name '../evil.zip', which is no name of a file"),
        (entry("/etc/evil.zip"), "gives the name '/etc/evil.zip'"),
        ({"key": "a.zip", "links": {"self": "file:/etc/a.zip"}}, "is no address of a server"),
        ({"key": "a.zip", "links": {"self": "http://z/a.zip"}}, "which is not encrypted"),
        (entry("a.zip", size="many"), "lists a.zip with the size 'many'"),
        (entry("a.zip", size=-1), "lists a.zip with the size -1"),
        (entry("a.zip", checksum=7), "lists a.zip with the checksum 7"),
        (entry("a.zip", checksum="crc:12"), "lists a.zip with the checksum 'crc:12'"),
    ],
)
def test_whatever_zenodo_lists_is_checked(
    monkeypatch: pytest.MonkeyPatch, item: object, message: str
) -> None:
    record_of(monkeypatch, {"files": [item]})
    with pytest.raises(FetchError, match=message):
        zenodo(MISSING, record=7)


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
    assert [(remote.name, remote.path.name) for remote in remotes if remote.path] == [
        ("b.zip", "b.zip"),
        ("rgb/a.jpg", "a.jpg"),
    ]
    assert dropped(MISSING, folder=str(tmp_path / "none")) == []
