from pathlib import Path

import numpy as np
import pytest
import scipy.io

from respectra.datasets.cube import Array
from respectra.datasets.harvard import WAVELENGTHS_NM, interpolate_bands, read
from tests.conftest import WAVELENGTHS


def write(folder: Path, mask: Array | None = None, **changes: object) -> Path:
    ref = np.tile(np.arange(1.0, 32.0), (6, 5, 1))
    ref[3:] *= 2
    variables = {
        "ref": ref * np.linspace(1, 3, 31), "calib": np.linspace(1, 3, 31)[None],
        "lbl": np.ones((6, 5)) if mask is None else mask, **changes,
    }  # fmt: skip
    scipy.io.savemat(folder / "imga1.mat", {k: v for k, v in variables.items() if v is not None})
    return folder


def read_cube(folder: Path) -> Array:
    (scene,) = read(folder=str(folder), splits="all: train", wavelengths_nm=WAVELENGTHS)
    assert (scene.name, scene.split) == ("imga1", "train")
    assert scene.read is not None
    cube, wavelengths = scene.read()
    assert (cube.dtype, wavelengths) == (np.float32, WAVELENGTHS)
    return cube


def test_spectra_are_calibrated_and_extrapolated_below_420_nm(tmp_path: Path) -> None:
    cube = read_cube(write(tmp_path))
    assert cube.shape == (31, 6, 5)
    assert cube.max() == 1  # the band of 700 nm is the last that is used
    spectrum = np.array([1, 1, *range(1, 30)]) / 58
    np.testing.assert_allclose(cube[:, 0, 0], spectrum, rtol=1e-6)
    np.testing.assert_allclose(cube[:, 5, 0], 2 * spectrum, rtol=1e-6)


def test_bands_between_two_others_are_interpolated() -> None:
    values = np.arange(31.0)[None, None]
    assert interpolate_bands(values, [420, 425, 720]).ravel().tolist() == [0, 0.5, 30]
    assert len(WAVELENGTHS_NM) == 31


@pytest.mark.parametrize(("moved", "rows"), [(1, 4), (4, 4)])
def test_rows_with_motion_are_left_out(tmp_path: Path, moved: int, rows: int) -> None:
    mask = np.ones((6, 5))
    mask[moved, 2] = 0
    assert read_cube(write(tmp_path, mask)).shape == (31, rows, 5)


def test_a_folder_without_scenes_and_bands_outside_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no \.mat file"):
        read(folder=str(tmp_path), splits="all: train", wavelengths_nm=WAVELENGTHS)
    write(tmp_path)
    with pytest.raises(ValueError, match="set wavelengths_nm"):
        read(folder=str(tmp_path), splits="all: train", wavelengths_nm=[380.0, 700.0])
    (tmp_path / "s.csv").write_text("scene,split\nimga1,train\nimgb2,train\n")
    with pytest.raises(ValueError, match=r"imgb2\.mat: does not exist"):
        read(folder=str(tmp_path), splits="s.csv", wavelengths_nm=WAVELENGTHS)
    (tmp_path / "s.csv").write_text("scene,split\nimgb2,train\n")
    with pytest.raises(ValueError, match=r"s\.csv: does not list imga1, but .* has these cubes"):
        read(folder=str(tmp_path), splits="s.csv", wavelengths_nm=WAVELENGTHS)


def test_a_file_without_calibration_or_with_other_bands_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"imga1\.mat: has no calib"):
        read_cube(write(tmp_path, calib=None))
    with pytest.raises(ValueError, match="both have 31 bands"):
        read_cube(write(tmp_path, calib=np.ones((1, 30))))
