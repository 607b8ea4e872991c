import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from respectra.pictures import open_picture
from respectra.tiff import count_missing, describe_tiff, read_deep_tiff

DEEP = np.random.default_rng(0).integers(0, 65536, (6, 9), dtype=np.uint16)


def write(pixels: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, metadata=None, **options)  # type: ignore[arg-type]
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (write(DEEP.astype(np.float32)), "1 channel of float32; multiply values from 0 to 1"),
        (write(DEEP.astype(np.int16)), "1 channel of int16; save it with 8 or 16 bits"),
        (b"MM\0*" + bytes(20), "it is a damaged TIFF"),
    ],
)
def test_a_tiff_is_described(content: bytes, text: str) -> None:
    assert text in (describe_tiff(content) or "")


def test_another_file_is_no_tiff(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\x89PNG")
    assert describe_tiff(tmp_path / "a") is None


def test_white_may_be_zero(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(write(DEEP, photometric="miniswhite"))
    np.testing.assert_array_equal(read_deep_tiff(tmp_path / "a.tif"), 65535 - DEEP)


@pytest.mark.parametrize(("space", "channels"), [("separated", 4), ("cielab", 3)])
def test_sixteen_bits_in_another_colour_space_are_refused(
    tmp_path: Path, space: str, channels: int
) -> None:
    pixels = np.repeat(DEEP[..., None], channels, axis=2)
    (tmp_path / "a.tif").write_bytes(write(pixels, photometric=space))
    with pytest.raises(ValueError, match=f"in the colour space {space.upper()}; convert it to RGB"):
        read_deep_tiff(tmp_path / "a.tif")


def test_pixels_that_a_tiff_does_not_have_are_missing() -> None:
    """Pillow reads whatever bytes come after the strips."""
    content = bytearray(write((DEEP >> 8).astype(np.uint8)))
    place = content.index(b"\x01\x01\x04\0\x01\0\0\0\x06\0")  # the number of rows
    content[place + 8] = 8
    with pytest.raises(ValueError, match="18 bytes of its pixels are missing"):
        open_picture(bytes(content))


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"compression": "jpeg"}])
@pytest.mark.parametrize("mode", ["1", "L", "RGB", "CMYK", "YCbCr"])
def test_no_pixels_are_missing_in_what_pillow_writes(mode: str, options: dict[str, str]) -> None:
    file = io.BytesIO()
    is_fax = mode == "1" and options.get("compression") == "jpeg"
    Image.new(mode, (9, 6)).save(file, "TIFF", **({} if is_fax else options))
    with Image.open(file) as image:
        assert count_missing(image.tag_v2) == 0  # type: ignore[attr-defined]
