"""Squeeze: SqueezeNet 1.1 estimates the scale of a cube, team IVL.

Paper     Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and < 0.5 MB
          model size", 2016 [iandola2016squeezenet]; section 6.7 of [arad2022ntire]
Original  torchvision's SqueezeNet 1.1 with one class, BSD-3-Clause; written anew
Names     Fire Fire
Differs   The scale is the softplus of the last layer, not a ReLU as in SqueezeNet: a ReLU at zero
          has no gradient.
"""

from collections.abc import Callable
from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count, Fraction


class Squeeze(nn.Module):
    """Squeeze: an estimated cube multiplied by one positive scale per image.

    Args:
        bands: number of bands of the cube; not used, because the estimate has the bands.
        size: rows and columns to which the image is resized before the scale is estimated.
        dropout: dropout probability before the last layer in training.

    References:
        [arad2022ntire], section 6.7.
    """

    def __init__(self, bands: int, *, size: Count, dropout: Fraction) -> None:
        super().__init__()
        del bands
        self.size = size
        self.scale = SqueezeNet(dropout, final=F.softplus)

    def forward(self, rgb: Tensor, estimate: Tensor) -> Tensor:
        """Scale an estimate.

        Args:
            rgb: (n, 3, rows, columns).
            estimate: (n, bands, rows, columns).

        Returns:
            (n, bands, rows, columns).
        """
        resized = F.interpolate(rgb, (self.size, self.size), mode="bilinear", align_corners=False)
        return estimate * self.scale(resized)[..., None, None]


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1 with one output.

    Args:
        dropout: dropout probability before the last layer in training.
        final: activation of the last layer.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^stem\.", "features.0."),
        (r"^fires\.(\d)\.", r"features.fire\1."),
        *((rf"fire{i}\.", f"{index}.") for i, index in enumerate((3, 4, 6, 7, 9, 10, 11, 12))),
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
        """(n, 3, rows, columns) → (n, 1)."""
        x = _pool(torch.relu(self.stem(image)))
        for i, fire in enumerate(self.fires):
            x = fire(_pool(x) if i in (2, 4) else x)
        return self.final(self.tail(self.dropout(x))).mean((2, 3))


def _pool(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, stride=2, ceil_mode=True)


class Fire(nn.Module):
    """A squeezing 1×1 convolution, then a 1×1 and a 3×3 convolution, concatenated."""

    def __init__(self, inputs: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, rows, columns) → (n, 2 expand, rows, columns)."""
        squeezed = torch.relu(self.squeeze(x))
        return torch.relu(torch.cat([self.expand1x1(squeezed), self.expand3x3(squeezed)], dim=1))
