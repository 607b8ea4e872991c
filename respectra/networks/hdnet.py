"""HDNet: residual blocks with spatial-spectral attention and efficient feature fusion.

Paper     Hu et al., "HDNet: High-resolution Dual-domain Learning for Spectral Compressive Imaging",
          CVPR 2022 [hu2022hdnet]; a member of the MST++ toolbox
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/HDNet.py, MIT; written anew
Names     SDL SpatialSpectralAttention · EFF FeatureFusion
Differs   Nothing in the function. The toolbox's challenge script leaves the batch norms in training
          mode during inference; here they are in evaluation mode.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.epilogue import Residual


class HDNet(nn.Module):
    """HDNet: residual blocks with SDL and EFF in the middle and one long skip connection.

    Args:
        bands: number of bands of the cube.
        width: number of channels of every block.
        blocks: number of residual blocks before the SDL; `blocks - 1` follow the EFF.
        groups: number of channel groups in the EFF.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^(head|tail)\.", r"\1.0."),
        (r"^before\.(\d+)\.", r"body.\1.body."),
        (r"^attention\.", "body.32."),
        (r"^fusion\.groups\.", "body.33.subspaces."),
        (r"^close\.", "body.65."),
        (r"\.right_query\.", ".conv_q_right."),
        (r"\.right_value\.", ".conv_v_right."),
        (r"\.right_output\.", ".conv_up."),
        (r"\.left_query\.", ".conv_q_left."),
        (r"\.left_value\.", ".conv_v_left."),
        (r"\.scale\.", ".conv_dws."),
        (r"\.scale_norm\.", ".bn_dws."),
        (r"\.point\.", ".conv_point."),
        (r"\.point_norm\.", ".bn_point."),
        *((rf"^after\.{i}\.", f"body.{i + 34}.body.") for i in range(31)),
    ]

    def __init__(self, bands: int, *, width: Count, blocks: Count, groups: Count) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, width, 3, padding=1)
        self.before = nn.Sequential(*[Residual(width) for _ in range(blocks)])
        self.attention = SpatialSpectralAttention(width)
        self.fusion = FeatureFusion(width, groups)
        self.after = nn.Sequential(*[Residual(width) for _ in range(blocks - 1)])
        self.close = nn.Conv2d(width, width, 3, padding=1)
        self.tail = nn.Conv2d(width, bands, 3, padding=1)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        shallow = self.head(rgb)
        features = self.fusion(self.attention(self.before(shallow)))
        return self.tail(self.close(self.after(features)) + shallow)


class SpatialSpectralAttention(nn.Module):
    """SDL: the features gated per channel plus the features gated per pixel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        half = width // 2
        self.right_query = nn.Conv2d(width, 1, 1, bias=False)
        self.right_value = nn.Conv2d(width, half, 1, bias=False)
        self.right_output = nn.Conv2d(half, width, 1, bias=False)
        self.left_query = nn.Conv2d(width, half, 1, bias=False)
        self.left_value = nn.Conv2d(width, half, 1, bias=False)
        for conv in (self.right_query, self.right_value, self.left_query, self.left_value):
            nn.init.kaiming_normal_(conv.weight, mode="fan_in")

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        weights = self.right_query(x).flatten(2).softmax(-1)
        context = (self.right_value(x).flatten(2) @ weights.mT)[..., None]
        channel_gate = torch.sigmoid(self.right_output(context))
        mean = self.left_query(x).mean((2, 3))[:, None]
        scores = (mean @ self.left_value(x).flatten(2)).softmax(-1).unflatten(-1, x.shape[-2:])
        # The sigmoid follows a softmax, as in the public code: pixel gates lie just above 0.5.
        return x * channel_gate + x * torch.sigmoid(scores)


class FeatureFusion(nn.Module):
    """EFF: each group of channels is amplified by a softmax map over the image."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.groups = nn.ModuleList([Subspace(width // groups) for _ in range(groups)])

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        chunks = x.chunk(len(self.groups), dim=1)
        return torch.cat([group(c) for group, c in zip(self.groups, chunks, strict=True)], dim=1)


class Subspace(nn.Module):
    """One group of the EFF: x (1 + m), with m a softmax map computed from the group."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Conv2d(width, width, 1, groups=width)
        self.scale_norm = nn.BatchNorm2d(width, momentum=0.9)
        self.point = nn.Conv2d(width, 1, 1)
        self.point_norm = nn.BatchNorm2d(1, momentum=0.9)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        pooled = F.max_pool2d(torch.relu(self.scale_norm(self.scale(x))), 3, stride=1, padding=1)
        logits = torch.relu(self.point_norm(self.point(pooled)))
        weights = logits.flatten(2).softmax(-1).unflatten(-1, x.shape[-2:])
        return x * (1 + weights)
