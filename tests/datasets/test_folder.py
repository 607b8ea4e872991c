import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from respectra.datasets.folder import read
from respectra.datasets.layout import read_splits
from tests.conftest import WAVELENGTHS, smooth_cube, write_folder
from tests.datasets.test_raster import write_envi


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
        match=r"scenes\.csv: lists b, but .* has no such cube \(\.mat.*\); add these files \(1 of 2\)",
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
    with pytest.raises(ValueError, match="create it and put the cubes there, or name another one"):
        read(folder=str(tmp_path / "none"), splits="all: train")


def test_a_missing_table_and_a_missing_column_are_named(folder: Path) -> None:
    (folder / "scenes.csv").write_text("name\na\n")
    with pytest.raises(ValueError, match="must have the columns scene and split"):
        read(folder=str(folder))
    (folder / "scenes.csv").unlink()
    with pytest.raises(
        ValueError, match="does not exist; write this table with the columns scene and split"
    ):
        read(folder=str(folder))


def test_two_files_of_one_scene_are_named_and_formats_choose(folder: Path) -> None:
    np.save(folder / "a.npy", np.ones((5, 6, 31)))
    with pytest.raises(
        ValueError, match=r"a\.npy and a\.npz are two cubes of the scene a; remove one, or set"
    ):
        read(folder=str(folder))
    cube, _ = read(folder=str(folder), formats=["npz"])[0].read()
    assert cube.max() == 1


def test_formats_in_capital_letters_headers_and_pictures_are_cubes(folder: Path) -> None:
    (folder / "a.npz").rename(folder / "a.NPZ")
    (folder / "b.npz").unlink()
    write_envi(folder, smooth_cube(5, 6), "bil", data="b.raw")
    for band in range(31):
        path = folder / f"c_ms/c_ms/c_ms_{band + 1:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((5, 6), 2000 * band + 1, np.uint16)).save(path)
    (folder / ".hidden.mat").touch()
    (folder / "notes").mkdir()
    (folder / "scenes.csv").write_text("scene;split\na;train\nb;valid\nc_ms;train\n")
    scenes = read(folder=str(folder), wavelengths_nm=WAVELENGTHS, leave_out_bands=[[0, 420], 700])
    assert [scene.name for scene in scenes] == ["a", "b", "c_ms"]
    for scene in scenes:
        cube, wavelengths = scene.read()
        assert (cube.shape, wavelengths) == ((27, 5, 6), WAVELENGTHS[3:30])
    np.testing.assert_allclose(cube[:, 0, 0], (2000 * np.arange(3, 30) + 1) / 65535, rtol=1e-6)


@pytest.mark.parametrize(
    "name", ["../evil", "/evil", "a/b", "a\\b", ".hidden", "{a}", "", "x" * 200, "a\x07", "*"]
)
def test_names_that_paths_and_wildcards_cannot_hold_are_refused(folder: Path, name: str) -> None:
    with open(folder / "scenes.csv", "w", newline="") as file:
        csv.writer(file).writerows([("scene", "split"), ("a", "train"), (name, "unused")])
    with pytest.raises(
        ValueError, match=r"scenes\.csv: .* cannot be the name of a scene|must have"
    ):
        read_splits(str(folder), "scenes.csv")


@pytest.mark.parametrize(
    "name", ["ARAD_1K_0001", "BGU_0522-1113-1", "Küche 2", "a.raw", "1", "x (2)"]
)
def test_names_of_files_are_names_of_scenes(folder: Path, name: str) -> None:
    (folder / "scenes.csv").write_text(f"scene,split\n{name},unused\n")
    assert read_splits(str(folder), "scenes.csv") == {name: "unused"}


def test_a_scene_without_a_split_and_an_ending_in_a_name_are_told(folder: Path) -> None:
    (folder / "scenes.csv").write_text("scene,split\na,train\nb,\n")
    with pytest.raises(ValueError, match=r"scenes\.csv: b has no split; write one"):
        read(folder=str(folder))
    (folder / "scenes.csv").write_text("scene,split\na.npz,train\nb,valid\n")
    with pytest.raises(ValueError, match="names without ending: write a"):
        read(folder=str(folder))
    (folder / "scenes.csv").write_text("scene,split\nA,train\nb,valid\n")
    with pytest.raises(ValueError, match="the name of the file is a"):
        read(folder=str(folder))


def test_a_file_in_place_of_a_folder_is_named(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"a\.npz: is a file, not a folder"):
        read(folder=str(folder / "a.npz"))


def test_a_folder_without_a_table_can_be_one_split(folder: Path) -> None:
    (folder / "scenes.csv").unlink()
    scenes = read(folder=str(folder), splits="all: train")
    assert [(s.name, s.split) for s in scenes] == [("a", "train"), ("b", "train")]
