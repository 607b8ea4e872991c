import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml

from respectra.commands.data import (
    check_datasets,
    describe_datasets,
    describe_files,
    describe_leaks,
    find_problem,
    verify_results,
)
from respectra.config import Config, ConfigError
from respectra.datasets.leakage import Pair
from respectra.reconstructions import write_reconstructions
from respectra.tables.finished import read_lines
from tests.small_project import PROVIDED
from tests.tables.builders import make_line, write_table


def test_data_sets_are_described_in_a_line_each(config: Config) -> None:
    datasets = [config.dataset(name) for name in config.datasets]
    lines = describe_datasets(datasets).splitlines()
    assert lines[0] == f"{'photos':24} Photos; nothing to download"
    assert len(lines) == 2


def test_files_are_counted_and_checked(config: Config) -> None:
    get = {
        "licence": "none", "cite": "a", "files": {"cubes": "{scene}.npz"},
        "sources": [{"is": "dropped", "folder": "data/incoming"}], "checksums": "data/sums.csv",
    }  # fmt: skip
    Path("config/datasets/provided.yaml").write_text(yaml.safe_dump({**PROVIDED, "get": get}))
    datasets = [Config().dataset("provided")]
    folder = Path("data/photos")
    folder.mkdir()
    (folder / "s00.npz").write_text("PK a cube")
    assert describe_files(datasets) == "provided\ncubes          1 of 24; first missing: s01.npz"
    Path("data/sums.csv").write_text("file,sha256\n")
    assert check_datasets(datasets) == "provided: all files that are here have the right checksum"
    Path("data/sums.csv").write_text("file,sha256\ns00.npz,0\n")
    with pytest.raises(ValueError, match=r"s00\.npz: its SHA-256 is .*, not 0"):
        check_datasets(datasets)


def test_leaks_are_listed_with_their_splits(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = [Pair("s00", "s20", 79), Pair("s01", "s02", 20)]
    monkeypatch.setattr("respectra.datasets.leakage.find_pairs", lambda *_, **__: pairs)
    with pytest.raises(ValueError, match="data/photos: there are no pictures of provided"):
        describe_leaks(config, "provided")
    picture = Path("data/photos/rgb/s00.jpg")
    picture.parent.mkdir(parents=True)
    picture.touch()
    assert describe_leaks(config, "provided").splitlines() == [
        "1 pictures, 2 pairs that show the same place",
        "s00 (train) and s20 (valid): 79 features agree, across splits",
        "s01 (train) and s02 (train): 20 features agree, not in data/groups/photos.csv",
    ]


def test_leaks_of_simulated_pictures_are_searched_in_the_results(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: dict[str, Path] = {}
    monkeypatch.setattr(
        "respectra.datasets.leakage.find_pairs",
        lambda pictures, **_: compared.update(pictures) or [],
    )
    folder = Path("results/camera/photos/observations")
    folder.mkdir(parents=True)
    for name in ("s00.jpg", "s01.png", "notes.txt"):
        (folder / name).touch()
    assert describe_leaks(config, "photos") == "2 pictures, 0 pairs that show the same place"
    assert compared == {"s00": folder / "s00.jpg", "s01": folder / "s01.png"}


def test_stored_files_and_checkpoints_are_verified(config: Config, tmp_path: Path) -> None:
    datasets = [config.dataset("photos")]
    assert verify_results(datasets) == "no data set is stored yet"
    folder = Path("results/datasets/photos")
    folder.mkdir(parents=True)
    (folder / "scenes.csv").write_text("scene,split,path,sha256\na,train,cubes/a.npy,0\n")
    with pytest.raises(ValueError, match=r"cubes/a\.npy: is missing; delete the folder"):
        verify_results(datasets)
    (folder / "scenes.csv").write_text("scene,split,path,sha256\n")
    assert (
        verify_results(datasets)
        == "photos: all stored files have their checksums, all tables their rows"
    )
    checkpoint = Path("results/train/photos/net/full-seed0/checkpoint.pt")
    checkpoint.parent.mkdir(parents=True)
    with zipfile.ZipFile(checkpoint, "w") as file:
        file.writestr("weights", b"0" * 100)
    assert verify_results(datasets).startswith("photos: all")
    checkpoint.write_bytes(checkpoint.read_bytes().replace(b"0" * 100, b"0" * 99 + b"1"))
    with pytest.raises(ValueError, match=r"checkpoint\.pt: is damaged; delete it and run"):
        verify_results(datasets)
    checkpoint.unlink()
    reconstructions = Path("results/reconstruct/photos/net/full-seed0/valid.h5")
    with write_reconstructions(reconstructions, [400.0]) as write:
        write("a", np.full((1, 2, 3), 0.5, np.float32))
    assert verify_results(datasets).startswith("photos: all")
    half = np.float32(0.5).tobytes()
    reconstructions.write_bytes(reconstructions.read_bytes().replace(6 * half, 5 * half + b"0000"))
    with pytest.raises(ValueError, match=r"valid\.h5: a differs from what was written"):
        verify_results(datasets)


def test_tables_that_lack_rows_are_found(config: Config) -> None:
    datasets = [config.dataset("photos")]
    files = {
        "datasets/photos/scenes.csv": "scene,split,path,sha256\na,train,,\nb,valid,,\nc,valid,,\n",
        "train/photos/net/full-seed0/plan.yaml": "train: [{iterations: 3}]\n",
        "train/photos/net/full-seed0/history.csv": "phase,iteration\n0,1\n0,2\n",
        "score/photos/net/full-seed0/valid.csv": "scene,region\nb,full\n",
    }
    for name, text in files.items():
        path = Path("results", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    table = Path("results/tables/study/scores.full.csv")
    write_table(table, [make_line(ours="0.5"), make_line(row="AWAN", ours="0.7")])
    assert find_problem(read_lines, table) is None
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ValueError, match="history") as caught:
        verify_results(datasets)
    history, scores, finished = str(caught.value).splitlines()
    assert "history.csv: is cut short or damaged (it ends at phase 0, iteration 2" in history
    assert "valid.csv: is cut short or damaged (it has scores of 1 scenes, not of 2" in scores
    assert "scores.full.md: does not show the rows and numbers of scores.full.csv" in finished


def test_leaks_need_a_folder(config: Config) -> None:
    settings = {**PROVIDED, "read": {**PROVIDED["read"], "folder": None}}
    Path("config/datasets/provided.yaml").write_text(yaml.safe_dump(settings))
    with pytest.raises(ConfigError, match="data leaks: provided has no folder and table of splits"):
        describe_leaks(Config(), "provided")
