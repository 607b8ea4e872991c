from pathlib import Path

import pytest

from respectra.camera.observations import read_pictures
from respectra.datasets.listing import find_unlisted_cubes, find_unlisted_pictures, name_folder
from respectra.datasets.store import Store
from tests.conftest import Data, write_folder


@pytest.fixture
def stored(tmp_path: Path) -> Data:
    return Data(tmp_path, write_folder(tmp_path / "folder", {"a": "train", "b": "valid"}))


def cut_last_row(table: Path) -> None:
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(lines[:-1]))


def test_a_manifest_that_ends_with_a_row_too_early_is_told_when_it_is_read(stored: Data) -> None:
    Store(stored.scenes)
    cut_last_row(stored.scenes)
    with pytest.raises(ValueError, match=r"cubes/b.npy: is not in .*/scenes.csv, which is cut"):
        Store(stored.scenes)


def test_a_table_of_pictures_that_ends_with_a_row_too_early_is_told(stored: Data) -> None:
    table = stored.observations.with_name("scenes.csv")
    assert [row["scene"] for row in read_pictures(table)] == ["a", "b"]
    cut_last_row(table)
    with pytest.raises(ValueError, match=r"observations/b.npy: is not in .*/scenes.csv, which"):
        read_pictures(table)


def test_cubes_of_another_folder_are_not_expected(stored: Data, tmp_path: Path) -> None:
    manifest = tmp_path / "condition/scenes.csv"
    for path in ("../datasets/cubes/a.npy", str(stored.cubes / "a.npy"), ""):
        assert find_unlisted_cubes(manifest, [{"scene": "a", "path": path}]) == []


def test_the_first_file_that_is_not_listed_comes_first(stored: Data, tmp_path: Path) -> None:
    table = tmp_path / "camera/scenes.csv"
    first, second = find_unlisted_pictures(table, [], stored.observations)
    assert first.startswith(f"{stored.observations / 'a.npy'}: is not in {table}")
    assert "b.npy" in second
    assert name_folder(stored.observations / "a.npy") in first
