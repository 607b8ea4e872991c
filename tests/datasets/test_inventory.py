from pathlib import Path

import pytest

from respectra.config import Config
from respectra.datasets.inventory import (
    describe_missing,
    find_required,
    has_source,
    inspect_files,
)
from tests.conftest import ROOT
from tests.datasets.test_downloads import write_dataset


def test_the_status_of_an_incomplete_folder_names_the_missing_files(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "data", [])
    (tmp_path / "data/a.mat").write_bytes(b"1")
    assert inspect_files(dataset).find_missing() == ["b.mat", "rgb/a.jpg", "rgb/b.jpg"]
    assert str(inspect_files(dataset)).splitlines() == [
        "cubes          1 of 2; first missing: b.mat",
        "observations   0 of 2; first missing: rgb/a.jpg",
    ]


def test_a_data_set_without_sources_is_named() -> None:
    with pytest.raises(
        ValueError, match=r"synthetic\.yaml: has no `get`, so there is nothing to download"
    ):
        inspect_files(Config(ROOT).dataset("synthetic"))


def test_files_without_scene_are_listed_by_name(tmp_path: Path) -> None:
    pavia = Config(ROOT).dataset("pavia_u")
    dataset = inspect_files(
        pavia.model_copy(update={"read": {**pavia.read, "folder": str(tmp_path)}})
    )
    assert dataset.find_missing() == ["PaviaU.mat", "PaviaU_gt.mat", "TRpaviaU.mat", "TSpaviaU.mat"]


@pytest.mark.parametrize("name", ["icvl", "harvard"])
def test_a_data_set_of_all_files_of_a_folder_lacks_them_while_there_are_none(
    tmp_path: Path, name: str
) -> None:
    settings = Config(ROOT).dataset(name)
    read = {**settings.read, "folder": str(tmp_path)}
    dataset = settings.model_copy(update={"read": read})
    assert find_required(dataset) == ["*.mat"]
    assert not has_source(dataset)
    sentence = describe_missing(dataset, find_required(dataset))
    assert settings.get is not None
    assert sentence == (
        f"{name}: *.mat are missing; ask for access at {settings.get.register_at}, put the files "
        f"into {tmp_path}, and run `python -m respectra data get {name}`"
    )
    for file in ("4cam_0411-1640-1.mat", "imga1.mat"):
        (tmp_path / file).write_bytes(b"1")
    assert find_required(dataset) == []
    assert str(inspect_files(dataset)) == "cubes          2 of 2"


def test_a_folder_that_a_person_fills_is_a_source_once_it_has_files(tmp_path: Path) -> None:
    inbox = tmp_path / "incoming"
    dropped: dict[str, object] = {"is": "dropped", "folder": str(inbox)}
    http: dict[str, object] = {"is": "http", "url": "http://127.0.0.1:9/{file}"}
    assert not has_source(write_dataset(tmp_path / "data", [dropped]))
    assert has_source(write_dataset(tmp_path / "data", [dropped, http]))
    inbox.mkdir()
    (inbox / "all.zip").write_bytes(b"1")
    assert has_source(write_dataset(tmp_path / "data", [dropped]))


def test_pictures_without_cubes_are_not_required(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "data", [])
    assert find_required(dataset) == ["a.mat", "b.mat", "rgb/a.jpg", "rgb/b.jpg"]
    read = {**dataset.read, "pictures_only": {"valid": "rgb/{scene}.jpg"}}
    dataset = dataset.model_copy(update={"read": read})
    assert find_required(dataset) == ["a.mat", "rgb/a.jpg"]
    assert find_required(Config(ROOT).dataset("synthetic")) == []


def test_the_sentence_says_where_to_ask_and_what_to_do(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "data", [{"is": "dropped", "folder": "inbox"}])
    assert describe_missing(dataset, ["a", "b", "c", "d"], ["it broke"]) == (
        "mine: a, b, c and 1 more are missing (it broke); ask for access at somewhere.example, "
        f"put the files into {tmp_path / 'data'}, or archives of them into inbox, "
        "and run `python -m respectra data get mine`"
    )
