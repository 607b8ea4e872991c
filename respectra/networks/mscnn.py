"""MSCNN: a multi-scale U with max pooling down and pixel shuffle up.

Paper     Yan et al., "Accurate Spectral Super-Resolution from Single RGB Image Using Multi-scale
          CNN", PRCV 2018 [yan2018mscnn]
Original  SaoYan/Multiscale-Super-Spectral @ 894f0af, model.py, GPL-3.0; written anew
Names     DoubleConv DoubleConv
Differs   The image is padded by reflection to multiples of 16; the public code crops its images.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count, Fraction
from respectra.networks.padding import pad_to_multiple


class MSCNN(nn.Module):
    """MSCNN: a U with five levels.

    Args:
        bands: number of bands of the cube.
        width: width of the finest level; it doubles from level to level.
        dropout: probability with which a channel is dropped in training.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^encoder\.0\.", "in_conv.conv."),
        (r"^encoder\.([123])\.", r"down\1.down.2.conv."),
        (r"^encoder\.4\.", "bottleneck.down.2.conv."),
        (r"^decoder\.3\.", "out_conv.conv.1.conv."),
        (r"^decoder\.0\.", "up1.conv.1.conv."),
        (r"^decoder\.1\.", "up2.conv.1.conv."),
        (r"^decoder\.2\.", "up3.conv.1.conv."),
        (r"^tail\.", "out."),
    ]

    def __init__(self, bands: int, *, width: Count, dropout: Fraction) -> None:
        super().__init__()
        widths = [width * 2**i for i in range(5)]
        self.dropout = nn.Dropout2d(dropout)
        self.encoder = nn.ModuleList(
            [DoubleConv(i, o, dropout) for i, o in zip([3, *widths], widths, strict=False)]
        )
        self.decoder = nn.ModuleList(
            [DoubleConv(w // 2 + w, w, dropout) for w in reversed(widths[:-1])]
        )
        self.tail = nn.Conv2d(width, bands, 1, bias=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=0.2)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, std=0.01)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        rows, columns = rgb.shape[-2:]
        x, skips = pad_to_multiple(rgb, 16), []
        for i, block in enumerate(self.encoder):
            x = block(self.dropout(F.max_pool2d(x, 2)) if i else x)
            skips.append(x)
        skips.pop()
        for block in self.decoder:
            x = block(self.dropout(torch.cat([F.pixel_shuffle(x, 2), skips.pop()], dim=1)))
        return self.tail(x)[..., :rows, :columns]


class DoubleConv(nn.Sequential):
    """Twice convolution, batch norm and LeakyReLU, with channel dropout in between."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(0.2),
            nn.Dropout2d(dropout),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(0.2),
        )
