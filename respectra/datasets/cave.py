"""CAVE: a scene is a folder of pictures, one for each band."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from respectra.datasets.cube import Array
from respectra.datasets.layout import listed
from respectra.datasets.scenes import Scene

WHITE = 65535  # of 16 bits


def read(
    *, folder: str, splits: str, bands: str, wavelengths_nm: Sequence[float] | None = None
) -> list[Scene]:
    """The scenes of CAVE, 0 to 1.

    Args:
        folder: where the scenes' folders lie.
        splits: a CSV with the columns scene and split.
        bands: the path of one band's picture in `folder`, with {scene} and {band}.
        wavelengths_nm: the bands' centres; there is a picture for each.

    Raises:
        ValueError: a scene's pictures are not all there.
    """
    place = Path(folder)
    if wavelengths_nm is None:
        raise ValueError(f"{place}: its pictures say no wavelengths; state wavelengths_nm")
    used = {s: split for s, split in listed(folder, splits).items() if split != "unused"}
    numbers = range(1, len(wavelengths_nm) + 1)
    files = {s: [place / bands.format(scene=s, band=number) for number in numbers] for s in used}
    missing = [path for paths in files.values() for path in paths if not path.is_file()]
    if missing:
        raise ValueError(
            f"{missing[0]}: is not there, as {len(missing) - 1} other pictures of bands are not; "
            f"unpack complete_ms_data.zip into {place}"
        )
    return [
        Scene(scene, split, partial(_read, files[scene], wavelengths_nm))
        for scene, split in used.items()
    ]


def _read(paths: Sequence[Path], wavelengths_nm: Sequence[float]) -> tuple[Array, list[float]]:
    return np.stack([_band(path) for path in paths]), list(wavelengths_nm)


def _band(path: Path) -> Array:
    try:
        with Image.open(path) as picture:
            values = np.asarray(picture)
    except (OSError, SyntaxError) as error:  # SyntaxError is Pillow's word for a broken PNG
        raise ValueError(f"{path}: cannot be read as a picture: {error}") from error
    if values.ndim != 2 or values.dtype not in (np.uint16, np.int32):
        raise ValueError(
            f"{path}: is {values.dtype} of shape {values.shape}; one channel of 16 bits is wanted"
        )
    return values.astype(np.float32) / np.float32(WHITE)
