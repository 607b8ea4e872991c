import io
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from respectra.datasets.formats import open_variables
from tests.conftest import WAVELENGTHS, smooth_cube

BANDS_LAST = np.moveaxis(smooth_cube(6, 9), 0, -1)


@pytest.mark.parametrize("key", ["wavelengths_nm", "wavelength", "Wavelengths", "bands", "WL"])
def test_the_names_of_wavelengths_are_understood(key: str, tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.MAT", {"cube": BANDS_LAST, key: WAVELENGTHS})
    with open_variables(tmp_path / "a.MAT") as (variables, bands):
        assert np.ravel(bands.centres).tolist() == WAVELENGTHS
        np.testing.assert_array_equal(variables["cube"].read(), BANDS_LAST)


def test_sizes_are_known_before_the_values_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", BANDS_LAST)
    np.savez_compressed(tmp_path / "a.npz", cube=BANDS_LAST, bands=WAVELENGTHS)
    for name, key in (("a.npy", "image"), ("a.npz", "cube")):
        with open_variables(tmp_path / name) as (variables, _):
            assert (variables[key].shape, variables[key].kind) == ((6, 9, 31), "f")


def write_npz_header(path: Path, shape: tuple[int, ...]) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": shape}
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cube.npy", header.getvalue() + bytes(400))


def test_claims_of_terabytes_are_refused_without_taking_memory(tmp_path: Path) -> None:
    write_npz_header(tmp_path / "a.npz", (1 << 20, 1 << 20, 31))
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (1 << 20, 1 << 20, 31)}
    )
    (tmp_path / "a.npy").write_bytes(header.getvalue() + bytes(400))
    scipy.io.savemat(tmp_path / "a.mat", {"cube": np.ones((2, 2, 31))})
    body = bytearray((tmp_path / "a.mat").read_bytes())
    sizes = body.index(struct.pack("<iii", 2, 2, 31))
    body[sizes : sizes + 8] = struct.pack("<ii", 1 << 30, 1 << 30)
    (tmp_path / "a.mat").write_bytes(body)
    for name in ("a.npz", "a.npy", "a.mat"):
        with pytest.raises(ValueError, match=rf"{name}: (cannot be read|cube claims|claims)"):
            with open_variables(tmp_path / name) as (variables, _):
                next(iter(variables.values())).read()


def test_members_of_archives_that_are_no_arrays_are_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("cube", b"not an array")
    with open_variables(tmp_path / "a.npz") as (variables, _):
        assert not variables
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("cube.npy", b"not an array either")
    with pytest.raises(ValueError, match=r"b\.npz: cannot be read"):
        with open_variables(tmp_path / "b.npz"):
            pass
    np.save(tmp_path / "c.npy", BANDS_LAST)
    (tmp_path / "c.npy").rename(tmp_path / "c.npz")
    with pytest.raises(ValueError, match=r"c\.npz: .*rename it to \.npy|c\.npz: cannot be read"):
        with open_variables(tmp_path / "c.npz"):
            pass


def test_paths_that_are_no_readable_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.mat").mkdir()
    (tmp_path / "link.mat").symlink_to("nowhere.mat")
    os.mkfifo(tmp_path / "pipe.mat")
    (tmp_path / "page.mat").write_text("<!DOCTYPE html><html>sign in</html>")
    for name, message in (
        ("folder", "is not a regular file"),
        ("link", "is a link to a file that does not exist"),
        ("pipe", "is not a regular file"),
        ("page", "cannot be read"),
    ):
        with pytest.raises(ValueError, match=rf"{name}\.mat: {message}"):
            with open_variables(tmp_path / f"{name}.mat"):
                pass
