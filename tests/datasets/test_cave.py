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


def test_a_missing_band_is_named(folder: Path) -> None:
    (folder / BANDS.format(scene="beads", band=7)).unlink()
    with pytest.raises(ValueError, match=r"beads_ms_07\.png: does not exist"):
        beads(folder)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3)])
def test_a_picture_of_eight_bits_or_in_colour_is_no_band(
    folder: Path, shape: tuple[int, ...]
) -> None:
    picture = Image.fromarray(np.zeros(shape, np.uint8))
    picture.save(folder / BANDS.format(scene="beads", band=7))
    with pytest.raises(ValueError, match="a band is a picture with one channel of 16 bits"):
        beads(folder).read()


def test_a_damaged_picture_is_named(folder: Path) -> None:
    path = folder / BANDS.format(scene="beads", band=7)
    path.write_bytes(path.read_bytes()[:45])
    with pytest.raises(ValueError, match=r"beads_ms_07\.png: cannot be read as a picture"):
        beads(folder).read()


def test_wavelengths_must_be_stated(folder: Path) -> None:
    with pytest.raises(ValueError, match="set wavelengths_nm"):
        read(folder=str(folder), splits="scenes.csv", bands=BANDS)
