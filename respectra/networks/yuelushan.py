"""Yuelushan: stepwise recovery, denoised, then without white balance, then a cube.

Paper     section 6.6 of [arad2022ntire]; blocks of Zhang et al., "Image Super-Resolution Using Very
          Deep Residual Channel Attention Networks", ECCV 2018 [zhang2018rcan]
Original  None published; RCAN's block (yulunzhang/RCAN @ f722e5d, no licence) written anew
Names     RCAB ResidualBlock
Differs   Widths, wiring and the exact targets are assumptions (see the method's departures).
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.networks.layers import project_with_fitted_gain


class Yuelushan(nn.Module):
    """Three networks in a row; each is trained on what the trained ones before it give.

    Args:
        bands: of the cube.
        width: of every block.
        blocks: residual blocks of the three networks.
        reduction: of the width inside a channel gate.
    """

    NAMES: ClassVar = [
        (r"^denoise\.", "dn."),
        (r"^unbalance\.", "dwb."),
        (r"^recover\.", "isr."),
        (r"\.(head|tail)\.", r".\1.0."),
        (r"\.blocks\.(\d+)\.gate\.", r".body.\1.body.3.conv_du."),
        (r"\.blocks\.(\d+)\.(\d)\.", r".body.\1.body.\2."),
    ]

    def __init__(
        self, bands: int, *, width: int, blocks: tuple[int, int, int], reduction: int
    ) -> None:
        super().__init__()
        one, two, three = blocks
        self.denoise = Stage(3, 3, width, one, reduction)
        self.unbalance = Stage(3, 3, width, two, reduction)
        self.recover = Stage(3, bands, width, three, reduction)
        close = [("denoise", "dn", one), ("unbalance", "dwb", two), ("recover", "isr", three)]
        self.RELEASED_NAMES = [
            *((rf"^{ours}\.close\.", f"{theirs}.body.{count}.") for ours, theirs, count in close),
            *self.NAMES,
        ]

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        return self.recover(self.unbalance(self.denoise(rgb)))

    def denoised(self, rgb: Tensor, cube: Tensor, response: Tensor) -> tuple[Tensor, Tensor]:
        """The first network's image, and rgb without noise and compression, cut off above 1.

        Args:
            rgb: (n, 3, h, w).
            cube: (n, bands, h, w).
            response: (3, bands).
        """
        return self.denoise(rgb), project_with_fitted_gain(cube, response, rgb).clamp_max(1.0)

    def unbalanced(self, rgb: Tensor, cube: Tensor, response: Tensor) -> tuple[Tensor, Tensor]:
        """The second network's image, and what the channels collect without exposure and gains.

        Every channel's response sums to one, so that a cube of 0 to 1 gives an image of 0 to 1.
        """
        even = response / response.sum(1, keepdim=True)
        wanted = torch.einsum("cb,nbhw->nchw", even, cube)
        return self.unbalance(self.denoise(rgb)), wanted


class Stage(nn.Module):
    """One chain of residual blocks around a long skip."""

    def __init__(self, inputs: int, outputs: int, width: int, blocks: int, reduction: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(inputs, width, 3, padding=1)
        self.blocks = nn.Sequential(*[ResidualBlock(width, reduction) for _ in range(blocks)])
        self.close = nn.Conv2d(width, width, 3, padding=1)
        self.tail = nn.Conv2d(width, outputs, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        shallow = self.head(image)
        return self.tail(self.close(self.blocks(shallow)) + shallow)


class ResidualBlock(nn.ModuleDict):
    """RCAB: 3×3, ReLU, 3×3, a gate for each channel, and the input added."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__(
            {
                "0": nn.Conv2d(width, width, 3, padding=1),
                "2": nn.Conv2d(width, width, 3, padding=1),
                "gate": nn.Sequential(
                    nn.Conv2d(width, width // reduction, 1),
                    nn.ReLU(),
                    nn.Conv2d(width // reduction, width, 1),
                ),
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        features = self["2"](torch.relu(self["0"](x)))
        return features * torch.sigmoid(self["gate"](features.mean((2, 3), keepdim=True))) + x
