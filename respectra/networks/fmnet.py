"""FMNet: for every pixel a mixture of functions with different receptive fields.

Paper     Zhang et al., "Pixel-aware Deep Function-mixture Network for Spectral Super-Resolution",
          AAAI 2020 [zhang2020fmnet]
Original  pppLang/FMNetforSSR @ 94ed03f, no licence; written anew
Names     FM block Mixture · basis functions functions · mixing function weights
Differs   Nothing in the function; the mixing weights, its second output, stay inside.
"""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.networks.layers import interpolate_channels


class FMNet(nn.Module):
    """Mixtures in a row, all of them mixed once more, and the stretched image added.

    Args:
        bands: of the cube.
        width: of every feature.
        blocks: mixtures in a row.
        sizes: of the kernels that are mixed.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^head\.", "input."),
        (r"^convs\.(\d)\.", r"convs.\1.0.conv."),
        (r"^blocks\.(\d)\.functions\.", r"dics.\1.base."),
        (r"^blocks\.(\d)\.weights\.", r"reps.\1."),
        (r"^join\.functions\.", "cdic.base."),
        (r"^join\.weights\.", "crep."),
        (r"^tail\.functions\.", "odic.base."),
        (r"^tail\.weights\.", "orep."),
        (r"\.0\.(weight|bias)$", r".input.\1"),
        (r"(base\.\d)\.2\.(weight|bias)$", r"\1.output.\2"),
        (r"(rep|reps\.\d)\.2\.weight$", r"\1.conv2.0.conv.weight"),
        (r"(rep|reps\.\d)\.4\.weight$", r"\1.conv2.1.conv.weight"),
        (r"(rep|reps\.\d)\.6\.weight$", r"\1.conv2.2.conv.weight"),
        (r"(rep|reps\.\d)\.8\.weight$", r"\1.output.weight"),
    ]

    def __init__(self, bands: int, *, width: int, blocks: int, sizes: Sequence[int]) -> None:
        super().__init__()
        self.bands = bands
        self.head = nn.Conv2d(bands, width, 3, padding=1, bias=False)
        self.convs = nn.ModuleList(
            [nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(blocks)]
        )
        self.blocks = nn.ModuleList([Mixture(width, width, width, sizes) for _ in range(blocks)])
        self.join = Mixture(width * blocks, width, width, sizes)
        self.tail = Mixture(width, width, bands, sizes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                spread = 2 / (module.kernel_size[0] ** 2 * module.out_channels)
                nn.init.normal_(module.weight, std=spread**0.5)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        image = interpolate_channels(rgb, self.bands)
        x, found = self.head(image), []
        for conv, block in zip(self.convs, self.blocks, strict=True):
            x = block(torch.relu(conv(x)))
            found.append(x)
        return self.tail(self.join(torch.cat(found, dim=1))) + image


class Mixture(nn.Module):
    """FM block: functions of small, middle and large view, and how much of each at every pixel."""

    def __init__(self, inputs: int, width: int, outputs: int, sizes: Sequence[int]) -> None:
        super().__init__()
        self.functions = nn.ModuleList(
            [
                nn.Sequential(
                    nn.Conv2d(inputs, width, size, padding=size // 2),
                    nn.ReLU(),
                    nn.Conv2d(width, outputs, size, padding=size // 2),
                )
                for size in sizes
            ]
        )
        layers: list[nn.Module] = []
        for i in range(4):
            layers += [_conv(width if i else inputs, width), nn.ReLU()]
        self.weights = nn.Sequential(*layers, _conv(width, len(sizes)))

    def forward(self, x: Tensor) -> Tensor:
        shares = torch.sigmoid(self.weights(x))
        shares = shares / (shares.sum(1, keepdim=True) + 1e-9)
        parts = zip(shares.split(1, dim=1), self.functions, strict=True)
        return torch.stack([share * function(x) for share, function in parts]).sum(0)


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
