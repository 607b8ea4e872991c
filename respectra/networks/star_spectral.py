"""star-spectral: a DenseNet makes the image noise-free, three spectra per image make it a cube.

Paper     section 6.9 of [arad2022ntire]
Original  None published; our reading of the report
Names     inverse RGB filters filters · DenseNet DenseUNet
Differs   The translation network and what the filters see are assumptions (see the method's
          departures).
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.networks.layers import pad_to_multiple, project_with_fitted_gain


class StarSpectral(nn.Module):
    """A cleaned image times three spectra that are estimated for it: a rank-3 cube.

    Args:
        bands: of the cube.
        width: of the first features.
        growth: channels that a dense layer adds.
        layers: in each of the dense blocks.
    """

    def __init__(self, bands: int, *, width: int, growth: int, layers: int) -> None:
        super().__init__()
        self.translate = DenseUNet(width, growth, layers)
        self.filters = nn.ModuleList([nn.Linear(width, bands) for _ in range(3)])

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        clean, deepest = self.translate(rgb)
        vector = deepest.mean((2, 3))
        spectra = torch.stack([spectrum(vector) for spectrum in self.filters], dim=-1)
        return torch.einsum("nbc,nchw->nbhw", spectra, clean)

    def translation(self, rgb: Tensor, cube: Tensor, response: Tensor) -> tuple[Tensor, Tensor]:
        """The cleaned image, and what the camera's response makes of the cube: the first phase.

        Args:
            rgb: (n, 3, h, w).
            cube: (n, bands, h, w).
            response: (3, bands). Its image is as bright as rgb, by one gain for each image.
        """
        return self.translate(rgb)[0], project_with_fitted_gain(cube, response, rgb)


class DenseUNet(nn.Module):
    """Dense blocks at full, half and quarter size and back; what they find is added to the image.

    Returns the image and the deepest features.
    """

    SCALES: ClassVar = 4

    def __init__(self, width: int, growth: int, layers: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, width, 3, padding=1)
        self.fine = DenseBlock(width, width, growth, layers)
        self.middle = DenseBlock(width, width, growth, layers)
        self.deepest = DenseBlock(width, width, growth, layers)
        self.back = DenseBlock(3 * width, width, growth, layers)
        self.pool = nn.MaxPool2d(2)
        self.twice = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.tail = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, rgb: Tensor) -> tuple[Tensor, Tensor]:
        rows, columns = rgb.shape[-2:]
        padded = pad_to_multiple(rgb, self.SCALES)
        fine = self.fine(self.head(padded))
        middle = self.middle(self.pool(fine))
        deepest = self.deepest(self.pool(middle))
        lifted = [fine, self.twice(middle), self.twice(self.twice(deepest))]
        clean = self.tail(self.back(torch.cat(lifted, dim=1))) + padded
        return clean[..., :rows, :columns], deepest


class DenseBlock(nn.Module):
    """Normalised, activated, convolved layers, each of all before it, and a 1×1 transition."""

    def __init__(self, inputs: int, outputs: int, growth: int, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [
                nn.Sequential(
                    nn.BatchNorm2d(inputs + i * growth),
                    nn.ReLU(),
                    nn.Conv2d(inputs + i * growth, growth, 3, padding=1, bias=False),
                )
                for i in range(layers)
            ]
        )
        self.transition = nn.Conv2d(inputs + layers * growth, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)
        return self.transition(x)
