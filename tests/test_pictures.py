import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from respectra.pictures import open_picture, read_quantization, read_rgb, read_size

RGB = np.random.default_rng(0).integers(0, 256, (3, 24, 32), dtype=np.uint8)
READERS: list[Callable[[Any], Any]] = [open_picture, read_rgb, read_quantization]


def encode(file_format: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.moveaxis(RGB, 0, -1)).save(file, file_format)
    return file.getvalue()


def test_a_picture_is_read_from_its_path_or_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encode("PNG"))
    for picture in (path, str(path), path.read_bytes()):
        np.testing.assert_array_equal(read_rgb(picture), RGB)
        np.testing.assert_array_equal(open_picture(picture), np.moveaxis(RGB, 0, -1))
        assert read_size(picture) == (24, 32)


def test_sixteen_bits_remain_sixteen_bits(tmp_path: Path) -> None:
    values = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    Image.fromarray(values).save(tmp_path / "a.png")
    pixels = open_picture(tmp_path / "a.png")
    assert pixels.dtype.itemsize >= 2
    np.testing.assert_array_equal(pixels, values)
    assert read_size(tmp_path / "a.png") == (3, 4)


def test_only_a_jpeg_has_quantization_tables() -> None:
    tables = read_quantization(encode("JPEG"))
    assert sorted(tables) == [0, 1]
    assert all(len(table) == 64 for table in tables.values())
    assert read_quantization(encode("PNG")) == {}


@pytest.mark.parametrize("read", [*READERS, read_size])
def test_a_file_that_is_not_a_picture_is_named(read: Callable[[Any], Any], tmp_path: Path) -> None:
    path = tmp_path / "scene.jpg"
    path.write_bytes(b"not a picture")
    with pytest.raises(
        ValueError, match=r"scene\.jpg: cannot be read as a picture: the format is unknown"
    ):
        read(path)
    with pytest.raises(ValueError, match="the picture: cannot be read as a picture"):
        read(b"not a picture")


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_an_incomplete_picture_is_named(
    read: Callable[[Any], Any], file_format: str, share: float, tmp_path: Path
) -> None:
    path = tmp_path / "scene.jpg"
    whole = encode(file_format)
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ValueError, match=r"scene\.jpg: cannot be read as a picture"):
        read(path)


@pytest.mark.parametrize("read", [read_rgb, read_quantization])
def test_a_grey_picture_and_other_formats_are_refused_as_observations(
    read: Callable[[Any], Any], tmp_path: Path
) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "grey.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "other.bmp")
    with pytest.raises(ValueError, match=r"grey\.png: has the mode L; .* three channels"):
        read(tmp_path / "grey.png")
    with pytest.raises(ValueError, match=r"other\.bmp: is a BMP; convert it to JPEG or PNG"):
        read(tmp_path / "other.bmp")


def test_real_pictures_have_the_size_of_the_challenge(shared: Path) -> None:
    paths = sorted((shared / "data/arad1k").glob("*.jpg"))
    assert paths
    for path in paths:
        assert read_size(path) == (482, 512)
        assert read_rgb(path).shape == (3, 482, 512)
