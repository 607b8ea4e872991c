"""EDSR: a deep residual network without normalisation.

Paper     Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution",
          CVPRW 2017 [lim2017edsr]
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/edsr.py, MIT; written anew
Names     ResBlock Residual
Differs   Nothing in the function of the toolbox's form (no mean shift, no upsampler).
"""

from typing import ClassVar

from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.epilogue import Residual


class EDSR(nn.Module):
    """EDSR: a sequence of residual blocks with one long skip connection.

    Args:
        bands: number of bands of the cube.
        width: number of channels of every block.
        blocks: number of residual blocks.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^(head|tail)\.", r"\1.0."),
        (r"^blocks\.(\d+)\.", r"body.\1.body."),
        (r"^close\.", "body.32."),
    ]

    def __init__(self, bands: int, *, width: Count, blocks: Count) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.Sequential(*[Residual(width) for _ in range(blocks)])
        self.close = nn.Conv2d(width, width, 3, padding=1)
        self.tail = nn.Conv2d(width, bands, 3, padding=1)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        shallow = self.head(rgb)
        return self.tail(self.close(self.blocks(shallow)) + shallow)
