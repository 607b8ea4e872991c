import csv
from pathlib import Path

import numpy as np
import pytest

from respectra.camera.jpeg import lossless
from respectra.datasets.scenes import store_dataset
from respectra.datasets.store import Store
from respectra.files import sha256
from tests.conftest import dataset_plan, write_folder


def make(tmp_path: Path, folder: Path, **changes: object) -> Store:
    store_dataset(
        plan=dataset_plan(folder, **changes),
        save_scenes=tmp_path / "out/scenes.csv",
        save_cubes=tmp_path / "out/cubes",
        save_wavelengths=tmp_path / "out/wavelengths.csv",
        threads=2,
    )
    return Store(tmp_path / "out/scenes.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "mine", {"a": "train", "b": "valid"}, size=(5, 6))


def spoil(folder: Path, scene: str, value: float) -> None:
    with np.load(folder / f"{scene}.npz") as file:
        cube, wavelengths = file["cube"].copy(), file["wavelengths_nm"]
    cube[2, 3, 7] = value
    np.savez(folder / f"{scene}.npz", cube=cube, wavelengths_nm=wavelengths)


def test_the_manifest_describes_the_stored_cubes(tmp_path: Path, folder: Path) -> None:
    store = make(tmp_path, folder)
    with open(tmp_path / "out/scenes.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    row = rows[0]
    assert (row["scene"], row["split"], row["rows"], row["columns"]) == ("a", "train", "5", "6")
    assert row["sha256"] == sha256(tmp_path / "out" / row["path"])
    assert float(row["maximum"]) == pytest.approx(store.cube("a").max(), rel=1e-5)
    assert float(row["minimum"]) == pytest.approx(store.cube("a").min(), rel=1e-5)
    assert len(store.wavelengths_nm) == 31


def test_the_factor_that_undoes_the_normalisation_is_stored(tmp_path: Path) -> None:
    """It is relative to the median of the training scenes; 1 for a file that states none."""
    folder = write_folder(
        tmp_path / "mine", {**dict.fromkeys("abc", "train"), "d": "valid", "e": "valid"}
    )
    for scene, factor in (("a", 0.2), ("b", 0.4), ("c", 0.6), ("d", 0.8)):
        with np.load(folder / f"{scene}.npz") as file:
            np.savez(folder / f"{scene}.npz", **file, norm_factor=factor)
    store = make(tmp_path, folder)
    factors = [store.norm_factor(scene) for scene in "abcde"]
    assert factors == pytest.approx([0.5, 1.0, 1.5, 2.0, 1.0])


def test_a_common_maximum_of_the_training_cubes_is_reported(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "mine", {"a": "train", "b": "train", "c": "valid"})
    for scene in "ab":
        with np.load(folder / f"{scene}.npz") as file:
            cube = file["cube"] / file["cube"].max()
            np.savez(folder / f"{scene}.npz", cube=cube, wavelengths_nm=file["wavelengths_nm"])
    assert make(tmp_path, folder).common_maximum == pytest.approx(1.0)
    with np.load(folder / "b.npz") as file:
        np.savez(folder / "b.npz", cube=0.9 * file["cube"], wavelengths_nm=file["wavelengths_nm"])
    assert make(tmp_path, folder).common_maximum is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "b: the cube has 1 values that are not finite"),
        (np.inf, "b: the cube has 1 values that are not finite"),
        (0.0, "b: the cube has 1 zeros"),
        (-0.1, "b: the cube has 1 negative values"),
    ],
)
def test_an_invalid_cube_is_named_and_nothing_is_written(
    tmp_path: Path, folder: Path, value: float, message: str
) -> None:
    spoil(folder, "b", value)
    with pytest.raises(ValueError, match=message):
        make(tmp_path, folder)
    assert not list((tmp_path / "out").iterdir())


def test_an_invalid_cube_can_be_left_out(tmp_path: Path, folder: Path) -> None:
    spoil(folder, "b", np.nan)
    assert make(tmp_path, folder, zeros="leave_out").scenes() == ["a"]


def test_a_data_set_without_any_cube_is_refused(tmp_path: Path, folder: Path) -> None:
    """Scenes that are left out, and scenes with a picture only."""
    for scene in "ab":
        spoil(folder, scene, np.nan)
    with pytest.raises(ValueError, match="the data set has no cube"):
        make(tmp_path, folder, zeros="leave_out")
    for scene in "ab":
        (folder / f"{scene}.npz").unlink()
        (folder / f"{scene}.png").write_bytes(lossless(np.zeros((3, 5, 6), np.uint8)))
    pictures = {"train": "{scene}.png", "valid": "{scene}.png"}
    read = {"is": "folder:read", "folder": str(folder), "pictures_only": pictures}
    with pytest.raises(ValueError, match="the data set has no cube"):
        make(tmp_path, folder, read=read)
    assert not list((tmp_path / "out").iterdir())


def test_a_floor_raises_zeros_and_counts_them(tmp_path: Path, folder: Path) -> None:
    spoil(folder, "b", 0.0)
    store = make(tmp_path, folder, zeros={"floor": 1e-3})
    assert store.cube("b").min() == pytest.approx(1e-3)
    assert [row["floored"] for row in store.rows] == ["0", "1"]


def test_a_floor_does_not_replace_values_that_are_not_finite(tmp_path: Path, folder: Path) -> None:
    spoil(folder, "b", np.nan)
    with pytest.raises(ValueError, match="not finite"):
        make(tmp_path, folder, zeros={"floor": 1e-3})


def test_scenes_of_different_bands_are_named(tmp_path: Path, folder: Path) -> None:
    write_folder(tmp_path / "other", {"b": "valid"}, size=(5, 6), bands=16)
    (tmp_path / "other/b.npz").replace(folder / "b.npz")
    with pytest.raises(ValueError, match="b: has 16 bands from 400 to 700 nm, a has 31"):
        make(tmp_path, folder)


def test_a_failure_does_not_change_an_earlier_data_set(tmp_path: Path, folder: Path) -> None:
    make(tmp_path, folder)
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    spoil(folder, "b", np.nan)
    with pytest.raises(ValueError, match="not finite"):
        make(tmp_path, folder)
    assert {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()} == before


def test_a_cube_of_another_size_is_refused(tmp_path: Path, folder: Path) -> None:
    assert make(tmp_path, folder, size=[5, 6]).scenes() == ["a", "b"]
    with pytest.raises(ValueError, match=r"a: the cube has 5×6 pixels, .* states size: 5×7"):
        make(tmp_path, folder, size=[5, 7])
    with pytest.raises(ValueError, match=r"rows and columns are swapped: set read\.axes"):
        make(tmp_path, folder, size=[6, 5])


def test_a_cube_outside_the_data_sets_range_is_refused(tmp_path: Path, folder: Path) -> None:
    assert make(tmp_path, folder, range=[0, 1]).scenes() == ["a", "b"]
    spoil(folder, "b", 1.5)
    with pytest.raises(
        ValueError, match=r"b: the cube has values from .* to 1\.5, .* states range: 0 to 1"
    ):
        make(tmp_path, folder, range=[0, 1])


def test_identical_cubes_are_marked_and_refused_across_splits(tmp_path: Path, folder: Path) -> None:
    (folder / "c.npz").write_bytes((folder / "a.npz").read_bytes())
    table = folder / "scenes.csv"
    table.write_text("scene,split\na,train\nb,valid\nc,train\n")
    assert [row["same_as"] for row in make(tmp_path, folder).rows] == ["", "", "a"]
    table.write_text("scene,split\na,train\nb,valid\nc,valid\n")
    with pytest.raises(ValueError, match="c: holds the same cube as a, but is in split valid"):
        make(tmp_path, folder)


def test_half_precision_needs_half_the_disk(tmp_path: Path, folder: Path) -> None:
    whole = {scene: np.array(make(tmp_path, folder).cube(scene)) for scene in "ab"}
    full = sum(path.stat().st_size for path in (tmp_path / "out/cubes").iterdir())
    store = make(tmp_path, folder, stored="float16")
    half = sum(path.stat().st_size for path in (tmp_path / "out/cubes").iterdir())
    assert half < 0.6 * full
    for scene, cube in whole.items():
        assert store.cube(scene).dtype == np.float32
        assert (np.abs(store.cube(scene) - cube) / cube).max() < 2**-11


def test_values_beyond_half_precision_are_refused(tmp_path: Path, folder: Path) -> None:
    """They would be stored as zero or infinity and make a relative error or a loss infinite."""
    for value, problem in ((1e-9, "1 zeros"), (1e5, "1 values that are not finite")):
        spoil(folder, "b", value)
        assert make(tmp_path, folder, range=[0, 1e6]).scenes() == ["a", "b"]
        with pytest.raises(ValueError, match=f"b: the cube has {problem}"):
            make(tmp_path, folder, stored="float16", range=[0, 1e6])
