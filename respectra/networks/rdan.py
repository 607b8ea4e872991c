"""RDAN: Residual dual attention network, team IFL.

Paper     section 6.4 of [arad2022ntire]
Original  None published; our reading of the report, with AWAN's conventions
Names     RDAB Block · GPCM ProgressiveConv · NLSAM PatchAttention · LSAM LocalGate · DAM the sum of
          NLSAM and LSAM
Differs   Widths, depth and connections are assumptions (see the method's departures).
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.attention import compute_attention
from respectra.networks.padding import ReflectConv2d, pad_to_multiple


class RDAN(nn.Module):
    """RDAN: blocks with attention among patches and among neighbouring channels.

    Each block passes on its features and a second, accumulated residual, as in AWAN.

    Args:
        bands: number of bands of the cube.
        width: number of channels of every block; a multiple of 4 and of `reduction`.
        blocks: number of residual dual attention blocks (RDAB).
        patch: side of the patches that are tokens of the attention, in pixels (4 or 8).
        reduction: the width inside the attention is width // reduction.
    """

    def __init__(
        self, bands: int, *, width: Count, blocks: Count, patch: Count, reduction: Count
    ) -> None:
        super().__init__()
        self.input = ReflectConv2d(3, width)
        self.act_input = nn.PReLU()
        self.head = ReflectConv2d(width, width)
        self.blocks = nn.ModuleList([Block(width, patch, reduction) for _ in range(blocks)])
        self.tail = ReflectConv2d(width, width)
        self.act_output = nn.PReLU()
        self.output = ReflectConv2d(width, bands)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        shallow = x = residual = self.head(self.act_input(self.input(rgb)))
        for block in self.blocks:
            x, residual = block(x, residual)
        return self.output(self.act_output(self.tail(x) + shallow))


class Block(nn.Module):
    """RDAB: progressive convolutions, an update of the accumulated residual, dual attention."""

    def __init__(self, width: int, patch: int, reduction: int) -> None:
        super().__init__()
        self.progressive = ProgressiveConv(width)
        self.wide = ReflectConv2d(width, width, 5)
        self.patches = PatchAttention(width, patch, reduction)
        self.local = LocalGate()
        self.narrow = ReflectConv2d(width, width)
        self.acts = nn.ModuleList([nn.PReLU() for _ in range(3)])

    def forward(self, x: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
        """Features and residual, both (n, width, rows, columns) → both updated."""
        features = self.acts[0](self.progressive(x) + x)
        residual = self.acts[1](self.wide(features) + residual)
        attended = self.patches(residual) + self.local(residual)
        return self.acts[2](self.narrow(attended) + x), residual


class ProgressiveConv(nn.Module):
    """GPCM: four channel groups; each is convolved with the output of the previous group."""

    def __init__(self, width: int) -> None:
        super().__init__()
        group = width // 4
        self.convs = nn.ModuleList([ReflectConv2d(i * group, i * group) for i in range(1, 5)])
        self.acts = nn.ModuleList([nn.PReLU() for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        first, *groups = x.chunk(4, dim=1)
        features = self.convs[0](first)
        for act, convolve, group in zip(self.acts, self.convs[1:], groups, strict=True):
            features = convolve(torch.cat([act(features), group], dim=1))
        return features


class PatchAttention(nn.Module):
    """NLSAM: attention among patches; a token holds all pixels of a patch."""

    def __init__(self, width: int, patch: int, reduction: int) -> None:
        super().__init__()
        inner = width // reduction
        self.patch = patch
        self.query, self.key, self.value = (
            nn.Conv2d(width, inner, 1, bias=False) for _ in range(3)
        )
        self.output = nn.Conv2d(inner, width, 1, bias=False)
        nn.init.zeros_(self.output.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        rows, columns = x.shape[-2:]
        padded = pad_to_multiple(x, self.patch)
        query, key, value = (
            F.pixel_unshuffle(project(padded), self.patch).flatten(2).mT
            for project in (self.query, self.key, self.value)
        )  # (n, patches, inner · patch²)
        attended = compute_attention(query, key, value, scale=1.0).mT
        grid = tuple(side // self.patch for side in padded.shape[-2:])
        image = F.pixel_shuffle(attended.unflatten(-1, grid), self.patch)
        return self.output(image[..., :rows, :columns]) + x


class LocalGate(nn.Module):
    """LSAM: a gate per channel, computed from the means of the channel and its neighbours."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        gates = torch.sigmoid(self.conv(x.mean((2, 3))[:, None]))
        return x * gates[:, 0, :, None, None]
