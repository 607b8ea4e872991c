"""HSCNN+ (HSCNN-D): a dense network of widening paths.

Paper     Shi et al., "HSCNN+: Advanced CNN-Based Hyperspectral Recovery from RGB Images",
          CVPRW 2018 [shi2018hscnn]
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/HSCNN_Plus.py, MIT; written anew
Names     dense fusion block FusionBlock
Differs   Nothing in the function of the toolbox's form (30 wide blocks, no biases).
"""

from typing import ClassVar

import torch
from torch import Tensor, nn


class HSCNNPlus(nn.Module):
    """Two paths, joined; then blocks that each add `grow` channels to all that came before.

    Args:
        bands: of the cube.
        blocks: dense fusion blocks.
        width: a block's own width, and the stem's four times `path`.
        path: width of a path's 3×3 convolution; its 1×1 has half.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^stem\.(\d)\.3x3\.", r"ddfn.conv_\1_1."),
        (r"^stem\.(\d)\.1x1\.", r"ddfn.conv_\1_2."),
        (r"^blocks\.(\d+)\.paths\.(\d)\.3x3\.", r"ddfn.dfus_blocks.\1.conv_\2_1."),
        (r"^blocks\.(\d+)\.paths\.(\d)\.1x1\.", r"ddfn.dfus_blocks.\1.conv_\2_2."),
        (r"^blocks\.(\d+)\.squeeze\.", r"ddfn.dfus_blocks.\1.conv1."),
        (r"^blocks\.(\d+)\.fuse\.", r"ddfn.dfus_blocks.\1.conv_fution."),
        (r"conv_0_", "conv_up"),
        (r"conv_1_", "conv_down"),
        (r"^tail\.", "conv_out."),
    ]

    def __init__(self, bands: int, *, blocks: int, width: int, path: int) -> None:
        super().__init__()
        grow, start = path, 4 * path
        self.stem = nn.ModuleList([Path(3, path, path) for _ in range(2)])
        self.blocks = nn.ModuleList(
            [FusionBlock(start + grow * i, width, path, grow) for i in range(blocks)]
        )
        self.tail = nn.Conv2d(start + grow * blocks, bands, 1, bias=False)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        known = torch.cat([part for path in self.stem for part in path(rgb)], dim=1)
        for block in self.blocks:
            known = torch.cat([known, block(known)], dim=1)
        return self.tail(known)


class Path(nn.ModuleDict):
    """A 3×3 convolution and a 1×1 of what it found; both are handed on."""

    def __init__(self, inputs: int, width: int, narrow: int) -> None:
        super().__init__(
            {
                "3x3": nn.Conv2d(inputs, width, 3, padding=1, bias=False),
                "1x1": nn.Conv2d(width, narrow, 1, bias=False),
            }
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        wide = torch.relu(self["3x3"](x))
        return wide, torch.relu(self["1x1"](wide))


class FusionBlock(nn.Module):
    """Squeezed, looked at along two paths, fused into the channels that the block adds."""

    def __init__(self, inputs: int, width: int, path: int, grow: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, width, 1, bias=False)
        self.paths = nn.ModuleList([Path(width, path, path // 2) for _ in range(2)])
        self.fuse = nn.Conv2d(2 * (path + path // 2), grow, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        squeezed = torch.relu(self.squeeze(x))
        parts = [part for path in self.paths for part in path(squeezed)]
        return torch.relu(self.fuse(torch.cat(parts, dim=1)))
