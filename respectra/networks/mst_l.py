"""MST-L: Mask-guided Spectral-wise Transformer, large, for RGB.

Paper     Cai et al., "Mask-guided Spectral-wise Transformer for Efficient Hyperspectral Image
          Reconstruction", CVPR 2022 [cai2022mst]; section 6.1 of [arad2022ntire]
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/MST.py, MIT; written anew
Names     MSAB block · mask-guided S-MSA SpectralAttention · MM MaskGuide
Differs   Each image is guided by the mask of that image. The public code guides the whole batch by
          the first image's mask (`mask: first`); a batch of one gives the same output.
"""

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.layers import apply_pointwise, apply_to_pair
from respectra.networks.mst_plus_plus import BLOCK_NAMES, SpectralBlock
from respectra.networks.padding import pad_to_multiple


class MSTL(nn.Module):
    """MST: one U of spectral-wise attention blocks, guided by a learned mask.

    In the toolbox's form for RGB the mask is a second projection of the rgb image; the original
    takes the mask of a coded aperture.

    Args:
        bands: number of bands of the cube; also the width of the features at full size.
        blocks: number of attention blocks at each of the three levels.
        mask: `own`: each image has its mask; `first`: the mask of the batch's first image guides
            all images.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^mask\.", "embedding_1."),
        (r"^head\.", "embedding_2."),
        (r"^tail\.", "mapping."),
        (r"^encoder\.(\d)\.blocks\.", r"encoder_layers.\1.0.blocks."),
        (r"^encoder\.(\d)\.down\.", r"encoder_layers.\1.1."),
        (r"^encoder\.(\d)\.mask_down\.", r"encoder_layers.\1.2."),
        (r"^decoder\.(\d)\.up\.", r"decoder_layers.\1.0."),
        (r"^decoder\.(\d)\.fuse\.", r"decoder_layers.\1.1."),
        (r"^decoder\.(\d)\.blocks\.", r"decoder_layers.\1.2.blocks."),
        (r"^bottom\.", "bottleneck.blocks."),
        (r"\.blocks\.(\d+)\.guide\.", r".blocks.\1.0.mm."),
        *BLOCK_NAMES,
    ]

    def __init__(
        self, bands: int, *, blocks: tuple[Count, Count, Count], mask: Literal["own", "first"]
    ) -> None:
        super().__init__()
        if mask not in ("own", "first"):
            raise ValueError(f"MSTL: mask {mask} is neither own nor first")
        self.first_mask = mask == "first"
        fine, middle, coarse = blocks
        self.mask = nn.Conv2d(3, bands, 3, padding=1, bias=False)
        self.head = nn.Conv2d(3, bands, 3, padding=1, bias=False)
        self.activation = nn.LeakyReLU(0.1)
        self.encoder = nn.ModuleList([Down(bands, 1, fine), Down(2 * bands, 2, middle)])
        self.bottom = _blocks(4 * bands, 4, coarse)
        self.decoder = nn.ModuleList([Up(2 * bands, 2, middle), Up(bands, 1, fine)])
        self.tail = nn.Conv2d(bands, bands, 3, padding=1, bias=False)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        rows, columns = rgb.shape[-2:]
        padded = pad_to_multiple(rgb, 8).contiguous(memory_format=torch.channels_last)
        mask = self.activation(self.mask(padded[:1] if self.first_mask else padded))
        shallow = features = self.activation(self.head(padded))
        skips = []
        for down in self.encoder:
            skip, skip_mask, features, mask = down(features, mask)
            skips.append((skip, skip_mask))
        for block in self.bottom:
            features = block(features, mask)
        for up in self.decoder:
            features = up(features, *skips.pop())
        return (self.tail(features) + shallow)[..., :rows, :columns]


class Down(nn.Module):
    """An encoder level: attention blocks, then features and mask at half the size."""

    def __init__(self, width: int, heads: int, count: int) -> None:
        super().__init__()
        self.blocks = _blocks(width, heads, count)
        self.down = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False)
        self.mask_down = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the skip connection, its mask, and the next level's features and mask.

        Features and mask are (n, width, rows, columns); at the next level they are
        (n, 2 width, rows / 2, columns / 2).
        """
        for block in self.blocks:
            x = block(x, mask)
        return x, mask, self.down(x), self.mask_down(mask)


class Up(nn.Module):
    """A decoder level: 2×2 deconvolution, concatenation with the skip connection, guided blocks."""

    def __init__(self, width: int, heads: int, count: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.fuse = nn.Conv2d(2 * width, width, 1, bias=False)
        self.blocks = _blocks(width, heads, count)

    def forward(self, x: Tensor, skip: Tensor, mask: Tensor) -> Tensor:
        """(n, 2 width, rows, columns) → (n, width, 2 rows, 2 columns), as `skip` and `mask`."""
        x = apply_to_pair(self.fuse, self.up(x), skip)
        for block in self.blocks:
            x = block(x, mask)
        return x


def _blocks(width: int, heads: int, count: int) -> nn.ModuleList:
    return nn.ModuleList([GuidedBlock(width, heads) for _ in range(count)])


class GuidedBlock(SpectralBlock):
    """MSAB: the block of MST++, with attention values multiplied by the guide of the mask."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        self.guide = MaskGuide(width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:  # type: ignore[override]
        """Features and mask, both (n, width, rows, columns) → the same shape."""
        return super().forward(x, self.guide(mask))


class MaskGuide(nn.Module):
    """MM: p (1 + sigmoid(d)) with p a projection of the mask.

    d is a 1×1 convolution of p followed by a depth-wise 5×5 convolution.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 1)
        self.conv2 = nn.Conv2d(width, width, 1)
        self.depth_conv = nn.Conv2d(width, width, 5, padding=2, groups=width)

    def forward(self, mask: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        projected = apply_pointwise(self.conv1, mask)
        depth = self.depth_conv(apply_pointwise(self.conv2, projected))
        return projected * (1 + torch.sigmoid(depth))
