"""star-spectral: a DenseNet denoises the image, three spectra per image map it to a cube.

Paper     section 6.9 of [arad2022ntire]
Original  None published; our reading of the report
Names     inverse RGB filters filters · DenseNet DenseUNet
Differs   The translation network and the input of the filters are assumptions (see the method's
          departures).
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.layers import project_without_noise
from respectra.networks.padding import pad_to_multiple


class StarSpectral(nn.Module):
    """Star-spectral: each channel of the denoised image times a spectrum that is estimated for it.

    The spectra of a scene's pixels lie in a space of three dimensions.

    Args:
        bands: number of bands of the cube.
        width: number of channels of the first features.
        growth: number of channels that a dense layer appends.
        layers: number of layers in each dense block.

    References:
        [arad2022ntire], section 6.9.
    """

    def __init__(self, bands: int, *, width: Count, growth: Count, layers: Count) -> None:
        super().__init__()
        self.translate = DenseUNet(width, growth, layers)
        self.filters = nn.ModuleList([nn.Linear(width, bands) for _ in range(3)])

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        clean, deepest = self.translate(rgb)
        vector = deepest.mean((2, 3))
        spectra = torch.stack([spectrum(vector) for spectrum in self.filters], dim=-1)
        return torch.einsum("nbc,nchw->nbhw", spectra, clean)

    def translation(
        self, rgb: Tensor, cube: Tensor, response: Tensor, gain: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the denoised image and its target: the objective of the first training phase.

        The target is the projection of the cube by the camera's response with the gain of the whole
        scene, clipped at 1.

        Args:
            rgb: (n, 3, rows, columns).
            cube: (n, bands, rows, columns).
            response: the camera's response, (3, bands).
            gain: of each patch's whole scene, (n,).

        Returns:
            Denoised image and target, both (n, 3, rows, columns).
        """
        return self.translate(rgb)[0], project_without_noise(cube, response, gain)


class DenseUNet(nn.Module):
    """Dense blocks at full, half and quarter size; their fusion is added to the image.

    Args:
        width: see StarSpectral.
        growth: see StarSpectral.
        layers: see StarSpectral.
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
        """Denoise an image.

        Args:
            rgb: (n, 3, rows, columns).

        Returns:
            The image (n, 3, rows, columns) and the coarsest features
            (n, width, rows / 4, columns / 4), sizes rounded up.
        """
        rows, columns = rgb.shape[-2:]
        padded = pad_to_multiple(rgb, self.SCALES)
        fine = self.fine(self.head(padded))
        middle = self.middle(self.pool(fine))
        deepest = self.deepest(self.pool(middle))
        scales = [fine, self.twice(middle), self.twice(self.twice(deepest))]
        clean = self.tail(self.back(torch.cat(scales, dim=1))) + padded
        return clean[..., :rows, :columns], deepest


class DenseBlock(nn.Module):
    """Densely connected layers of batch norm, ReLU and convolution, and a 1×1 transition."""

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
        """(n, inputs, rows, columns) → (n, outputs, rows, columns)."""
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)
        return self.transition(x)
