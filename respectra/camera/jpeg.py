"""JPEG: what the camera writes, and what a decoder reads of it."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

Pixels = NDArray[np.uint8]
SUBSAMPLING = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}


def compress(rgb: Pixels, *, quality: int, subsampling: str) -> bytes:
    """A baseline JPEG file.

    Args:
        rgb: (3, rows, columns), uint8.
        quality: the library's scale, 1 to 100.
        subsampling: of the colour channels: 4:4:4, 4:2:2 or 4:2:0.
    """
    if subsampling not in SUBSAMPLING:
        raise ValueError(f"compress: {subsampling} is no subsampling; there are {[*SUBSAMPLING]}")
    file = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(np.moveaxis(rgb, 0, -1)))
    picture.save(file, "JPEG", quality=quality, subsampling=SUBSAMPLING[subsampling])
    return file.getvalue()


def lossless(rgb: Pixels) -> bytes:
    """A PNG file of (3, rows, columns), uint8: for cameras that do not compress."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(np.moveaxis(rgb, 0, -1))).save(file, "PNG")
    return file.getvalue()


def decode(file: bytes | str | Path) -> Pixels:
    """The pixels of a JPEG or PNG, (3, rows, columns), uint8.

    Raises:
        ValueError: naming the file, if it is no picture, is cut short, or has not three channels.
    """
    name = "the picture" if isinstance(file, bytes) else str(file)
    try:
        with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as picture:
            if picture.format not in ("JPEG", "PNG"):
                raise ValueError(f"{name}: is {picture.format}; a JPEG or PNG is wanted")
            if picture.mode != "RGB":
                raise ValueError(f"{name}: is of mode {picture.mode}; three channels are wanted")
            return np.moveaxis(np.asarray(picture), -1, 0)
    except UnidentifiedImageError:
        raise ValueError(f"{name}: is neither a JPEG nor a PNG") from None
    except OSError as error:
        raise ValueError(f"{name}: cannot be read as a picture: {error}") from error
    except SyntaxError as error:  # Pillow's word for a broken PNG
        raise ValueError(f"{name}: is a broken picture: {error}") from error
