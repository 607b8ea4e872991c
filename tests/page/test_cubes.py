import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from respectra.page.cubes import CubeFile, compute_scores, name_files, read_contents
from tests.conftest import WAVELENGTHS, smooth_cube

CUBE = smooth_cube(20, 24)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Cubes as `respectra reconstruct` writes them: two of one size, one of another."""
    for name, cube in (("one", CUBE), ("two", CUBE * np.float32(1.1)), ("small", CUBE[:, :12])):
        np.save(tmp_path / f"{name}.npy", np.moveaxis(cube, 0, -1))
        (tmp_path / f"{name}.json").write_text(json.dumps({"wavelengths_nm": WAVELENGTHS}))
    return tmp_path


def test_cubes_of_one_size_are_methods_of_one_scene(folder: Path) -> None:
    contents = read_contents([folder / "one.npy", folder / "two.npy"])
    (scene,) = contents.scenes
    assert [curve.title for curve in contents.curves] == ["one", "two"]
    assert contents.wavelengths_nm == WAVELENGTHS
    assert contents.caption == "31 bands, 400 to 700 nm."
    assert scene.truth is None
    np.testing.assert_array_equal(scene.estimates[0], CUBE)


def test_cubes_of_several_sizes_are_a_scene_each(folder: Path) -> None:
    contents = read_contents([folder / "one.npy", folder / "small.npy"])
    assert [scene.name for scene in contents.scenes] == ["one", "small"]
    assert [curve.title for curve in contents.curves] == ["reconstruction"]


def test_cubes_of_one_photo_are_methods_of_its_scene(folder: Path) -> None:
    paths = []
    for run in ("small", "large"):
        (folder / run).mkdir()
        for photo in ("a", "b"):
            paths.append(folder / run / f"{photo}.npy")
            np.save(paths[-1], np.moveaxis(CUBE, 0, -1))
            facts = {"wavelengths_nm": WAVELENGTHS, "photo": f"{photo}.jpg"}
            paths[-1].with_suffix(".json").write_text(json.dumps(facts))
    contents = read_contents(paths)
    assert [curve.title for curve in contents.curves] == ["small", "large"]
    assert [scene.name for scene in contents.scenes] == ["a.jpg", "b.jpg"]
    alone = read_contents(paths[:2])
    assert [curve.title for curve in alone.curves] == ["reconstruction"]
    assert len(list(alone.scenes)) == 2


def test_a_large_cube_is_reduced_and_its_scores_are_not(folder: Path) -> None:
    contents = read_contents([folder / "two.npy"], truth=folder / "one.npy", side=12)
    assert contents.caption.endswith("Each pixel is the mean of 2×2 pixels.")
    (scene,) = contents.scenes
    assert scene.truth is not None
    assert scene.truth.shape == (31, 10, 12)
    assert scene.scores[0].rows[0][0] == pytest.approx(0.1, rel=1e-4)


def test_a_picture_is_shown(folder: Path) -> None:
    Image.fromarray(np.full((20, 24, 3), 77, np.uint8)).save(folder / "one.png")
    (scene,) = read_contents([folder / "one.npy"], picture=folder / "one.png", side=12).scenes
    assert scene.picture is not None
    assert scene.picture.shape == (10, 12, 3)
    assert scene.picture.max() == 77


def test_values_of_a_header_with_a_scale_are_shown_as_they_are(folder: Path) -> None:
    counts = np.full((31, 3, 4), 1234, "<u2")
    counts.tofile(folder / "counts.img")
    centres = ", ".join(map(str, WAVELENGTHS))
    (folder / "counts.hdr").write_text(
        "ENVI\nsamples = 4\nlines = 3\nbands = 31\nheader offset = 0\ndata type = 12\n"
        "interleave = bsq\nbyte order = 0\nreflectance scale factor = 10000\n"
        f"wavelength units = Nanometers\nwavelength = {{{centres}}}\n"
    )
    (scene,) = read_contents([folder / "counts.hdr"]).scenes
    np.testing.assert_array_equal(scene.estimates[0], 1234)


def test_a_true_cube_gives_scores(folder: Path) -> None:
    (scene,) = read_contents([folder / "two.npy"], truth=folder / "one.npy").scenes
    assert scene.name == "one"
    (table,) = scene.scores
    assert table.label == "one, whole image"
    scores = dict(zip(table.metrics, table.rows[0], strict=True))
    assert scores["mrae"] == pytest.approx(0.1, rel=1e-4)
    assert scores["mrae_scale_free"] == pytest.approx(0, abs=1e-6)


def test_a_metric_that_needs_positive_values_is_left_out_of_others() -> None:
    dark = CUBE.copy()
    dark[0, 0, 0] = 0
    truth = CubeFile(Path("truth.npy"), dark, WAVELENGTHS)
    table = compute_scores([CubeFile(Path("a.npy"), CUBE, WAVELENGTHS)], truth)
    assert table.metrics == ["rmse", "psnr", "sam", "ssim"]


def test_wavelengths_may_be_stated(folder: Path) -> None:
    (folder / "one.json").unlink()
    contents = read_contents([folder / "one.npy"], wavelengths_nm=WAVELENGTHS)
    assert contents.wavelengths_nm == WAVELENGTHS
    with pytest.raises(ValueError, match=r"one\.json; add --wavelengths FIRST:LAST:STEP"):
        read_contents([folder / "one.npy"])


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"wavelengths_nm": 3}', '{"wavelengths_nm": ["a"]}']
)
def test_a_damaged_description_is_named(folder: Path, text: str) -> None:
    (folder / "one.json").write_text(text)
    with pytest.raises(ValueError, match=r"one\.json: does not state wavelengths_nm"):
        read_contents([folder / "one.npy"])


def test_cubes_that_do_not_fit_are_named(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"small\.npy: has the shape 31×12×24"):
        read_contents([folder / "small.npy"], truth=folder / "one.npy")
    (folder / "two.json").write_text(json.dumps({"wavelengths_nm": [w + 5 for w in WAVELENGTHS]}))
    with pytest.raises(ValueError, match="31 bands from 405 to 705 nm, .*one.npy has 31 from 400"):
        read_contents([folder / "one.npy", folder / "two.npy"])


def test_equal_stems_are_told_apart_by_their_folders() -> None:
    assert name_files([Path("a/x.npy"), Path("b/x.npy")]) == ["a/x.npy", "b/x.npy"]
