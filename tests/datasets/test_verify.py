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
    assert f"cubes/b.npy: is not in {stored.scenes}; delete the folder" in problem


def test_a_picture_with_a_damaged_header_is_named(stored: Data) -> None:
    """NumPy's readers of headers raise other errors than ValueError."""
    path = stored.observations / "b.npy"
    path.write_bytes(path.read_bytes().replace(b"}", b" ", 1))
    (problem,) = find_damage(stored.scenes, stored.observations)
    assert f"{path}: differs from its picture" in problem
