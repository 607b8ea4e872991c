"""Files of TIFF that Pillow does not read, or reads with other values."""

import io
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

TIFF_STARTS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")  # the last two of large files
MOST_CHANNELS = 4  # of a photo: three colours and transparency, or CMYK
DEEP_SPACES = ("RGB", "MINISBLACK", "MINISWHITE")  # of a photo of 16 bits
EXTRAS = "install it with `pip install 'respectra[photos]'`, or save the photo as JPEG or PNG"
# Tags of TIFF.
COLUMNS, ROWS, BITS, COMPRESSION, SPACE, SAMPLES, STRIP_BYTES = 256, 257, 258, 259, 262, 277, 279
UNCOMPRESSED, YCBCR = 1, 6
# Damages are told by the readers; without a handler, tifffile prints them too.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def describe_tiff(picture: bytes | str | Path) -> str | None:
    """Return what a TIFF holds that is no photo, and what to do with it; None if it is no TIFF.

    Args:
        picture: content or path of the file.
    """
    with io.BytesIO(picture) if isinstance(picture, bytes) else open(picture, "rb") as file:
        if file.read(4) not in TIFF_STARTS:
            return None
        file.seek(0)
        return _describe_tiff(file)


def _describe_tiff(file: BinaryIO) -> str:
    import tifffile

    try:
        with tifffile.TiffFile(file) as f:
            page: Any = f.pages[0]
            channels = len(f.pages) if page.samplesperpixel == 1 else page.samplesperpixel
            form = f"{page.bitspersample} bits" if page.dtype is None else np.dtype(page.dtype).name
            compression = page.compression.name
    except Exception:  # tifffile raises errors of many kinds for damaged files
        return "it is a damaged TIFF; save it again"
    text = f"it is a TIFF with {channels} channel{'s'[: channels != 1]} of {form}"
    if channels > MOST_CHANNELS:
        return f"{text}, more than a photo has; if it is a cube, open it with `respectra view`"
    if form.startswith("float"):
        return f"{text}; multiply values from 0 to 1 by 65535 and save them with 16 bits"
    if form not in ("uint8", "uint16"):
        return f"{text}; save it with 8 or 16 bits per channel"
    return f"{text} in the compression {compression}, which cannot be read; save it without"


def count_missing(tags: Mapping[int, Any]) -> int:
    """Return how many bytes the strips of a TIFF have less than its size needs.

    Args:
        tags: of a page, by their numbers.

    Returns:
        0 if none is missing, if the pixels are compressed or in tiles, if channels may have fewer
        pixels (YCbCr), or if the strips state no bytes.
    """
    is_plain = tags.get(COMPRESSION, UNCOMPRESSED) == UNCOMPRESSED and tags.get(SPACE) != YCBCR
    counts = tags.get(STRIP_BYTES, 0)
    stated = sum(counts) if isinstance(counts, tuple) else counts
    if not is_plain or not stated:
        return 0
    line = math.floor(tags[COLUMNS] * max(tags.get(BITS, (1,))) * tags.get(SAMPLES, 1) / 8)
    return max(0, tags[ROWS] * line - stated)


def read_deep_tiff(path: Path) -> NDArray[Any]:
    """Return the pixels of a TIFF with more than 8 bits, (rows, columns, channels).

    Raises:
        ValueError: the file is damaged, needs a package, or has another colour space than RGB and
            grey.
    """
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            page: Any = file.pages[0]
            compression, axes, space = page.compression.name, page.axes, page.photometric.name
            pixels = page.asarray()
    except Exception as error:  # tifffile raises errors of many kinds for damaged files
        if "imagecodecs" in str(error):
            raise ValueError(
                f"{path}: has 16 bits and the compression {compression}, which needs the package "
                f"imagecodecs; {EXTRAS}"
            ) from None
        raise ValueError(f"{path}: cannot be read as a picture: {error}") from error
    if space not in DEEP_SPACES:
        raise ValueError(f"{path}: has 16 bits in the colour space {space}; convert it to RGB")
    if space == "MINISWHITE":
        pixels = np.iinfo(pixels.dtype).max - pixels if pixels.dtype.kind == "u" else pixels
    return np.moveaxis(pixels, 0, -1) if axes.startswith("S") else pixels
