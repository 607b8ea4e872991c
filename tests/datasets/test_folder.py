from pathlib import Path

import numpy as np
import pytest

from respectra.datasets.folder import read
from tests.conftest import write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "mine", {"a": "train", "b": "valid"}, size=(5, 6))


def test_scenes_have_their_split_and_are_read_on_demand(folder: Path) -> None:
    scenes = read(folder=str(folder))
    assert [(s.name, s.split) for s in scenes] == [("a", "train"), ("b", "valid")]
    cube, wavelengths = scenes[0].read()
    assert cube.shape == (31, 5, 6)
    assert len(wavelengths) == 31


def test_any_number_of_bands_is_read(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "mine", {"a": "train"}, bands=103)
    assert read(folder=str(folder))[0].read()[0].shape[0] == 103


def test_counts_are_divided_by_their_maximum(folder: Path) -> None:
    whole, _ = read(folder=str(folder))[0].read()
    halved, _ = read(folder=str(folder), maximum=2.0)[0].read()
    np.testing.assert_allclose(halved, whole / 2)


def test_a_listed_scene_without_a_file_is_named(folder: Path) -> None:
    (folder / "b.npz").unlink()
    with pytest.raises(
        ValueError,
        match=r"scenes\.csv: lists b, but .* has no such \.mat, \.npy or \.npz; add these files \(1 of 2\)",
    ):
        read(folder=str(folder))


def test_a_file_that_the_table_does_not_list_is_named(folder: Path) -> None:
    (folder / "a.npz").rename(folder / "c.npz")
    (folder / "scenes.csv").write_text("scene,split\nb,valid\n")
    with pytest.raises(
        ValueError,
        match=r"scenes\.csv: does not list c, but .* has these cubes; add a row for each",
    ):
        read(folder=str(folder))


def test_unused_scenes_are_left_out_and_need_no_file(folder: Path) -> None:
    (folder / "scenes.csv").write_text("scene,split\na,unused\nb,valid\ngone,unused\n")
    assert [s.name for s in read(folder=str(folder))] == ["b"]


def test_a_scene_listed_twice_is_named(folder: Path) -> None:
    (folder / "scenes.csv").write_text("scene,split\na,train\nb,valid\na,valid\n")
    with pytest.raises(ValueError, match=r"scenes\.csv: lists a more than once"):
        read(folder=str(folder))


def test_a_missing_folder_says_where_to_put_the_cubes(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"is not a folder; create it and put the cubes and scenes\.csv there"
    ):
        read(folder=str(tmp_path / "none"))


def test_a_missing_table_and_a_missing_column_are_named(folder: Path) -> None:
    (folder / "scenes.csv").write_text("name\na\n")
    with pytest.raises(ValueError, match="must have the columns scene and split"):
        read(folder=str(folder))
    (folder / "scenes.csv").unlink()
    with pytest.raises(
        ValueError, match="does not exist; write this table with the columns scene and split"
    ):
        read(folder=str(folder))


def test_a_folder_without_a_table_can_be_one_split(folder: Path) -> None:
    (folder / "scenes.csv").unlink()
    scenes = read(folder=str(folder), splits="all: train")
    assert [(s.name, s.split) for s in scenes] == [("a", "train"), ("b", "train")]
