"""HSCNN-R: residual blocks of 256 channels; what HPRN's tables call HSCNN+.

Paper     Shi et al., "HSCNN+: Advanced CNN-Based Hyperspectral Recovery from RGB Images",
          CVPRW 2018 [shi2018hscnn]
Original  EthanLinYitun/On_the_Optimization_of_Regression_Based_Spectral_Reconstruction @ 8a2b8d1,
          hscnn.py, no licence; written anew
Names     residual block Residual
Differs   Nothing in the function.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.networks.layers import Residual


class HSCNNR(nn.Module):
    """Residual blocks around one long skip.

    Args:
        bands: of the cube.
        width: of every block.
        blocks: residual blocks.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^head\.", "input_conv."),
        (r"^blocks\.(\d+)\.0\.", r"conv_seq.\1.conv1."),
        (r"^blocks\.(\d+)\.2\.", r"conv_seq.\1.conv2."),
        (r"^close\.", "conv."),
        (r"^tail\.", "output_conv."),
    ]

    def __init__(self, bands: int, *, width: int, blocks: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.Sequential(*[Residual(width) for _ in range(blocks)])
        self.close = nn.Conv2d(width, width, 3, padding=1)
        self.tail = nn.Conv2d(width, bands, 3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=(2 / (9 * module.out_channels)) ** 0.5)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        shallow = self.head(rgb)
        return self.tail(torch.relu(self.close(self.blocks(shallow)) + shallow))
