import re
from pathlib import Path

import pytest

from respectra.datasets.verify import find_damage, require_intact
from tests.conftest import Data, write_folder


@pytest.fixture
def stored(tmp_path: Path) -> Data:
    return Data(tmp_path, write_folder(tmp_path / "folder", {"a": "train", "b": "valid"}))


def flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[-9] ^= 1
    path.write_bytes(body)


def test_stored_files_have_their_checksums(stored: Data) -> None:
    assert find_damage(stored.scenes, stored.observations) == []
    require_intact(stored.scenes, stored.observations, [stored.scenes])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("datasets/cubes/a.npy", "differs from the cube that was stored"),
        ("camera/observations/a.jpg", "differs from the picture that was stored"),
        ("camera/observations/a.npy", "differs from its picture"),
    ],
)
def test_a_flipped_bit_and_a_missing_file_are_named(
    stored: Data, tmp_path: Path, name: str, message: str
) -> None:
    flip(tmp_path / name)
    (problem,) = find_damage(stored.scenes, stored.observations)
    assert f"{tmp_path / name}: {message}" in problem
    assert "; delete the folder" in problem
    with pytest.raises(ValueError, match=message):
        require_intact(stored.scenes, stored.observations)
    (tmp_path / name).unlink()
    assert len(find_damage(stored.scenes, stored.observations)) == 1


def test_a_manifest_without_one_of_its_cubes_is_named(stored: Data) -> None:
    """A table that ends with a row may still be cut short."""
    lines = stored.scenes.read_text().splitlines(keepends=True)
    stored.scenes.write_text("".join(lines[:-1]))
    (problem,) = find_damage(stored.scenes)
    assert f"cubes/b.npy: is not in {stored.scenes}, which is cut short; delete" in problem


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("datasets/scenes.csv", "datasets/scenes.csv: lacks b, which .*camera/scenes.csv lists"),
        ("camera/scenes.csv", "camera/scenes.csv: lacks b, which .*datasets/scenes.csv lists"),
    ],
)
def test_tables_of_cubes_and_of_pictures_have_the_same_scenes(
    stored: Data, tmp_path: Path, table: str, message: str
) -> None:
    """A scene of a challenge's test split has a row, but neither a cube nor, here, a picture."""
    for path in (tmp_path / "datasets/cubes/b.npy", *stored.observations.glob("b.*")):
        path.unlink()
    lines = (tmp_path / table).read_text().splitlines(keepends=True)
    (tmp_path / table).write_text("".join(lines[:-1]))
    assert any(re.search(message, p) for p in find_damage(stored.scenes, stored.observations))


def test_a_picture_with_a_damaged_header_is_named(stored: Data) -> None:
    """NumPy's readers of headers raise other errors than ValueError."""
    path = stored.observations / "b.npy"
    path.write_bytes(path.read_bytes().replace(b"}", b" ", 1))
    (problem,) = find_damage(stored.scenes, stored.observations)
    assert f"{path}: differs from its picture" in problem
