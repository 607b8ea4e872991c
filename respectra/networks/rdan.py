"""RDAN: Residual dual attention network, team IFL.

Paper     section 6.4 of [arad2022ntire]
Original  None published; our reading of the report, with AWAN's conventions
Names     RDAB Block · GPCM ProgressiveConv · NLSAM PatchAttention · LSAM LocalGate · DAM their sum
Differs   Widths, depth and wiring are assumptions (see the method's departures).
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.networks.awan import compute_attention, conv
from respectra.networks.layers import pad_to_multiple


class RDAN(nn.Module):
    """Dual residual blocks with attention among patches and among neighbouring channels.

    Args:
        bands: of the cube.
        width: of every block; a multiple of 4 and of `reduction`.
        blocks: residual dual attention blocks.
        patch: side of the patches that count as one pixel in the attention (k: 4 or 8).
        reduction: of the width inside the attention.
    """

    def __init__(self, bands: int, *, width: int, blocks: int, patch: int, reduction: int) -> None:
        super().__init__()
        self.input = conv(3, width)
        self.act_input = nn.PReLU()
        self.head = conv(width, width)
        self.blocks = nn.ModuleList([Block(width, patch, reduction) for _ in range(blocks)])
        self.tail = conv(width, width)
        self.act_output = nn.PReLU()
        self.output = conv(width, bands)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        shallow = x = residual = self.head(self.act_input(self.input(rgb)))
        for block in self.blocks:
            x, residual = block(x, residual)
        return self.output(self.act_output(self.tail(x) + shallow))


class Block(nn.Module):
    """RDAB: progressive convolutions, a wide one towards the running residual, dual attention."""

    def __init__(self, width: int, patch: int, reduction: int) -> None:
        super().__init__()
        self.progressive = ProgressiveConv(width)
        self.wide = conv(width, width, 5)
        self.patches = PatchAttention(width, patch, reduction)
        self.local = LocalGate()
        self.narrow = conv(width, width)
        self.acts = nn.ModuleList([nn.PReLU() for _ in range(3)])

    def forward(self, x: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
        features = self.acts[0](self.progressive(x) + x)
        residual = self.acts[1](self.wide(features) + residual)
        attended = self.patches(residual) + self.local(residual)
        return self.acts[2](self.narrow(attended) + x), residual


class ProgressiveConv(nn.Module):
    """GPCM: each of four groups is convolved together with all that the last one found."""

    def __init__(self, width: int) -> None:
        super().__init__()
        group = width // 4
        self.convs = nn.ModuleList([conv(i * group, i * group) for i in range(1, 5)])
        self.acts = nn.ModuleList([nn.PReLU() for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        first, *others = x.chunk(4, dim=1)
        found = self.convs[0](first)
        for act, following, group in zip(self.acts, self.convs[1:], others, strict=True):
            found = following(torch.cat([act(found), group], dim=1))
        return found


class PatchAttention(nn.Module):
    """NLSAM: non-local attention in which a patch counts as one pixel."""

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
        rows, columns = x.shape[-2:]
        padded = pad_to_multiple(x, self.patch)
        query, key, value = (
            F.pixel_unshuffle(part(padded), self.patch).flatten(2).mT
            for part in (self.query, self.key, self.value)
        )  # (n, patches, inner · patch²)
        found = compute_attention(query, key, value, scale=1.0).mT
        tall, wide = (side // self.patch for side in padded.shape[-2:])
        image = F.pixel_shuffle(found.unflatten(-1, (tall, wide)), self.patch)
        return self.output(image[..., :rows, :columns]) + x


class LocalGate(nn.Module):
    """LSAM: a gate for each channel from its own and its neighbours' means."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gates = torch.sigmoid(self.conv(x.mean((2, 3))[:, None]))
        return x * gates[:, 0, :, None, None]
