from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from respectra.datasets.cave import read
from respectra.datasets.scenes import Scene
from tests.conftest import WAVELENGTHS

BANDS = "{scene}_ms/{scene}_ms_{band:02d}.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "beads_ms").mkdir()
    for band in range(1, 32):
        values = np.full((4, 5), 65535 * band // 31, np.uint16)
        Image.fromarray(values).save(tmp_path / BANDS.format(scene="beads", band=band))
    (tmp_path / "scenes.csv").write_text("scene,split\nbeads,train\nface,unused\n")
    return tmp_path


def beads(folder: Path) -> Scene:
    (scene,) = read(
        folder=str(folder), splits="scenes.csv", bands=BANDS, wavelengths_nm=WAVELENGTHS
    )
    assert scene.read is not None
    return scene


def test_a_scene_has_a_picture_for_each_band(folder: Path) -> None:
    scene = beads(folder)
    assert (scene.name, scene.split) == ("beads", "train")
    cube, wavelengths = scene.read()
    assert (cube.shape, cube.dtype, wavelengths) == ((31, 4, 5), np.float32, WAVELENGTHS)
    np.testing.assert_allclose(cube[:, 0, 0], np.arange(1, 32) / 31, atol=1e-4)


def test_a_scene_without_a_row_is_named(folder: Path) -> None:
    """A table that is cut at the end of a row would leave scenes out without a word."""
    (folder / "scenes.csv").write_text("scene,split\nface,unused\n")
    with pytest.raises(ValueError, match=r"scenes\.csv: does not list beads, but .* has these"):
        beads(folder)


def test_a_missing_band_is_named(folder: Path) -> None:
    (folder / BANDS.format(scene="beads", band=7)).unlink()
    with pytest.raises(ValueError, match=r"beads_ms_07\.png: does not exist"):
        beads(folder)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
def test_grey_pictures_of_eight_bits_may_have_several_equal_channels(
    folder: Path, mode: str
) -> None:
    for band in range(1, 32):
        picture = Image.fromarray(np.full((4, 5), 8 * band, np.uint8)).convert(mode)
        picture.save(folder / BANDS.format(scene="beads", band=band))
    cube, _ = beads(folder).read()
    np.testing.assert_allclose(cube[:, 0, 0], 8 * np.arange(1, 32) / 255, rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((4, 5, 3), [1, 2, 3], np.uint8), "has 3 channels that differ"),
        (np.zeros((4, 5), np.uint8), r"has another depth than beads_ms_01\.png"),
        (np.zeros((5, 4), np.uint16), r"has 5×4 pixels, beads_ms_01\.png 4×5"),
        (np.zeros((4, 5), bool), "has the data type bool"),
    ],
)
def test_a_picture_that_is_no_band_is_named(folder: Path, values: np.ndarray, message: str) -> None:
    Image.fromarray(values).save(folder / BANDS.format(scene="beads", band=7))
    with pytest.raises(ValueError, match=rf"beads_ms_07\.png: {message}"):
        beads(folder).read()


def test_the_published_form_of_watercolors_is_read(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("scene,split\nwatercolors,train\n")
    (scene,) = read(
        folder=str(shared / "data/field/cave_watercolors"), splits=str(tmp_path / "table.csv"),
        bands="{scene}_ms/{scene}_ms/{scene}_ms_{band:02d}.png", wavelengths_nm=WAVELENGTHS,
    )  # fmt: skip
    cube, _ = scene.read()
    np.testing.assert_allclose(cube[[0, 30], 0, 0], [8 / 255, 248 / 255], rtol=1e-6)


def test_a_damaged_picture_is_named(folder: Path) -> None:
    path = folder / BANDS.format(scene="beads", band=7)
    path.write_bytes(path.read_bytes()[:45])
    with pytest.raises(ValueError, match=r"beads_ms_07\.png: cannot be read as a picture"):
        beads(folder).read()


def test_wavelengths_must_be_stated(folder: Path) -> None:
    with pytest.raises(ValueError, match="set wavelengths_nm"):
        read(folder=str(folder), splits="scenes.csv", bands=BANDS)
