"""HSCNN-R: residual blocks of 256 channels. HPRN's tables call this network HSCNN+.

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

from respectra.arguments import Count
from respectra.networks.epilogue import Residual


class HSCNNR(nn.Module):
    """HSCNN-R: a sequence of residual blocks with one long skip connection.

    Args:
        bands: number of bands of the cube.
        width: number of channels of every block.
        blocks: number of residual blocks.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^head\.", "input_conv."),
        (r"^blocks\.(\d+)\.0\.", r"conv_seq.\1.conv1."),
        (r"^blocks\.(\d+)\.2\.", r"conv_seq.\1.conv2."),
        (r"^close\.", "conv."),
        (r"^tail\.", "output_conv."),
    ]

    def __init__(self, bands: int, *, width: Count, blocks: Count) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.Sequential(*[Residual(width) for _ in range(blocks)])
        self.close = nn.Conv2d(width, width, 3, padding=1)
        self.tail = nn.Conv2d(width, bands, 3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=(2 / (9 * module.out_channels)) ** 0.5)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        shallow = self.head(rgb)
        return self.tail(torch.relu(self.close(self.blocks(shallow)) + shallow))
