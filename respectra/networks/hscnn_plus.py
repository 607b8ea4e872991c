"""HSCNN+ (HSCNN-D): a densely connected network of two-path fusion blocks.

Paper     Shi et al., "HSCNN+: Advanced CNN-Based Hyperspectral Recovery from RGB Images",
          CVPRW 2018 [shi2018hscnn]
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/HSCNN_Plus.py, MIT; written anew
Names     dense fusion block FusionBlock
Differs   Nothing in the function of the toolbox's form (30 blocks, no biases).
"""

from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.dense import GrowingFeatures
from respectra.networks.epilogue import convolve, finish
from respectra.networks.fused import uses_kernels
from respectra.networks.layers import multiply_pixels


class HSCNNPlus(nn.Module):
    """HSCNN+: a two-path stem, then densely connected blocks that each append `path` channels.

    The stem has 4 · `path` channels. No activation follows the last convolution.

    Args:
        bands: number of bands of the cube.
        blocks: number of dense fusion blocks.
        width: width of a block after its squeeze convolution.
        path: width of a path's 3×3 convolution and number of channels that a block appends; a
            block's 1×1 convolutions have half this width.
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

    def __init__(self, bands: int, *, blocks: Count, width: Count, path: Count) -> None:
        super().__init__()
        grow, start = path, 4 * path
        self.stem = nn.ModuleList([Path(3, path, path) for _ in range(2)])
        self.blocks = nn.ModuleList(
            [FusionBlock(start + grow * i, width, path, grow) for i in range(blocks)]
        )
        self.tail = nn.Conv2d(start + grow * blocks, bands, 1, bias=False)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        features = torch.cat([output for path in self.stem for output in path(rgb)], dim=1)
        if uses_kernels(features):
            return self._apply_joined(features)
        for block in self.blocks:
            features = torch.cat([features, block(features)], dim=1)
        return self.tail(features)

    def _apply_joined(self, first: Tensor) -> Tensor:
        """Compute the cube from the stem's features in the way that is faster on a GPU."""
        features, joined = GrowingFeatures(first, self.tail.in_channels), JoinedBlocks(self.blocks)
        for number, block in enumerate(self.blocks):
            squeezed = features.multiply(_weight(block, "squeeze"))
            features.append(joined.apply(number, finish(squeezed, 0.0)))
        return features.multiply(self.tail.weight)


class Path(nn.ModuleDict):
    """A 3×3 convolution followed by a 1×1 convolution; both outputs are returned.

    Args:
        inputs: number of input channels.
        width: width of the 3×3 convolution.
        narrow: width of the 1×1 convolution.
    """

    def __init__(self, inputs: int, width: int, narrow: int) -> None:
        super().__init__(
            {
                "3x3": nn.Conv2d(inputs, width, 3, padding=1, bias=False),
                "1x1": nn.Conv2d(width, narrow, 1, bias=False),
            }
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return (n, width, rows, columns) and (n, narrow, rows, columns)."""
        wide = convolve(self["3x3"], x, 0.0)
        return wide, convolve(self["1x1"], wide, 0.0)


class FusionBlock(nn.Module):
    """A dense fusion block: squeeze, two parallel paths, fusion to the appended channels.

    Args:
        inputs: number of input channels.
        width: width after the squeeze convolution.
        path: width of a path's 3×3 convolution.
        grow: number of output channels.
    """

    def __init__(self, inputs: int, width: int, path: int, grow: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, width, 1, bias=False)
        self.paths = nn.ModuleList([Path(width, path, path // 2) for _ in range(2)])
        self.fuse = nn.Conv2d(2 * (path + path // 2), grow, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, rows, columns) → (n, grow, rows, columns)."""
        squeezed = convolve(self.squeeze, x, 0.0)
        outputs = [output for path in self.paths for output in path(squeezed)]
        return convolve(self.fuse, torch.cat(outputs, dim=1), 0.0)


class JoinedBlocks:
    """The fusion blocks with both paths of a block in one convolution, for a GPU.

    Weights of all blocks are rearranged at once: many small copies take longer than one large one.

    Args:
        blocks: fusion blocks of one size.
    """

    def __init__(self, blocks: nn.ModuleList) -> None:
        paths = [path for block in blocks for path in block.get_submodule("paths").children()]
        wide = torch.cat([_weight(path, "3x3") for path in paths])
        narrow = torch.cat([_weight(path, "1x1") for path in paths]).flatten(1)
        fuse = torch.cat([_weight(block, "fuse") for block in blocks]).flatten(1)
        count, width = len(blocks), narrow.shape[1]
        # A block-diagonal matrix applies both 1×1 convolutions: (blocks, 2 narrow, 2 wide).
        narrow = narrow.reshape(count, 2, -1, 1, width)
        narrow = narrow * torch.eye(2, device=narrow.device)[:, None, :, None]
        fuse = fuse.reshape(count, -1, 2, fuse.shape[1] // 2)
        self._wide = wide.chunk(count)
        self._narrow = narrow.reshape(count, -1, 2 * width).unbind()
        self._fuse_wide = fuse[..., :width].flatten(2).unbind()
        self._fuse_narrow = fuse[..., width:].flatten(2).unbind()

    def apply(self, number: int, squeezed: Tensor) -> Tensor:
        """Compute a block after its squeeze: (n, width, rows, columns) → (n, grow, …)."""
        wide = finish(F.conv2d(squeezed, self._wide[number], padding=1), 0.0)
        narrow = finish(multiply_pixels(wide, self._narrow[number]), 0.0)
        return finish(
            multiply_pixels(wide, self._fuse_wide[number]),
            0.0,
            multiply_pixels(narrow, self._fuse_narrow[number]),
            add_first=True,
        )


def _weight(module: nn.Module, name: str) -> Tensor:
    conv = module.get_submodule(name)
    assert isinstance(conv, nn.Conv2d)
    return conv.weight
