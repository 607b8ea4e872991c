"""The observations of a data set: decoded pixels as memory maps, and the scales of `rgb`."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.camera.exposure import expose_pixels
from respectra.camera.response import read_response, read_sensor_response
from respectra.datasets.listing import find_unlisted_pictures
from respectra.files import read_product


class Observations:
    """The decoded observations of one data set.

    Args:
        folder: the folder `observations` that `photograph_dataset` writes: `{scene}.npy`,
            (rows, columns, 3), 0 to 255, uint8 or float32.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._pixels: dict[str, NDArray[Any]] = {}
        self._ranges: dict[tuple[str, str], tuple[float, float]] = {}
        self._response: NDArray[np.floating] | None = None
        self._gains: dict[str, float] | None = None

    def pixels(self, scene: str) -> NDArray[Any]:
        """The pixels of a scene, (rows, columns, 3), 0 to 255: a read-only memory map."""
        if scene not in self._pixels:
            path = self.folder / f"{scene}.npy"
            with read_product(path):
                self._pixels[scene] = np.load(path, mmap_mode="r", allow_pickle=False)
        return self._pixels[scene]

    @property
    def response(self) -> NDArray[np.floating]:
        """The camera's response at the bands of the data set, (3, bands).

        It is read from `response.csv` in the folder that contains `observations`.
        """
        if self._response is None:
            self._response = read_response(self.folder.with_name("response.csv"))
        return self._response

    @property
    def sensor_response(self) -> NDArray[np.floating]:
        """The response without the gains of the white balance, (3, bands)."""
        return read_sensor_response(self.folder.with_name("response.csv"))

    def gain(self, scene: str) -> float:
        """The gain of a scene's picture without noise, relative to the projection of its cube.

        It is read from `scenes.csv` in the folder that contains `observations`.

        Raises:
            ValueError: the table states no gain, because the camera's exposure is random or the
                scene has no cube.
        """
        if self._gains is None:
            self._gains = read_gains(self.folder.with_name("scenes.csv"))
        if scene not in self._gains:
            raise ValueError(
                f"{self.folder.with_name('scenes.csv')}: states no gain for {scene}: its camera "
                "draws the exposure or balances channels; choose a camera with a fixed exposure"
            )
        return self._gains[scene]

    def rgb(self, scene: str, scale: str) -> NDArray[np.float32]:
        """An observation as a network receives it.

        Args:
            scene: name of the scene.
            scale: `unit` divides by 255; `per_image` maps the minimum and maximum of the image
                to 0 and 1; `max` divides by the maximum of the image.

        Returns:
            (3, rows, columns), float32.
        """
        pixels = np.moveaxis(self.pixels(scene), -1, 0).astype(np.float32)
        return self.scale_pixels(pixels, scene, scale)

    def scale_pixels(
        self, pixels: NDArray[np.float32], scene: str, scale: str, gain: float | None = None
    ) -> NDArray[np.float32]:
        """Scale pixels of a scene, such as a patch, by the range of the whole image.

        Args:
            pixels: values from 0 to 255, any shape.
            scene: the scene that the pixels belong to.
            scale: as in `rgb`.
            gain: that the pixels are multiplied by, if the picture is exposed anew.

        Returns:
            Scaled values of the same shape.
        """
        if (scene, scale) not in self._ranges:
            self._ranges[scene, scale] = value_range(self.pixels(scene), scale)
        limits = self._ranges[scene, scale]
        if gain is not None:
            limits = value_range(expose_pixels(np.array(limits, np.float32), gain), scale)
        return scale_values(pixels, *limits)


def find_clipped(pixels: NDArray[Any]) -> NDArray[np.bool_]:
    """Find the pixels with a channel of 255, which may have been brighter.

    Args:
        pixels: (rows, columns, 3), 0 to 255.

    Returns:
        (rows, columns).
    """
    return (pixels == 255).any(-1)


def value_range(pixels: NDArray[Any], scale: str) -> tuple[float, float]:
    """The two values of an image that a scale maps to 0 and 1.

    Args:
        pixels: values from 0 to 255, any shape.
        scale: as in `Observations.rgb`.

    Example:
        >>> value_range(np.array([51, 102, 204]), "per_image")
        (51.0, 204.0)
    """
    if scale == "unit":
        return 0.0, 255.0
    low = float(pixels.min()) if scale == "per_image" else 0.0
    high = float(pixels.max())
    return (low, high) if high > low else (0.0, 255.0)  # a constant image has no range


def scale_values(pixels: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """Map values linearly so that `low` becomes 0 and `high` becomes 1."""
    return (pixels - np.float32(low)) / np.float32(high - low)


def read_pictures(pictures: str | Path) -> list[dict[str, str]]:
    """Read the rows of the table of pictures.

    Args:
        pictures: the table `scenes.csv` that `photograph_dataset` writes beside `observations`.

    Raises:
        ValueError: the table is damaged, or does not list every picture.
    """
    path = Path(pictures)
    with read_product(path), open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
        problems = find_unlisted_pictures(path, rows, path.with_name("observations"))
    if problems:
        raise ValueError(problems[0])
    return rows


def read_clipped(pictures: str | Path) -> dict[str, bool]:
    """Whether the picture of each scene is clipped, that is, contains the value 255.

    Args:
        pictures: as in `read_pictures`.
    """
    rows = read_pictures(pictures)
    with read_product(pictures):
        return {row["scene"]: row["clipped"] == "yes" for row in rows}


def read_gains(pictures: str | Path) -> dict[str, float]:
    """The gain of each scene's picture without noise; scenes without one are left out.

    Args:
        pictures: as in `read_pictures`.

    Raises:
        ValueError: a gain is no number.
    """
    rows = read_pictures(pictures)
    with read_product(pictures):
        return {row["scene"]: float(row["gain"]) for row in rows if row["gain"]}
