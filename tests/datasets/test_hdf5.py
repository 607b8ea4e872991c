from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io

from respectra.datasets.cube import read_cube
from tests.conftest import WAVELENGTHS, smooth_cube

CUBE = smooth_cube(6, 9)  # (31, 6, 9)
BANDS_LAST = np.moveaxis(CUBE, 0, -1)


def test_a_file_of_h5py_has_the_axes_that_numpy_shows_and_matlabs_are_reversed(
    tmp_path: Path,
) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data/cube"] = BANDS_LAST
        file["data/wavelength"] = np.array(WAVELENGTHS) / 1000
        file["data/wavelength"].attrs["units"] = "micrometers"
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["data/cube"] = BANDS_LAST.T
        file["data/cube"].attrs["MATLAB_class"] = np.bytes_("single")
        file["data/bands"] = WAVELENGTHS
    for name in ("a.h5", "b.h5"):
        cube, wavelengths = read_cube(tmp_path / name, key="data.cube")
        np.testing.assert_array_equal(cube, CUBE)
        assert wavelengths == WAVELENGTHS


@pytest.mark.parametrize("version", ["5", "4"])
def test_structs_of_matlab_have_keys_of_their_fields(version: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    if version == "5":
        variables = {"scene": {"image": {"cube": BANDS_LAST}, "wavelength": WAVELENGTHS}, "n": "a"}
        scipy.io.savemat(path, variables)
        key = "scene/image/cube"
        with pytest.raises(ValueError, match="has no variable cube; .* set read.key: scene/image/"):
            read_cube(path)
    else:
        with h5py.File(path, "w") as file:
            file["scene/cube"] = BANDS_LAST.T
            file["scene/bands"] = WAVELENGTHS
        key = "scene.cube"
    np.testing.assert_array_equal(read_cube(path, key=key)[0], CUBE)


def test_values_in_other_files_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "source.h5", "w") as file:
        file["cube"] = BANDS_LAST
    (tmp_path / "raw").write_bytes(bytes(6 * 9 * 31 * 4))
    layout = h5py.VirtualLayout((6, 9, 31), "f4")
    layout[:] = h5py.VirtualSource(tmp_path / "gone.h5", "cube", (6, 9, 31))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["link"] = h5py.ExternalLink(tmp_path / "source.h5", "cube")
        file["soft"] = h5py.SoftLink("/link")
        file["loop"] = h5py.SoftLink("/loop")
        file.create_dataset("external", (6, 9, 31), "f4", external=[(tmp_path / "raw", 0, 6696)])
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("unwritten", (6, 9, 31), "f4", chunks=(6, 9, 31))
        file.create_dataset("huge", (1 << 20, 1 << 20, 31), "f4", chunks=(1, 1, 31))
        file["one"] = np.float32(1)
        file["none"] = h5py.Empty("f4")
        file["group/itself"] = file["/"]
    for key, message in (
        ("link", "link is a link to another place; copy the values"),
        ("soft", "soft is a link to another place"),
        ("loop", "loop is a link to another place"),
        ("external", "the values of external are in another file"),
        ("virtual", "virtual is a virtual data set: its values are in other files"),
        ("unwritten", "unwritten holds no values, only a size"),
        ("huge", "claims .* GB of values, but the file has"),
        ("one", r"one has shape \(\); a cube has three axes"),
        ("none", "has no variable none"),
    ):
        with pytest.raises(ValueError, match=rf"a\.h5: {message}"):
            read_cube(tmp_path / "a.h5", key=key, wavelengths_nm=WAVELENGTHS)
