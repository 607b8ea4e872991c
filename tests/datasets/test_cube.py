from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io

from respectra.datasets.cube import crop, read_cube, read_norm_factor
from tests.conftest import WAVELENGTHS, smooth_cube

CUBE = smooth_cube(6, 9)  # (31, 6, 9)
BANDS_LAST = np.moveaxis(CUBE, 0, -1)  # (6, 9, 31), as MATLAB and NumPy show an array


def write_v73(path: Path, key: str = "cube", bands: bool = True) -> Path:
    """MATLAB v7.3 stores the axes in reverse order: (31, columns, rows)."""
    with h5py.File(path, "w", userblock_size=512) as file:
        file[key] = BANDS_LAST.T
        if bands:
            file["bands"] = np.array(WAVELENGTHS)[:, None]
    return path


def write_v5(path: Path) -> Path:
    scipy.io.savemat(path, {"cube": BANDS_LAST, "bands": np.array(WAVELENGTHS)})
    return path


def write_npy(path: Path) -> Path:
    np.save(path, BANDS_LAST)
    return path


def write_npz(path: Path) -> Path:
    np.savez(path, cube=BANDS_LAST, wavelengths_nm=np.array(WAVELENGTHS))
    return path


@pytest.mark.parametrize(
    ("write", "name"),
    [(write_v73, "a.mat"), (write_v5, "a.mat"), (write_npy, "a.npy"), (write_npz, "a.npz")],
)
def test_every_format_gives_the_same_cube(write, name: str, tmp_path: Path) -> None:
    cube, wavelengths = read_cube(write(tmp_path / name), wavelengths_nm=WAVELENGTHS)
    np.testing.assert_array_equal(cube, CUBE)
    assert cube.dtype == np.float32
    assert wavelengths == WAVELENGTHS


@pytest.mark.parametrize(
    ("write", "name"), [(write_v73, "a.mat"), (write_v5, "a.mat"), (write_npz, "a.npz")]
)
def test_the_wavelengths_are_read_from_the_file(write, name: str, tmp_path: Path) -> None:
    assert read_cube(write(tmp_path / name))[1] == WAVELENGTHS


def test_the_norm_factor_is_read_from_the_file(tmp_path: Path) -> None:
    with h5py.File(write_v73(tmp_path / "a.mat"), "a") as file:
        file["norm_factor"] = [[0.5]]
    scipy.io.savemat(tmp_path / "b.mat", {"cube": BANDS_LAST, "norm_factor": 0.25})
    np.savez(tmp_path / "c.npz", cube=BANDS_LAST, norm_factor=2.0)
    for name, factor in (("a.mat", 0.5), ("b.mat", 0.25), ("c.npz", 2.0)):
        assert read_norm_factor(tmp_path / name) == factor
    for write, name in (
        (write_v73, "d.mat"),
        (write_v5, "e.mat"),
        (write_npy, "f.npy"),
        (write_npz, "g.npz"),
    ):
        assert read_norm_factor(write(tmp_path / name)) is None


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, [1.0, 2.0]])
def test_an_invalid_norm_factor_is_named(value: object, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", cube=BANDS_LAST, norm_factor=value)
    with pytest.raises(
        ValueError, match=r"a\.npz: norm_factor is .*; it must be one positive number"
    ):
        read_norm_factor(tmp_path / "a.npz")


def test_another_order_of_axes_can_be_stated(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", CUBE)
    axes = ["bands", "rows", "columns"]
    cube, _ = read_cube(tmp_path / "a.npy", axes=axes, wavelengths_nm=WAVELENGTHS)
    np.testing.assert_array_equal(cube, CUBE)


def test_a_wrong_order_of_axes_is_named_with_the_axis_of_the_bands(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", CUBE)
    with pytest.raises(
        ValueError, match=r"a\.npy: cube has 9 bands on axis 2.*axis 0 has 31: set axes"
    ):
        read_cube(tmp_path / "a.npy", wavelengths_nm=WAVELENGTHS)


def test_a_wrong_number_of_bands_is_named(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", BANDS_LAST[..., :28])
    with pytest.raises(
        ValueError, match="has 28 bands on axis 2 of .*, but 31 wavelengths are stated"
    ):
        read_cube(tmp_path / "a.npy", wavelengths_nm=WAVELENGTHS)


def test_wavelengths_that_differ_from_those_of_the_data_set_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="its bands are 400 to 700 nm, the data set's 430 to 730"):
        read_cube(write_npz(tmp_path / "a.npz"), wavelengths_nm=[w + 30 for w in WAVELENGTHS])


def test_missing_wavelengths_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="states no wavelengths; set wavelengths_nm"):
        read_cube(write_npy(tmp_path / "a.npy"))


def test_a_wrong_key_is_named_with_the_existing_ones(tmp_path: Path) -> None:
    for write, name in ((write_v73, "a.mat"), (write_v5, "b.mat"), (write_npz, "c.npz")):
        with pytest.raises(
            ValueError, match=r"has no variable rad; its variables are (bands, cube|cube, wave)"
        ):
            read_cube(write(tmp_path / name), key="rad")


@pytest.mark.parametrize(
    ("write", "name"),
    [(write_v73, "a.mat"), (write_v5, "a.mat"), (write_npy, "a.npy"), (write_npz, "a.npz")],
)
def test_an_incomplete_and_an_empty_file_are_named(write, name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name)
    whole = path.read_bytes()
    for share in (0.3, 0.7, 0.95):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(ValueError, match=rf"{name}: cannot be read"):
            read_cube(path, wavelengths_nm=WAVELENGTHS)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=f"{name}: is empty"):
        read_cube(path)


def test_a_pickle_is_not_executed(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="cannot be read"):
        read_cube(tmp_path / "a.npy", wavelengths_nm=WAVELENGTHS)


def test_a_missing_file_and_an_unknown_format_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        read_cube(tmp_path / "a.mat")
    (tmp_path / "a.jpg").write_text("x")
    with pytest.raises(ValueError, match=r"a cube is one of \.mat, \.npy, \.npz, \.h5"):
        read_cube(tmp_path / "a.jpg")


def test_an_array_of_text_and_a_matrix_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full((2, 2, 31), "x"))
    with pytest.raises(ValueError, match="a cube holds numbers"):
        read_cube(tmp_path / "a.npy", wavelengths_nm=WAVELENGTHS)
    np.save(tmp_path / "b.npy", np.ones((2, 31)))
    with pytest.raises(ValueError, match="a cube has three axes"):
        read_cube(tmp_path / "b.npy", wavelengths_nm=WAVELENGTHS)


@pytest.mark.parametrize("shape", [(0, 9, 31), (6, 0, 31), (6, 9, 0)])
def test_a_cube_without_values_is_named(shape: tuple[int, ...], tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(shape))
    wavelengths = WAVELENGTHS[: shape[2]]
    with pytest.raises(ValueError, match=r"a\.npy: .* it holds no values; replace it"):
        read_cube(tmp_path / "a.npy", wavelengths_nm=wavelengths)


def test_wavelengths_of_the_data_set_replace_invalid_ones_of_the_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", cube=BANDS_LAST, bands=np.full(31, 550.0))
    with pytest.raises(ValueError, match=r"a\.npz: has the wavelength 550 more than once"):
        read_cube(tmp_path / "a.npz")
    assert read_cube(tmp_path / "a.npz", wavelengths_nm=WAVELENGTHS)[1] == WAVELENGTHS


def test_bands_are_returned_by_ascending_wavelength(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", cube=BANDS_LAST[..., ::-1], bands=WAVELENGTHS[::-1])
    cube, wavelengths = read_cube(tmp_path / "a.npz", leave_out_bands=[400, [680, 900]])
    np.testing.assert_array_equal(cube, CUBE[1:28])
    assert wavelengths == WAVELENGTHS[1:28]


def test_the_crop_of_the_challenge() -> None:
    assert crop(np.zeros((31, 482, 512)), 128).shape == (31, 226, 256)
    assert crop(np.zeros((31, 4, 4)), 0).shape == (31, 4, 4)


def test_real_scenes_have_the_sizes_of_their_table(shared: Path) -> None:
    import csv

    folder = shared / "data/nus_scenes"
    with open(folder / "scenes.csv", newline="") as file:
        for row in csv.DictReader(file):
            cube, wavelengths = read_cube(folder / f"{row['scene']}.mat")
            assert cube.shape == (31, int(row["rows"]), int(row["columns"]))
            assert wavelengths == WAVELENGTHS
            assert 0 < cube.min() <= cube.max() <= 1
