"""FMNet: a per-pixel mixture of functions with different receptive fields.

Paper     Zhang et al., "Pixel-aware Deep Function-mixture Network for Spectral Super-Resolution",
          AAAI 2020 [zhang2020fmnet]
Original  pppLang/FMNetforSSR @ 94ed03f, no licence; written anew
Names     FM block Mixture · basis functions functions · mixing function weights
Differs   Nothing in the function; the mixing weights, the public code's second output, are not
          returned.
"""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.layers import interpolate_channels


class FMNet(nn.Module):
    """FMNet: a sequence of mixtures, their fusion, and the interpolated image added to the output.

    The image is interpolated linearly from three channels to `bands` channels, red first.

    Args:
        bands: number of bands of the cube.
        width: number of feature channels.
        blocks: number of mixtures before the fusion.
        sizes: kernel sizes of the functions in a mixture.
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

    def __init__(self, bands: int, *, width: Count, blocks: Count, sizes: Sequence[Count]) -> None:
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
                variance = 2 / (module.kernel_size[0] ** 2 * module.out_channels)
                nn.init.normal_(module.weight, std=variance**0.5)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        image = interpolate_channels(rgb, self.bands)
        x, features = self.head(image), []
        for conv, block in zip(self.convs, self.blocks, strict=True):
            x = block(torch.relu(conv(x)))
            features.append(x)
        return self.tail(self.join(torch.cat(features, dim=1))) + image


class Mixture(nn.Module):
    """FM block: a weighted sum of functions; the weights differ from pixel to pixel and sum to one.

    Args:
        inputs: number of input channels.
        width: number of hidden channels.
        outputs: number of output channels.
        sizes: kernel size of each function.
    """

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
        """(n, inputs, rows, columns) → (n, outputs, rows, columns)."""
        weights = torch.sigmoid(self.weights(x))
        weights = weights / (weights.sum(1, keepdim=True) + 1e-9)
        terms = zip(weights.split(1, dim=1), self.functions, strict=True)
        return torch.stack([weight * function(x) for weight, function in terms]).sum(0)


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
