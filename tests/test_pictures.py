import io
import os
import struct
import tracemalloc
import zlib
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


def png(pixels: np.ndarray[Any, Any], colour: int, *, data: bytes | None = None) -> bytes:
    """A PNG of 16 bits, which Pillow cannot write for colours."""
    big = pixels.astype(">u2")
    lines = b"".join(b"\0" + line.tobytes() for line in big)
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 16, colour, 0, 0, 0)

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    packed = zlib.compress(lines if data is None else data)
    chunks = (chunk(b"IHDR", header), chunk(b"IDAT", packed), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


DEEP = np.random.default_rng(1).integers(0, 65536, (9, 7, 4), dtype=np.uint16)


@pytest.mark.parametrize(("channels", "colour"), [(3, 2), (4, 6)])
def test_colours_of_sixteen_bits_keep_their_bits(
    tmp_path: Path, channels: int, colour: int
) -> None:
    content = png(DEEP[..., :channels], colour)
    np.testing.assert_array_equal(open_picture(content), DEEP[..., :channels])
    (tmp_path / "a.png").write_bytes(content)
    np.testing.assert_array_equal(open_picture(tmp_path / "a.png"), DEEP[..., :channels])


def test_an_observation_of_sixteen_bits_keeps_its_bits() -> None:
    deep = DEEP[..., :3].copy()
    deep[0, 0] = 65535
    pixels = read_rgb(png(deep, 2))
    assert pixels.dtype == np.float32
    assert pixels.max() == 255
    np.testing.assert_array_equal(np.round(np.moveaxis(pixels, 0, -1) * 257), deep)


@pytest.mark.parametrize("interlaced", [False, True])
def test_a_png_whose_data_end_too_early_is_refused(interlaced: bool) -> None:
    whole = encode("PNG")
    if interlaced:  # Adam7 has more lines, so the same data are too few for it
        header = whole[12:28] + b"\1"
        whole = whole[:12] + header + struct.pack(">I", zlib.crc32(header)) + whole[33:]
    else:
        whole = png(DEEP[..., :3], 2, data=bytes(100))
    readers = (open_picture, read_quantization) if interlaced else (open_picture,)
    for read in readers:
        with pytest.raises(ValueError, match=r"cannot be read as a picture: it ends after \d+%"):
            read(whole)


def test_a_zip_bomb_in_a_png_is_not_unpacked() -> None:
    content = png(DEEP[..., :3], 2, data=bytes(50_000_000))
    tracemalloc.start()
    try:
        assert open_picture(content).shape == (9, 7, 3)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_animations_and_pages_are_refused(tmp_path: Path, file_format: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    path = tmp_path / "a"
    frames[0].save(path, file_format, save_all=True, append_images=frames[1:])
    noun = "pages" if file_format == "TIFF" else "frames of an animation"
    with pytest.raises(ValueError, match=f"a: contains 2 {noun}; save the one"):
        open_picture(path)


@pytest.mark.parametrize("read", [*READERS, read_size])
def test_a_bomb_an_empty_file_a_folder_and_a_pipe_are_told(
    read: Callable[[Any], Any], tmp_path: Path
) -> None:
    bomb = bytearray(encode("PNG"))
    bomb[16:24] = struct.pack(">II", 60_000, 60_000)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bytes(bomb[12:29])))
    (tmp_path / "bomb.png").write_bytes(bomb)
    (tmp_path / "empty.jpg").touch()
    os.mkfifo(tmp_path / "pipe.jpg")
    for name, message in [
        ("bomb.png", r"bomb\.png: has more than 179 megapixels"),
        ("empty.jpg", r"empty\.jpg: cannot be read as a picture: the file is empty"),
        ("pipe.jpg", "is a pipe"),
        (".", "is a folder"),
        ("none.png", "no such picture"),
    ]:
        with pytest.raises(ValueError, match=message):
            read(tmp_path / name)
