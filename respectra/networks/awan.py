"""AWAN: Adaptive weighted attention and a patch-wise second-order non-local layer.

Paper     Li et al., "Adaptive Weighted Attention Network with Camera Spectral Sensitivity Prior for
          Spectral Reconstruction from RGB Images", CVPRW 2020 [li2020awan]
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/AWAN.py, MIT; written anew
Names     DRAB Block · AWCA WeightedChannelAttention · PSNL PatchNonLocal
Differs   Nothing in the function. The non-local layer does not store its (pixels/4)² attention
          weights, 15 GB for a challenge image; a fused attention kernel computes them in blocks.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.attention import compute_attention
from respectra.networks.epilogue import finish, prepare_residual
from respectra.networks.padding import ReflectConv2d, convolve_padded


class AWAN(nn.Module):
    """AWAN: dual residual attention blocks, then a patch-wise non-local layer.

    Each block passes on its features and a second, accumulated residual.

    Args:
        bands: number of bands of the cube.
        width: number of channels of every block; 96 in the toolbox, 200 in the authors' code.
        blocks: number of dual residual attention blocks.
        reduction: the width inside the channel attention is width // reduction.
        non_local: the width inside the non-local layer is bands // non_local.
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
        self, bands: int, *, width: Count, blocks: Count, reduction: Count, non_local: Count
    ) -> None:
        super().__init__()
        self.input = ReflectConv2d(3, width)
        self.act_input = nn.PReLU()
        self.head = ReflectConv2d(width, width)
        self.blocks = nn.ModuleList([Block(width, reduction) for _ in range(blocks)])
        self.tail = ReflectConv2d(width, width)
        self.act_output = nn.PReLU()
        self.output = ReflectConv2d(width, bands)
        self.non_local = PatchNonLocal(bands, non_local)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        x = finish(self.input(rgb), self.act_input, padding=1)
        shallow = residual = convolve_padded(self.head, x)
        x = finish(shallow, padding=1)
        for block in self.blocks:
            x, residual = block(x, residual)
        features = convolve_padded(self.tail, x)
        features = finish(features, self.act_output, shallow, add_first=True, padding=1)
        return self.non_local(convolve_padded(self.output, features))


class Block(nn.Module):
    """DRAB: a residual unit, an update of the accumulated residual, and channel attention."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.convs = nn.ModuleDict({str(i): ReflectConv2d(width, width) for i in (1, 2)})
        self.acts = nn.ModuleDict({str(i): nn.PReLU() for i in (1, 2)})
        self.up = nn.ModuleList([ReflectConv2d(width, width, 5), nn.PReLU()])
        self.attention = WeightedChannelAttention(width, reduction)
        self.down = nn.ModuleList([ReflectConv2d(width, width), nn.PReLU()])

    def forward(self, x: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
        """Update features and residual.

        Args:
            x: features padded by one pixel of reflection, (n, width, rows + 2, columns + 2).
            residual: (n, width, rows, columns).

        Returns:
            Both, in the same shapes.
        """
        (up, up_act), (down, down_act) = self.up, self.down
        inside = prepare_residual(x, 1)
        features = finish(convolve_padded(self.convs["1"], x), self.acts["1"], padding=1)
        features = convolve_padded(self.convs["2"], features)
        features = finish(features, self.acts["2"], inside, add_first=True, padding=2)
        residual = finish(convolve_padded(up, features), up_act, residual, add_first=True)
        gated = finish(residual, gate=self.attention.compute_gate(residual), padding=1)
        x = finish(convolve_padded(down, gated), down_act, inside, add_first=True, padding=1)
        return x, residual


class WeightedChannelAttention(nn.Module):
    """AWCA: a gate per channel from the channel means, weighted by a softmax map over pixels."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.place = nn.Conv2d(width, 1, 1, bias=False)
        self.gate = nn.Sequential(
            nn.Linear(width, width // reduction, bias=False),
            nn.PReLU(),
            nn.Linear(width // reduction, width, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        return x * self.compute_gate(x)[..., None, None]

    def compute_gate(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → gates (n, width)."""
        weights = self.place(x).flatten(2).softmax(-1)  # (n, 1, pixels)
        mean = (x.flatten(2) @ weights.mT).squeeze(-1)
        return torch.sigmoid(self.gate(mean))


class PatchNonLocal(nn.Module):
    """PSNL: attention among the pixels of each quadrant, by second-order statistics.

    For the embedding θ (pixels, inner) of a quadrant, the weights are
    softmax((θ - mean over inner) θᵀ / inner). The output is added to the input.

    Args:
        bands: number of bands of the cube.
        reduction: the width inside the layer is bands // reduction, at least 1.
    """

    def __init__(self, bands: int, reduction: int) -> None:
        super().__init__()
        inner = max(1, bands // reduction)
        self.value = nn.Conv2d(bands, inner, 1, bias=False)
        self.output = nn.Conv2d(inner, bands, 1, bias=False)
        self.theta = nn.Conv2d(bands, inner, 1, bias=False)
        nn.init.zeros_(self.output.weight)

    def forward(self, cube: Tensor) -> Tensor:
        """(n, bands, rows, columns) → the same shape."""
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
        if not x.shape[-1] or not x.shape[-2]:  # half of an image of one row or column
            return x
        theta = self.theta(x).flatten(2).mT  # (n, pixels, inner)
        centred = theta - theta.mean(-1, keepdim=True)
        value = self.value(x).flatten(2).mT
        attended = compute_attention(centred, theta, value, scale=1 / theta.shape[-1])
        return self.output(attended.mT.unflatten(-1, x.shape[-2:])) + x
