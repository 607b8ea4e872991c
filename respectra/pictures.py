"""Opening picture files: their pixels, their size and their JPEG quantisation tables."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

Picture = bytes | str | Path  # the content of a file, or its path


def open_picture(picture: Picture) -> NDArray[Any]:
    """The pixels of a picture as the file stores them.

    Args:
        picture: content or path of a file in a format that Pillow reads.

    Returns:
        (rows, columns) or (rows, columns, channels), of the data type of the file.

    Raises:
        ValueError: the file is not a picture or is damaged.
    """
    with _open_file(picture) as image:
        return np.asarray(image)


def read_size(picture: Picture) -> tuple[int, int]:
    """Rows and columns of a picture, from the header of the file.

    Raises:
        ValueError: the file is not a picture.
    """
    with _open_file(picture) as image:
        return image.height, image.width


def read_rgb(picture: Picture) -> NDArray[np.uint8]:
    """The pixels of a JPEG or PNG with three channels.

    Args:
        picture: content or path of the file.

    Returns:
        (3, rows, columns), uint8.

    Raises:
        ValueError: the file is neither a JPEG nor a PNG, is damaged, or does not have three
            channels.
    """
    with _open_rgb(picture) as image:
        return np.moveaxis(np.asarray(image), -1, 0)


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
    with _open_file(picture) as image:
        if image.format not in ("JPEG", "PNG"):
            raise ValueError(f"{_name(picture)}: is a {image.format}; convert it to JPEG or PNG")
        if image.mode != "RGB":
            raise ValueError(
                f"{_name(picture)}: has the mode {image.mode}; an observation has the mode RGB, "
                "three channels of 8 bits"
            )
        yield image


@contextmanager
def _open_file(picture: Picture) -> Iterator[Image.Image]:
    """Open a picture; errors of opening and of decoding become a ValueError with its name."""
    try:
        file = io.BytesIO(picture) if isinstance(picture, bytes) else picture
        with Image.open(file) as image:
            yield image
    except UnidentifiedImageError:
        raise ValueError(
            f"{_name(picture)}: cannot be read as a picture: the format is unknown"
        ) from None
    except (OSError, SyntaxError) as error:  # Pillow raises SyntaxError for a damaged PNG
        raise ValueError(f"{_name(picture)}: cannot be read as a picture: {error}") from error


def _name(picture: Picture) -> str:
    return "the picture" if isinstance(picture, bytes) else str(picture)
