import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import spectral
import tifffile
from PIL import Image

from respectra.cube_files import FORMATS, Shape, is_finished, list_files, write_cube, write_facts
from tests.conftest import WAVELENGTHS

SHAPE = Shape(150, 70, tuple(WAVELENGTHS))
CUBE = np.random.default_rng(0).random((150, 70, 31), dtype=np.float32)  # rows, columns, bands


def write(stem: Path, formats: list[str], blocks: int = 4) -> list[Path]:
    with write_cube(stem, SHAPE, formats) as write_rows:
        for block in np.array_split(CUBE, blocks):
            write_rows(block)
    return list_files(stem, formats)


@pytest.mark.parametrize("blocks", [1, 4, 150])
def test_numpy_matlab_and_tiff_contain_the_cube(tmp_path: Path, blocks: int) -> None:
    array, matlab, tiff = write(tmp_path / "a.b", ["npy", "mat", "tiff"], blocks)
    assert array.name == "a.b.npy"
    np.testing.assert_array_equal(np.load(array), CUBE)
    with h5py.File(matlab) as file:  # MATLAB reverses the axes that HDF5 states
        np.testing.assert_array_equal(file["cube"][()].T, CUBE)
        assert file["bands"][()].ravel().tolist() == WAVELENGTHS
        assert file["cube"].attrs["MATLAB_class"] == b"single"
    assert matlab.read_bytes()[:19] == b"MATLAB 7.3 MAT-file"
    with tifffile.TiffFile(tiff) as opened:
        np.testing.assert_array_equal(opened.asarray(), CUBE)
        assert opened.pages[0].samplesperpixel == 31
        assert json.loads(opened.pages[0].description)["wavelengths_nm"] == WAVELENGTHS


@pytest.mark.parametrize("name", ["envi", "envi-bsq"])
def test_envi_is_read_by_spectral_python(tmp_path: Path, name: str) -> None:
    header, _ = write(tmp_path / "a", [name])
    image = spectral.open_image(str(header))
    np.testing.assert_array_equal(np.asarray(image.load()), CUBE)
    assert image.bands.centers == WAVELENGTHS
    assert image.bands.band_unit == "Nanometers"
    assert image.metadata["interleave"] == ("bil" if name == "envi" else "bsq")


def test_a_preview_shows_long_wavelengths_as_red(tmp_path: Path) -> None:
    cube = np.zeros_like(CUBE)
    cube[:75, :, -10:] = 1  # red above, blue below
    cube[75:, :, :10] = 1
    with write_cube(tmp_path / "a", SHAPE, ["png"]) as write_rows:
        write_rows(cube)
    pixels = np.asarray(Image.open(tmp_path / "a.preview.png"))
    assert pixels.shape == (150, 70, 3)
    assert pixels[0, 0].tolist() == [255, 0, 0]
    assert pixels[-1, 0].tolist() == [0, 0, 255]


def test_a_preview_of_a_black_cube_is_black(tmp_path: Path) -> None:
    with write_cube(tmp_path / "a", SHAPE, ["png"]) as write_rows:
        write_rows(np.zeros_like(CUBE))
    assert not np.asarray(Image.open(tmp_path / "a.preview.png")).any()


def test_an_interrupted_cube_leaves_no_file_and_no_old_one_is_lost(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"old")

    def interrupt() -> None:
        with write_cube(tmp_path / "a", SHAPE, list(FORMATS)[:3]) as write_rows:
            write_rows(CUBE[:10])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]
    assert (tmp_path / "a.npy").read_bytes() == b"old"


def test_a_cube_is_finished_if_its_json_says_so_and_its_files_are_there(tmp_path: Path) -> None:
    stem, facts = tmp_path / "a", {"photo_sha256": "0", "tile": 64}
    files = write(stem, ["npy"])
    assert not is_finished(stem, facts, files)
    write_facts(stem, SHAPE, {**facts, "notes": []}, files)
    assert is_finished(stem, facts, files)
    assert not is_finished(stem, {**facts, "tile": 128}, files)
    assert not is_finished(stem, facts, list_files(stem, ["npy", "mat"]))
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["shape"] == [150, 70, 31]
    assert content["axes"] == ["rows", "columns", "bands"]
    files[0].unlink()
    assert not is_finished(stem, facts, files)
    (tmp_path / "a.json").write_text("[")
    assert not is_finished(stem, facts, files)
