"""Opening picture files: their pixels, their size and their JPEG quantisation tables."""

import io
import math
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from respectra.file_kinds import name_kind, require_file
from respectra.tiff import count_missing, describe_tiff

Picture = bytes | str | Path  # the content of a file, or its path
# Pillow warns above 89 megapixels and refuses above twice as many; only the refusal is of use.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the type of colour in the header
DEEP_STEP = 257  # values of 16 bits in one of 8: 65535 / 255
BLOCK_BYTES = 2**20  # decompressed at a time
# Of each pass of an interlaced PNG: first row and column, distance of its rows and columns.
ADAM7 = (
    (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
    (1, 0, 2, 1),
)  # fmt: skip


def open_picture(picture: Picture) -> NDArray[Any]:
    """The pixels of a picture as the file stores them.

    Args:
        picture: content or path of a file in a format that Pillow reads.

    Returns:
        (rows, columns) or (rows, columns, channels), of the data type of the file.

    Raises:
        ValueError: the file is not a picture or is damaged.
    """
    with open_image(picture) as image:
        return read_pixels(image, picture)


def read_pixels(image: Image.Image, picture: Picture) -> NDArray[Any]:
    """The pixels of an opened picture with all their bits.

    Pillow reads colours of 16 bits as their upper 8 bits. Read again in the other order of bytes,
    the same file gives the lower 8 bits.

    Args:
        image: opened and not yet decoded.
        picture: the file of the image.

    Returns:
        (rows, columns) or (rows, columns, channels), of the data type of the file.

    Raises:
        ValueError: the file has colours of 16 bits in a form that Pillow cannot read.
    """
    _check_complete(image, picture)
    swapped = _swap_bytes(find_raw_mode(image))
    if swapped is None or image.mode.startswith("I"):
        return np.asarray(image)
    upper = np.asarray(image).astype(np.uint16)
    with open_image(picture) as again:
        assert isinstance(again, ImageFile.ImageFile)
        again.tile = [again.tile[0]._replace(args=swapped)]
        return (upper << 8) | np.asarray(again)


def find_raw_mode(image: Image.Image) -> str:
    """The name of the pixels' layout in the file, such as `RGB;16B`; empty if it has none."""
    tiles = getattr(image, "tile", None)
    arguments = tiles[0].args if tiles else None
    mode = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return mode if isinstance(mode, str) else ""


def _swap_bytes(raw_mode: str) -> str | None:
    """The layout with the other order of bytes; None if the pixels do not have 16 bits."""
    stem, _, kind = raw_mode.partition(";")
    if kind not in ("16B", "16L", "16N") or stem not in ("RGB", "RGBA"):
        return None
    return f"{stem};16{'L' if kind == '16B' else 'B'}"


def read_size(picture: Picture) -> tuple[int, int]:
    """Rows and columns of a picture, from the header of the file.

    Raises:
        ValueError: the file is not a picture.
    """
    with open_image(picture) as image:
        return image.height, image.width


def read_rgb(picture: Picture) -> NDArray[np.uint8] | NDArray[np.float32]:
    """The pixels of a JPEG or PNG with three channels, from 0 to 255.

    Args:
        picture: content or path of the file.

    Returns:
        (3, rows, columns), uint8; float32 with steps of 1/257 for channels of 16 bits.

    Raises:
        ValueError: the file is neither a JPEG nor a PNG, is damaged, or does not have three
            channels.
    """
    with _open_rgb(picture) as image:
        pixels = np.moveaxis(read_pixels(image, picture), -1, 0)
    if pixels.dtype == np.uint16:
        return (pixels / np.float32(DEEP_STEP)).astype(np.float32)
    return pixels


def read_quantization(picture: Picture) -> dict[int, list[int]]:
    """The quantisation tables of a JPEG by their number; an empty dict for a PNG.

    Raises:
        ValueError: as in `read_rgb`.
    """
    with _open_rgb(picture) as image:
        image.load()  # detects a damaged file
        return {number: list(table) for number, table in getattr(image, "quantization", {}).items()}


@contextmanager
def _open_rgb(picture: Picture) -> Iterator[Image.Image]:
    with open_image(picture) as image:
        if image.format not in ("JPEG", "PNG"):
            raise ValueError(f"{_name(picture)}: is a {image.format}; convert it to JPEG or PNG")
        if image.mode != "RGB":
            raise ValueError(
                f"{_name(picture)}: has the mode {image.mode}; an observation has the mode RGB, "
                "three channels of 8 or 16 bits"
            )
        _check_complete(image, picture)
        yield image


@contextmanager
def open_image(picture: Picture) -> Iterator[Image.Image]:
    """Open a picture; errors of opening and of decoding become a ValueError with its name.

    Args:
        picture: content or path of the file.

    Yields:
        The image, not yet decoded.

    Raises:
        ValueError: the file is missing, damaged, no picture, an animation or too large.
    """
    if not isinstance(picture, bytes):
        require_file(picture, "picture")
        if name_kind(picture) == "empty":
            raise ValueError(f"{picture}: cannot be read as a picture: the file is empty")
    try:
        file = io.BytesIO(picture) if isinstance(picture, bytes) else picture
        with Image.open(file) as image:
            _refuse_several(image, picture)
            yield image
    except UnidentifiedImageError:
        raise ValueError(
            f"{_name(picture)}: cannot be read as a picture: {_describe_kind(picture)}"
        ) from None
    except Image.DecompressionBombError:
        raise ValueError(
            f"{_name(picture)}: has more than {_limit_megapixels():.0f} megapixels, "
            "which is taken for an attack; divide it into parts"
        ) from None
    except MemoryError:
        raise ValueError(f"{_name(picture)}: does not fit into memory") from None
    except ValueError as error:
        if str(error).startswith(_name(picture)):
            raise
        raise _name_cause(picture, error) from error
    except Exception as error:  # Pillow raises many types, as SyntaxError for a damaged PNG
        raise _name_cause(picture, error) from error


def _name_cause(picture: Picture, error: Exception) -> ValueError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return ValueError(f"{_name(picture)}: cannot be read as a picture: {reason}")


def _describe_kind(picture: Picture) -> str:
    if description := describe_tiff(picture):
        return description
    kind = None if isinstance(picture, bytes) else name_kind(picture)
    return "the format is unknown" + (f", it is {kind}" if kind else "")


def _limit_megapixels() -> float:
    return 2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6


def _refuse_several(image: Image.Image, picture: Picture) -> None:
    """Refuse animations and pages; the further pictures of a camera's MPO are smaller copies."""
    count = getattr(image, "n_frames", 1)
    if count > 1 and image.format not in ("MPO", "HEIF", "AVIF"):
        noun = "pages" if image.format == "TIFF" else "frames of an animation"
        cube = "; if they are the bands of a cube, open it with `respectra view`"
        raise ValueError(
            f"{_name(picture)}: contains {count} {noun}; save the one that you mean as a picture"
            f"{cube if noun == 'pages' else ''}"
        )


def _check_complete(image: Image.Image, picture: Picture) -> None:
    """Refuse a PNG or TIFF whose data end too early: Pillow fills the rest without an error.

    Raises:
        OSError: the data end too early or are damaged.
    """
    if image.format == "TIFF" and (missing := count_missing(image.tag_v2)):  # type: ignore[attr-defined]
        raise OSError(f"{missing} bytes of its pixels are missing")
    if image.format != "PNG":
        return
    content = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
    expected, length = _count_bytes(content), 0
    decompressor = zlib.decompressobj()
    try:
        for data in _list_chunks(content, b"IDAT"):
            rest = data
            while rest and length < expected:
                length += len(decompressor.decompress(rest, BLOCK_BYTES))
                rest = decompressor.unconsumed_tail
    except zlib.error as error:
        raise OSError(f"its data are damaged: {error}") from None
    if length < expected:
        raise OSError(f"it ends after {length / expected:.0%} of its data")


def _count_bytes(content: bytes) -> int:
    """The length of a PNG's decompressed data, from its header."""
    columns, rows = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    bits, colour, interlaced = content[24], content[25], content[28]
    expected = 0
    for top, left, step_down, step_right in ADAM7 if interlaced else ((0, 0, 1, 1),):
        height = max(0, math.ceil((rows - top) / step_down))
        width = max(0, math.ceil((columns - left) / step_right))
        line = 1 + math.ceil(width * bits * PNG_CHANNELS.get(colour, 4) / 8)
        expected += height * line if width else 0
    return expected


def _list_chunks(content: bytes, kind: bytes) -> Iterator[bytes]:
    """The data of all chunks of a kind in a PNG."""
    at = 8
    while at + 8 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if content[at + 4 : at + 8] == kind:
            yield content[at + 8 : at + 8 + length]
        at += 12 + length


def _name(picture: Picture) -> str:
    return "the picture" if isinstance(picture, bytes) else str(picture)
