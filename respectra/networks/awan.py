"""AWAN: Adaptive weighted attention and a patch-wise second-order non-local layer.

Paper     Li et al., "Adaptive Weighted Attention Network with Camera Spectral Sensitivity Prior for
          Spectral Reconstruction from RGB Images", CVPRW 2020 [li2020awan]
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/AWAN.py, MIT; written anew
Names     DRAB Block · AWCA WeightedChannelAttention · PSNL PatchNonLocal
Differs   Nothing in the function. The non-local layer never holds its (pixels/4)² affinities, 15 GB
          for a challenge image, but streams over them.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class AWAN(nn.Module):
    """Dual residual blocks, each handing on features and a second, running residual.

    Args:
        bands: of the cube.
        width: of every block; 96 in the toolbox, 200 in the authors' code.
        blocks: dual residual attention blocks.
        reduction: of the width inside the channel attention.
        non_local: of the bands inside the non-local layer.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^(input|head|tail|output)\.", r"\1_conv2D.conv2d."),
        (r"^act_(input|output)\.", r"\1_prelu2D."),
        (r"^blocks\.", "backbone."),
        (r"\.acts\.(\d)\.", r".relu\1."),
        (r"\.convs\.(\d)\.", r".conv\1.conv2d."),
        (r"\.(up|down)\.0\.", r".\1_conv.conv2d."),
        (r"\.(up|down)\.1\.", r".\1_relu."),
        (r"\.attention\.place\.", ".se.conv."),
        (r"\.attention\.gate\.", ".se.fc."),
        (r"^non_local\.output\.", "tail_nonlocal.non_local.W."),
        (r"^non_local\.value\.", "tail_nonlocal.non_local.g."),
        (r"^non_local\.", "tail_nonlocal.non_local."),
    ]

    def __init__(
        self, bands: int, *, width: int, blocks: int, reduction: int, non_local: int
    ) -> None:
        super().__init__()
        self.input = conv(3, width)
        self.act_input = nn.PReLU()
        self.head = conv(width, width)
        self.blocks = nn.ModuleList([Block(width, reduction) for _ in range(blocks)])
        self.tail = conv(width, width)
        self.act_output = nn.PReLU()
        self.output = conv(width, bands)
        self.non_local = PatchNonLocal(bands, non_local)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        shallow = x = residual = self.head(self.act_input(self.input(rgb)))
        for block in self.blocks:
            x, residual = block(x, residual)
        features = self.act_output(self.tail(x) + shallow)
        return self.non_local(self.output(features))


def conv(inputs: int, outputs: int, size: int = 3) -> nn.Conv2d:
    """No bias, edges mirrored, the size kept."""
    return nn.Conv2d(inputs, outputs, size, padding=size // 2, padding_mode="reflect", bias=False)


class Block(nn.Module):
    """DRAB: two convolutions, a wide one towards the running residual, attention, and back."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.convs = nn.ModuleDict({str(i): conv(width, width) for i in (1, 2)})
        self.acts = nn.ModuleDict({str(i): nn.PReLU() for i in (1, 2)})
        self.up = nn.ModuleList([conv(width, width, 5), nn.PReLU()])
        self.attention = WeightedChannelAttention(width, reduction)
        self.down = nn.ModuleList([conv(width, width), nn.PReLU()])

    def forward(self, x: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
        features = self.convs["2"](self.acts["1"](self.convs["1"](x)))
        features = self.acts["2"](features + x)
        residual = self.up[1](self.up[0](features) + residual)
        return self.down[1](self.down[0](self.attention(residual)) + x), residual


class WeightedChannelAttention(nn.Module):
    """AWCA: a gate made of the channels' means, weighted by where it pays to look."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.place = nn.Conv2d(width, 1, 1, bias=False)
        self.gate = nn.Sequential(
            nn.Linear(width, width // reduction, bias=False),
            nn.PReLU(),
            nn.Linear(width // reduction, width, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        weights = self.place(x).flatten(2).softmax(-1)  # (n, 1, pixels)
        mean = (x.flatten(2) @ weights.mT).squeeze(-1)
        return x * torch.sigmoid(self.gate(mean))[..., None, None]


class PatchNonLocal(nn.Module):
    """PSNL: in each quadrant, pixels attend to pixels of like second-order statistics."""

    def __init__(self, bands: int, reduction: int) -> None:
        super().__init__()
        inner = bands // reduction
        self.value = nn.Conv2d(bands, inner, 1, bias=False)
        self.output = nn.Conv2d(inner, bands, 1, bias=False)
        self.theta = nn.Conv2d(bands, inner, 1, bias=False)
        nn.init.zeros_(self.output.weight)

    def forward(self, cube: Tensor) -> Tensor:
        rows, columns = cube.shape[-2] // 2, cube.shape[-1] // 2
        halves = cube[..., :rows, :], cube[..., rows:, :]
        return torch.cat(
            [
                torch.cat([self._attend(q) for q in (half[..., :columns], half[..., columns:])], -1)
                for half in halves
            ],
            dim=-2,
        )

    def _attend(self, x: Tensor) -> Tensor:
        theta = self.theta(x).flatten(2).mT  # (n, pixels, inner)
        centred = theta - theta.mean(-1, keepdim=True)
        found = attention(centred, theta, self.value(x).flatten(2).mT, scale=1 / theta.shape[-1])
        return self.output(found.mT.unflatten(-1, x.shape[-2:])) + x


def attention(query: Tensor, key: Tensor, value: Tensor, *, scale: float) -> Tensor:
    """Softmax attention, (n, tokens, features) each, that never holds its tokens² weights.

    A GPU's fused kernels want a width that is a multiple of 8: zeros change no product.
    """
    width = value.shape[-1]
    lacking = -width % 8 if query.is_cuda else 0
    q, k, v = (F.pad(part, (0, lacking))[:, None] for part in (query, key, value))
    return F.scaled_dot_product_attention(q, k, v, scale=scale)[:, 0, :, :width]
