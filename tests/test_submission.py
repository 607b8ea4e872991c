import zipfile
from pathlib import Path

import numpy as np
import pytest

import respectra.submission as page
from respectra.config import Config
from respectra.datasets.cube import crop, read_cube
from respectra.plan import submissions
from respectra.reconstructions import write_reconstructions
from respectra.submission import submission
from tests.conftest import ROOT, WAVELENGTHS, Data, smooth_cube


def pack(data: Data, folder: Path) -> Path:
    with write_reconstructions(folder / "valid.h5", WAVELENGTHS) as write:
        for seed, scene in enumerate("cd"):
            write(scene, smooth_cube(40, 48, seed=seed))
    save = folder / "out" / "valid.zip"
    save.parent.mkdir(exist_ok=True)
    submission(
        plan={"margin": 8}, reconstructions=folder / "valid.h5", scenes=data.scenes,
        split="valid", save=save,
    )  # fmt: skip
    return save


def test_every_scene_is_a_cropped_cube_that_reads_as_the_challenges(
    data: Data, tmp_path: Path
) -> None:
    with zipfile.ZipFile(pack(data, tmp_path)) as archive:
        assert archive.namelist() == ["c_crop.mat", "d_crop.mat"]
        archive.extractall(tmp_path)
    raw = (tmp_path / "d_crop.mat").read_bytes()
    assert raw[:10] == b"MATLAB 7.3"
    assert raw[124:128] == b"\x00\x02IM"
    cube, _ = read_cube(tmp_path / "d_crop.mat", wavelengths_nm=WAVELENGTHS)
    np.testing.assert_array_equal(cube, crop(smooth_cube(40, 48, seed=1), 8))
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["valid.zip"]


def test_what_the_server_would_not_take_is_not_written(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="the server takes 1,000"):
        pack(data, tmp_path)
    assert not list((tmp_path / "out").iterdir())


def test_every_method_that_needs_no_truth_has_one() -> None:
    config = Config(ROOT)
    files = submissions(config, "full", config.choices())
    assert "results/submission/arad1k/mst_plus_plus/full-seed0/test.zip" in files
    assert "results/submission/arad1k/ivl_fast_n_squeeze_ensemble/full/test.zip" in files
    assert not [file for file in files if "oracle" in file or "lower_bound" in file]
