import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from respectra.camera.jpeg import compress, decode, lossless

SMOOTH = np.stack(np.broadcast_arrays(*np.ogrid[0:64, 40:104], np.full((64, 64), 90))).astype(
    np.uint8
)


def test_quality_100_is_near_identity_and_less_is_farther() -> None:
    error = [
        np.abs(decode(compress(SMOOTH, quality=q, subsampling="4:4:4")).astype(int) - SMOOTH).mean()
        for q in (100, 70, 10)
    ]
    assert error[0] < 0.7
    assert error[0] < error[1] < error[2]


def test_png_is_identity() -> None:
    np.testing.assert_array_equal(decode(lossless(SMOOTH)), SMOOTH)


def test_colour_is_subsampled_as_asked() -> None:
    for name, code in (("4:4:4", 0), ("4:2:2", 1), ("4:2:0", 2)):
        file = Image.open(io.BytesIO(compress(SMOOTH, quality=70, subsampling=name)))
        assert JpegImagePlugin.get_sampling(file) == code
    with pytest.raises(ValueError, match="4:1:0 is no subsampling"):
        compress(SMOOTH, quality=70, subsampling="4:1:0")


def test_a_jpeg_that_is_not_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scene.jpg"
    path.write_bytes(b"not a picture")
    with pytest.raises(ValueError, match=r"scene\.jpg: is neither a JPEG nor a PNG"):
        decode(path)


def test_a_picture_cut_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scene.jpg"
    whole = compress(SMOOTH, quality=70, subsampling="4:2:0")
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"scene\.jpg: cannot be read as a picture"):
        decode(path)


def test_a_grey_picture_and_another_format_are_refused(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "grey.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "other.bmp")
    with pytest.raises(ValueError, match="three channels are wanted"):
        decode(tmp_path / "grey.png")
    with pytest.raises(ValueError, match="is BMP; a JPEG or PNG is wanted"):
        decode(tmp_path / "other.bmp")


def test_ours_are_quantised_as_the_challenges_own_pictures(shared: Path) -> None:
    paths = sorted((shared / "data/arad1k").glob("*.jpg"))
    assert paths
    ours = Image.open(io.BytesIO(compress(SMOOTH, quality=70, subsampling="4:2:0")))
    for path in paths:
        with Image.open(path) as theirs:
            assert theirs.quantization == ours.quantization, path.name  # type: ignore[attr-defined]
            assert JpegImagePlugin.get_sampling(theirs) == 2
        assert decode(path).shape == (3, 482, 512)
