import json
import os
from pathlib import Path

import pytest

from respectra.files import sha256
from respectra.plans import contents
from respectra.plans.contents import CACHE, checksums, dataset_files, provided_files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a data set, in a working folder of its own."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "places"
    (place / "rgb").mkdir(parents=True)
    for name in ("b.mat", "a.npz", "c.npy", "scenes.csv", "notes.txt", "rgb/a.jpg", "rgb/b.jpg"):
        (place / name).write_text(name)
    return place


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files whose content is read from here on."""
    names: list[str] = []

    def read(path: Path) -> str:
        names.append(path.name)
        return sha256(path)

    monkeypatch.setattr(contents, "sha256", read)
    return names


def test_a_checksum_is_computed_once(folder: Path, read_files: list[str]) -> None:
    files = {"a": folder / "a.npz", "b": folder / "b.mat"}
    first = checksums(files)
    assert first == {"a": sha256(folder / "a.npz"), "b": sha256(folder / "b.mat")}
    assert sorted(read_files) == ["a.npz", "b.mat"]
    assert checksums(files) == first
    assert len(read_files) == 2


def test_a_changed_file_has_another_checksum(folder: Path, read_files: list[str]) -> None:
    path = folder / "a.npz"
    before = checksums({"a": path})
    times = path.stat()
    path.write_text("other")  # as long as before
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    assert checksums({"a": path}) == {"a": sha256(path)} != before
    assert read_files == ["a.npz", "a.npz"]


def test_a_file_that_was_replaced_with_its_time_kept_has_another_checksum(
    folder: Path, read_files: list[str]
) -> None:
    """As `rsync -t` and `cp -p` do it: the size and the time are the same, the content is not."""
    path = folder / "a.npz"
    before, times = checksums({"a": path}), path.stat()
    path.write_bytes(bytes(255 - byte for byte in path.read_bytes()))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert checksums({"a": path}) != before


def test_touching_a_file_changes_no_checksum(folder: Path, read_files: list[str]) -> None:
    path = folder / "a.npz"
    before = checksums({"a": path})
    os.utime(path, ns=(0, 0))
    assert checksums({"a": path}) == before
    assert read_files == ["a.npz", "a.npz"]


def test_a_link_is_the_file_that_it_names(folder: Path, read_files: list[str]) -> None:
    link = folder / "link.npz"
    link.symlink_to(folder / "a.npz")
    assert checksums({"x": link})["x"] == checksums({"a": folder / "a.npz"})["a"]
    assert len(read_files) == 1


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": 1}', '{"a": [1, 2]}', '{"a": ["x", 1, "y"]}']
)
def test_a_broken_memory_is_no_memory(folder: Path, text: str) -> None:
    CACHE.parent.mkdir(parents=True)
    CACHE.write_text(text)
    assert checksums({"a": folder / "a.npz"}) == {"a": sha256(folder / "a.npz")}
    assert json.loads(CACHE.read_text()).keys() == {str(folder / "a.npz")}


def test_a_folder_that_cannot_be_written_is_no_error(folder: Path) -> None:
    CACHE.parent.parent.mkdir()
    CACHE.parent.write_text("a file in the place of the folder")
    assert checksums({"a": folder / "a.npz"}) == {"a": sha256(folder / "a.npz")}


def test_names_are_in_order(folder: Path) -> None:
    files = dict.fromkeys(("z", "a", "m"), folder / "a.npz")
    assert list(checksums(files)) == ["a", "m", "z"]
    assert checksums({}) == {}


def test_a_data_set_is_its_cubes_and_its_table(folder: Path) -> None:
    assert sorted(dataset_files(folder, {"is": "folder:read"})) == [
        "a.npz", "b.mat", "c.npy", "scenes.csv",
    ]  # fmt: skip
    assert sorted(dataset_files(folder, {"splits": "other.csv"})) == ["a.npz", "b.mat", "c.npy"]


def test_a_data_set_may_have_pictures_of_scenes_without_cubes(folder: Path) -> None:
    read = {"pictures_only": {"test": "rgb/{scene}.jpg"}}
    assert {"rgb/a.jpg", "rgb/b.jpg"} < set(dataset_files(folder, read))


def test_a_table_outside_the_folder_is_named_by_its_path(folder: Path) -> None:
    table = folder.parent / "data/splits/places.csv"
    table.parent.mkdir(parents=True)
    table.write_text("scene,split\n")
    files = dataset_files(folder, {"splits": "data/splits/places.csv"})
    assert files["data/splits/places.csv"] == Path("data/splits/places.csv")


def test_a_folder_that_does_not_exist_has_no_files(folder: Path) -> None:
    assert dataset_files(folder / "nothing", {"splits": "scenes.csv"}) == {}


def test_provided_pictures_are_found_by_their_pattern(folder: Path) -> None:
    assert list(provided_files(folder, "rgb/{scene}.jpg")) == ["rgb/a.jpg", "rgb/b.jpg"]
    assert provided_files(folder, "rgb/{scene}.png") == {}


def test_a_pattern_that_leaves_the_folder_from_the_root_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"/etc/{scene}: is no path in the folder"):
        provided_files(folder, "/etc/{scene}")
