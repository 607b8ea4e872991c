"""Assembles what a network receives: rgb, superpixels and an estimated cube.

The names are those of the arguments of a network's `forward`. A method's `inputs` says which of
them a network takes and how they are made; training, reconstruction and costs share this module.
"""

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from respectra.build import build
from respectra.camera.observations import Observations, scale_values, value_range
from respectra.datasets.store import Store
from respectra.datasets.superpixels import label_superpixels
from respectra.plan_types import InputsPlan

Images = dict[str, NDArray[Any]]


class Estimate(Protocol):
    """A fitted method that reconstructs an image or a part of it."""

    def __call__(self, scene: str, rgb: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cube (bands, rows, columns) of a scene's `unit` rgb (3, rows, columns)."""
        ...


class InputAssembler:
    """Assembles the inputs of one method's network from the observations of a data set.

    Args:
        inputs: the scale of rgb, the settings of superpixels and the fit of the estimate.
        store: the data set; an estimate is fitted to its training scenes.
        observations: the pixels and the camera's response.
    """

    def __init__(self, inputs: InputsPlan, store: Store, observations: Observations) -> None:
        self.scale, self.observations = inputs["rgb"]["scale"], observations
        self.superpixels = dict(inputs["superpixels"] or {})
        fit = inputs["estimate"]
        self.estimate: Estimate | None = (
            build("fit", fit, store, observations) if fit is not None else None
        )

    def assemble_image(self, scene: str) -> Images:
        """Return the inputs of a whole image; the same as `assemble_patch` of all its pixels."""
        return self.assemble_patch(scene, self.observations.pixels(scene).astype(np.float32))

    def assemble_patch(
        self,
        scene: str,
        pixels: NDArray[np.float32],
        *,
        simulated: bool = False,
        gain: float | None = None,
    ) -> Images:
        """Return the inputs of a part of an image.

        The scale is the one of the whole image, so that a network receives a patch with the same
        values as in the whole image. Superpixels are those of the part itself.

        Args:
            scene: its name.
            pixels: (rows, columns, 3), 0 to 255, perhaps under another light or gain.
            simulated: whether the pixels are a picture of their own, whose range is the scale.
            gain: that the pixels are multiplied by, if the picture is exposed anew.

        Returns:
            `rgb`, (3, rows, columns), float32; `superpixels`, (scales, rows, columns), int64;
            `estimate`, (bands, rows, columns), float32. Only what the method asks for.
        """
        if simulated:
            rgb = scale_values(pixels, *value_range(pixels, self.scale))
        else:
            rgb = self.observations.scale_pixels(pixels, scene, self.scale, gain)
        images: Images = {"rgb": _to_channels_first(rgb)}
        if self.superpixels:
            whole_numbers = np.minimum(pixels, 255).astype(np.uint8)
            images["superpixels"] = label_superpixels(whole_numbers, **self.superpixels).astype(
                np.int64
            )
        if self.estimate is not None:
            unit = np.moveaxis(pixels / np.float32(255), -1, 0)
            images["estimate"] = self.estimate(scene, unit).astype(np.float32, copy=False)
        return images


def _to_channels_first(image: NDArray[Any]) -> NDArray[np.float32]:
    return np.moveaxis(image, -1, 0).astype(np.float32, copy=False)


def random_inputs(
    inputs: InputsPlan, *, count: int, rows: int, columns: int, bands: int = 31, seed: int = 1
) -> dict[str, Tensor]:
    """Return random images of a size, one for each input of a method's network.

    Args:
        inputs: the method's `inputs`.
        count: images in the batch.
        rows: of an image.
        columns: of an image.
        bands: of an estimated cube.
        seed: of the values.

    Returns:
        `rgb`, (count, 3, rows, columns), 0 to 1; perhaps `superpixels`, (count, scales, rows,
        columns), int64, and `estimate`, (count, bands, rows, columns), 0 to 1.
    """
    generator = torch.Generator().manual_seed(seed)
    images = {"rgb": torch.rand(count, 3, rows, columns, generator=generator)}
    if inputs["superpixels"]:
        size = (count, len(inputs["superpixels"]["segments"]), rows, columns)
        images["superpixels"] = torch.randint(1, 9, size, generator=generator)
    if inputs["estimate"]:
        images["estimate"] = torch.rand(count, bands, rows, columns, generator=generator)
    return images
