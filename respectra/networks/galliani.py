"""Galliani: learned spectral super-resolution by a fully convolutional dense network.

Paper     Galliani et al., "Learned Spectral Super-Resolution", 2017 [galliani2017learned]
Original  SaoYan/Multiscale-Super-Spectral @ 894f0af, model_ref.py, GPL-3.0; written anew
Names     Tiramisu's dense block DenseBlock
Differs   The image is padded by reflection to multiples of 32; the public code crops its images.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count, Fraction
from respectra.networks.padding import pad_to_multiple


class Galliani(nn.Module):
    """Galliani's network: a U of dense blocks with max pooling down and pixel shuffle up.

    Args:
        bands: number of bands of the cube.
        width: number of channels of the first features; must be 4 · `growth`.
        growth: number of channels that a unit appends.
        levels: number of times that the size is halved.
        dropout: probability with which a channel is dropped in training.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^head\.", "conv."),
        (r"^bottom\.", "bottleneck."),
        (r"^tail\.", "final.1."),
        (r"^down\.(\d)\.norm\.", r"down\1.down.0."),
        (r"^down\.(\d)\.conv\.", r"down\1.down.2."),
        (r"^encoder\.(\d)\.", r"dense\1."),
        (r"^decoder\.1\.", "final.0."),
        *((rf"^decoder\.{k}\.", f"up{7 - k}.up.0.") for k in range(2, 6)),
        (r"units\.(\d)\.norm\.", r"unit\1.unit.0."),
        (r"units\.(\d)\.conv\.", r"unit\1.unit.2."),
    ]

    def __init__(
        self, bands: int, *, width: Count, growth: Count, levels: Count, dropout: Fraction
    ) -> None:
        super().__init__()
        self.levels = levels
        numbers = [str(k) for k in range(1, levels + 1)]
        added = 4 * growth
        skips = {n: width + added * int(n) for n in numbers}
        self.head = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.encoder = nn.ModuleDict(
            {n: DenseBlock(skips[n] - added, growth, dropout) for n in numbers}
        )
        self.down = nn.ModuleDict({n: Down(skips[n], dropout) for n in numbers})
        self.bottom = DenseBlock(skips[numbers[-1]], growth, dropout)
        self.decoder = nn.ModuleDict(
            {n: DenseBlock(skips[n] + growth, growth, dropout) for n in numbers}
        )
        self.tail = nn.Conv2d(added, bands, 3, padding=1, bias=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, a=0.2)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        rows, columns = rgb.shape[-2:]
        x, skips = self.head(pad_to_multiple(rgb, 2**self.levels)), []
        for number, block in self.encoder.items():
            skips.append(torch.cat([x, block(x)], dim=1))
            x = self.down[number](skips[-1])
        x = self.bottom(x)
        for block in reversed(list(self.decoder.values())):
            x = block(torch.cat([skips.pop(), F.pixel_shuffle(x, 2)], dim=1))
        return self.tail(x)[..., :rows, :columns]


class DenseBlock(nn.Module):
    """Four densely connected units; returns the units' outputs without the block's input."""

    def __init__(self, inputs: int, growth: int, dropout: float) -> None:
        super().__init__()
        self.units = nn.ModuleDict(
            {str(i + 1): Unit(inputs + i * growth, growth, 3, dropout) for i in range(4)}
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, rows, columns) → (n, 4 growth, rows, columns)."""
        features = [x]
        for unit in self.units.values():
            features.append(unit(torch.cat(features, dim=1)))
        return torch.cat(features[1:], dim=1)


class Unit(nn.Module):
    """Batch norm, LeakyReLU, convolution and channel dropout."""

    def __init__(self, inputs: int, outputs: int, size: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, rows, columns) → (n, outputs, rows, columns)."""
        return self.dropout(self.conv(F.leaky_relu(self.norm(x), 0.2)))


class Down(Unit):
    """A unit with a 1×1 convolution, then max pooling over 2×2 pixels."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__(width, width, 1, dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → (n, width, rows / 2, columns / 2)."""
        return F.max_pool2d(super().forward(x), 2)
