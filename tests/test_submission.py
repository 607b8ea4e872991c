import zipfile
from pathlib import Path

import numpy as np
import pytest

import respectra.submission
from respectra.datasets.cube import crop, read_cube
from respectra.plans.products import submissions
from respectra.reconstructions import write_reconstructions
from respectra.submission import pack_submission
from tests.conftest import WAVELENGTHS, Data, smooth_cube
from tests.small_project import write_project


def pack(data: Data, folder: Path, scenes: str = "cd") -> Path:
    with write_reconstructions(folder / "valid.h5", WAVELENGTHS) as write:
        for seed, scene in enumerate(scenes):
            write(scene, smooth_cube(40, 48, seed=seed))
    save = folder / "archives" / "valid.zip"
    save.parent.mkdir()
    pack_submission(
        plan={"margin": 8, "code": ""},
        reconstructions=folder / "valid.h5",
        scenes=data.scenes,
        split="valid",
        save=save,
    )
    return save


def test_the_archive_holds_a_cropped_cube_per_scene(data: Data, tmp_path: Path) -> None:
    with zipfile.ZipFile(pack(data, tmp_path)) as archive:
        assert archive.namelist() == ["c_crop.mat", "d_crop.mat"]
        archive.extractall(tmp_path)
    content = (tmp_path / "d_crop.mat").read_bytes()
    assert content[:10] == b"MATLAB 7.3"
    assert content[124:128] == b"\x00\x02IM"
    cube, _ = read_cube(tmp_path / "d_crop.mat", wavelengths_nm=WAVELENGTHS)
    np.testing.assert_array_equal(cube, crop(smooth_cube(40, 48, seed=1), 8))
    assert [path.name for path in (tmp_path / "archives").iterdir()] == ["valid.zip"]


def test_the_same_cubes_make_the_same_archive(data: Data, tmp_path: Path) -> None:
    """No time of writing is in it, and no folder of temporary files is beside it."""
    (tmp_path / "again").mkdir()
    assert pack(data, tmp_path).read_bytes() == pack(data, tmp_path / "again").read_bytes()


def test_an_archive_that_is_too_large_is_not_written(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(respectra.submission, "MAXIMUM_BYTES", 1000)
    with pytest.raises(ValueError, match="the server accepts at most 1,000"):
        pack(data, tmp_path)
    assert not list((tmp_path / "archives").iterdir())


def test_a_missing_scene_is_named_and_nothing_is_written(data: Data, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="scene d"):
        pack(data, tmp_path, scenes="c")
    assert not list((tmp_path / "archives").iterdir())


def test_every_method_that_needs_no_truth_has_an_archive(tmp_path: Path) -> None:
    config = write_project(tmp_path)
    assert submissions(config, "full.photos", config.choices()) == [
        f"results/submission/photos/{run}/valid.zip"
        for run in ("net/full-seed0", "other/full-seed0", "fitted/full", "pair/full")
    ]  # no archive of the control `linear`
