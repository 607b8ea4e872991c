"""Picture files that a camera writes: JPEG, and PNG for a camera that does not compress."""

import io
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from respectra.arguments import Quality

Pixels = NDArray[np.uint8]
SUBSAMPLING = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}


def compress(
    rgb: Pixels, *, quality: Quality, subsampling: Literal["4:4:4", "4:2:2", "4:2:0"]
) -> bytes:
    """Encode a picture as a baseline JPEG.

    Args:
        rgb: (3, rows, columns), uint8.
        quality: 1 to 100, as libjpeg defines it.
        subsampling: of the colour channels: 4:4:4, 4:2:2 or 4:2:0.

    Returns:
        The content of the file.

    Raises:
        ValueError: the subsampling is unknown.
    """
    if subsampling not in SUBSAMPLING:
        raise ValueError(
            f"compress: the subsampling {subsampling} is unknown; "
            f"choose one of {', '.join(SUBSAMPLING)}"
        )
    return _encode(rgb, "JPEG", quality=quality, subsampling=SUBSAMPLING[subsampling])


def lossless(rgb: Pixels) -> bytes:
    """Encode a picture as a PNG.

    Args:
        rgb: (3, rows, columns), uint8.

    Returns:
        The content of the file.
    """
    return _encode(rgb, "PNG")


def _encode(rgb: Pixels, file_format: str, **options: int) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(np.moveaxis(rgb, 0, -1)))
    image.save(file, file_format, **options)
    return file.getvalue()
