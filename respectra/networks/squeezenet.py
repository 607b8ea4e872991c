"""Squeeze: SqueezeNet 1.1 says how bright an image is, team IVL.

Paper     Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and < 0.5 MB
          model size", 2016 [iandola2016squeezenet]; section 6.7 of [arad2022ntire]
Original  torchvision's SqueezeNet 1.1 with one class, BSD-3-Clause; written anew
Names     Fire Fire
Differs   Where SqueezeNet ends in a ReLU the number is a softplus: once at zero, a ReLU never
          learns again.
"""

from collections.abc import Callable
from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class Squeeze(nn.Module):
    """An estimated cube times one positive number for the whole image, [arad2022ntire] 6.7.

    Args:
        bands: of the cube; the estimate has them.
        size: rows and columns that the image is resized to before the number is estimated.
        dropout: before the last layer, in training.
    """

    def __init__(self, bands: int, *, size: int, dropout: float) -> None:
        super().__init__()
        del bands
        self.size = size
        self.scale = SqueezeNet(dropout, final=F.softplus)

    def forward(self, rgb: Tensor, estimate: Tensor) -> Tensor:
        """(n, 3, h, w), (n, bands, h, w) → (n, bands, h, w)."""
        seen = F.interpolate(rgb, (self.size, self.size), mode="bilinear", align_corners=False)
        return estimate * self.scale(seen)[..., None, None]


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1 with one output, (n, 3, h, w) → (n, 1)."""

    RELEASED_NAMES: ClassVar = [
        (r"^stem\.", "features.0."),
        (r"^fires\.(\d)\.", r"features.fire\1."),
        *((rf"fire{i}\.", f"{place}.") for i, place in enumerate((3, 4, 6, 7, 9, 10, 11, 12))),
        (r"^tail\.", "classifier.1."),
    ]
    FIRES: ClassVar = [
        (16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256),
    ]  # fmt: skip

    def __init__(self, dropout: float, final: Callable[[Tensor], Tensor] = torch.relu) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 64, 3, stride=2)
        inputs = [64, *(2 * expand for _, expand in self.FIRES)]
        self.fires = nn.ModuleList(
            [
                Fire(i, squeeze, expand)
                for i, (squeeze, expand) in zip(inputs, self.FIRES, strict=False)
            ]
        )
        self.final = final
        self.dropout = nn.Dropout(dropout)
        self.tail = nn.Conv2d(512, 1, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight)
                assert module.bias is not None
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.tail.weight, std=0.01)
        assert self.tail.bias is not None
        nn.init.ones_(self.tail.bias)

    def forward(self, image: Tensor) -> Tensor:
        x = _pool(torch.relu(self.stem(image)))
        for i, fire in enumerate(self.fires):
            x = fire(_pool(x) if i in (2, 4) else x)
        return self.final(self.tail(self.dropout(x))).mean((2, 3))


def _pool(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, stride=2, ceil_mode=True)


class Fire(nn.Module):
    """Squeezed by a 1×1, widened by a 1×1 and a 3×3 side by side."""

    def __init__(self, inputs: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        squeezed = torch.relu(self.squeeze(x))
        return torch.relu(torch.cat([self.expand1x1(squeezed), self.expand3x3(squeezed)], dim=1))
