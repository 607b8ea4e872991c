"""MSBDN: Multi-scale boosted dehazing with dense feature fusion, team NTU607QCO-Spectral.

Paper     Dong et al., "Multi-Scale Boosted Dehazing Network with Dense Feature Fusion", CVPR 2020
          [dong2020msbdn]; section 6.10 of [arad2022ntire]
Original  BookerDeWitt/MSBDN-DFF @ ab515e2, models MSBDN-DFF-v1-1 and MSBDN-RDFF, no licence;
          written anew
Names     DFF Fusion · SOS boosting in Decoder
Differs   Nothing in the function, but for the last convolution's number of bands.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.networks.layers import pad_to_multiple


class MSBDN(nn.Module):
    """A U whose every level is corrected by all levels that went before it.

    Args:
        bands: of the cube.
        width: of the finest level; it doubles with each of the four coarser ones.
        bottom: residual blocks at the coarsest level.
        fusion: `dense` (DFF), or `residual` (RDFF): the fusion takes half of the channels, a dense
            block the other half.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^head\.", "conv_input.conv2d."),
        (r"^tail\.", "conv_output.conv2d."),
        (r"^first\.", "dense0."),
        (r"^bottom\.(\d+)\.", r"dehaze.res\1."),
        *((rf"^encoder\.{i}\.conv\.", f"conv{2**i}x.conv2d.") for i in range(1, 5)),
        *((rf"^decoder\.{i}\.conv\.", f"convd{2**i}x.conv2d.") for i in range(1, 5)),
        (r"^encoder\.(\d)\.dense\.", r"conv\1."),
        (r"^decoder\.(\d)\.dense\.", r"conv_\1."),
        (r"^encoder\.(\d)\.fusion\.", r"fusion\1."),
        (r"^decoder\.(\d)\.fusion\.", r"fusion_\1."),
        (r"^encoder\.(\d)\.blocks\.", r"dense\1."),
        (r"^decoder\.(\d)\.blocks\.", r"dense_\1."),
        (r"\.conv([12])\.", r".conv\1.conv2d."),
        (r"\.layers\.(\d)\.", r".dense_layers.\1.conv."),
        (r"\.close\.", ".conv_1x1."),
    ]

    def __init__(self, bands: int, *, width: int, bottom: int, fusion: str) -> None:
        super().__init__()
        if fusion not in ("dense", "residual"):
            raise ValueError(f"MSBDN: fusion {fusion} is neither dense nor residual")
        halved = fusion == "residual"
        widths = [width * 2**i for i in range(5)]
        self.head = _conv(3, width, 11)
        self.first = _trio(width)
        self.encoder = nn.ModuleDict(
            {str(i): Encoder(widths[: i + 1], halved, last=i == 4) for i in range(1, 5)}
        )
        self.bottom = nn.Sequential(*[Residual(widths[4]) for _ in range(bottom)])
        self.decoder = nn.ModuleDict(
            {str(i): Decoder(widths[i - 1 :], halved) for i in range(4, 0, -1)}
        )
        self.tail = _conv(width, bands, 3)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        rows, columns = rgb.shape[-2:]
        x = self.head(pad_to_multiple(rgb, 16, least=32))
        finer = [x]
        x = self.first(x) + x
        skips = [x]
        for level in self.encoder.values():
            fused, x = level(x, finer)
            finer.append(fused)
            skips.append(x)
        skips.pop()
        x = self.bottom(2 * x) + x
        coarser = [x]
        for level in self.decoder.values():
            x = level(x, skips.pop(), coarser)
            coarser.append(x)
        return self.tail(x)[..., :rows, :columns]


class Pair(nn.Module):
    """Two MSBDNs that learn alone, then from the truth and from one another; their mean.

    Args:
        bands, width, bottom, fusion: of both.

    References:
        [arad2022ntire], section 6.10 and equation 24, with n = 2. Its second term prints the truth
        where it must mean the networks' mean.
    """

    def __init__(self, bands: int, *, width: int, bottom: int, fusion: str) -> None:
        super().__init__()
        one, two = (MSBDN(bands, width=width, bottom=bottom, fusion=fusion) for _ in range(2))
        self.first, self.second = one, two

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        return (self.first(rgb) + self.second(rgb)) / 2

    def first_alone(self, rgb: Tensor, cube: Tensor) -> tuple[Tensor, Tensor]:
        """The first network's cube, and the truth."""
        return self.first(rgb), cube

    def second_alone(self, rgb: Tensor, cube: Tensor) -> tuple[Tensor, Tensor]:
        """The second network's cube, and the truth."""
        return self.second(rgb), cube

    def transfer(self, rgb: Tensor, cube: Tensor) -> tuple[Tensor, Tensor]:
        """Either cube against the truth and against both cubes' mean, which carries no gradient.

        A loss that is a mean over everything is a quarter of equation 24's sum over both networks.
        """
        one, two = self.first(rgb), self.second(rgb)
        mean = ((one + two) / 2).detach()
        return torch.cat([one, two, one, two]), torch.cat([cube, cube, mean, mean])


def _conv(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(
        inputs, outputs, size, stride=stride, padding=size // 2, padding_mode="reflect"
    )


class Residual(nn.Module):
    """Two convolutions; a tenth of what they find is added."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = _conv(width, width, 3)
        self.conv2 = _conv(width, width, 3)
        self.relu = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        return 0.1 * self.conv2(self.relu(self.conv1(x))) + x


def _trio(width: int) -> nn.Sequential:
    return nn.Sequential(*[Residual(width) for _ in range(3)])


class Encoder(nn.Module):
    """Half the size, twice the width, corrected by all finer levels; three residual blocks."""

    def __init__(self, widths: Sequence[int], halved: bool, *, last: bool) -> None:
        super().__init__()
        width = widths[-1]
        self.conv = _conv(widths[-2], width, 3, stride=2)
        self.dense = DenseBlock(width // 2) if halved else None
        self.fusion = Fusion([w // 2 if halved else w for w in widths], towards="finer")
        self.blocks = None if last else _trio(width)

    def forward(self, x: Tensor, finer: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        fused = fuse(self.conv(x), finer, self.fusion, self.dense)
        return fused, fused if self.blocks is None else self.blocks(fused) + fused


class Decoder(nn.Module):
    """Twice the size, half the width, boosted by the encoder's map, corrected by coarser levels."""

    def __init__(self, widths: Sequence[int], halved: bool) -> None:
        super().__init__()
        width = widths[0]
        self.conv = nn.ConvTranspose2d(widths[1], width, 3, stride=2)
        self.blocks = _trio(width)
        self.dense = DenseBlock(width // 2) if halved else None
        self.fusion = Fusion([w // 2 if halved else w for w in widths], towards="coarser")

    def forward(self, x: Tensor, skip: Tensor, coarser: Sequence[Tensor]) -> Tensor:
        up = F.interpolate(self.conv(x), skip.shape[-2:], mode="bilinear", align_corners=False)
        both = up + skip
        return fuse(self.blocks(both) + both - up, coarser, self.fusion, self.dense)


def fuse(
    x: Tensor, others: Sequence[Tensor], fusion: "Fusion", dense: "DenseBlock | None"
) -> Tensor:
    """DFF of all channels; or RDFF: of the first half, a dense block of the second."""
    if dense is None:
        return fusion(x, others)
    first, second = x.chunk(2, dim=1)
    halves = [other.chunk(2, dim=1)[0] for other in others]
    return torch.cat([fusion(first, halves), dense(second)], dim=1)


class Fusion(nn.Module):
    """DFF: for each level before, what this one says of it is compared and the difference added.

    Args:
        widths: of the levels from the finest on; this level's is at one end of them.
        towards: `finer` in the encoder (this level is the coarsest), `coarser` in the decoder.
    """

    def __init__(self, widths: Sequence[int], *, towards: str) -> None:
        super().__init__()
        self.towards_finer = towards == "finer"
        pairs = list(pairwise(widths))  # (finer, coarser)
        pairs = pairs[::-1] if self.towards_finer else pairs
        self.up_convs = nn.ModuleList([Lift(fine, coarse) for fine, coarse in pairs])
        self.down_convs = nn.ModuleList([Lower(fine, coarse) for fine, coarse in pairs])

    def forward(self, x: Tensor, others: Sequence[Tensor]) -> Tensor:
        away, back = (
            (self.up_convs, self.down_convs)
            if self.towards_finer
            else (self.down_convs, self.up_convs)
        )
        for i, other in enumerate(others):
            distance = len(others) - i
            difference = x
            for step in away[:distance]:
                difference = step(difference)
            difference = difference - other
            for step in reversed(back[:distance]):
                difference = step(difference)
            x = x + difference
        return x


class Lift(nn.Module):
    """One level finer."""

    def __init__(self, fine: int, coarse: int) -> None:
        super().__init__()
        self.deconv = nn.ConvTranspose2d(coarse, fine, 4, stride=2, padding=1)
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.deconv(x))


class Lower(nn.Module):
    """One level coarser."""

    def __init__(self, fine: int, coarse: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(fine, coarse, 4, stride=2, padding=1)
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.conv(x))


class DenseBlock(nn.Module):
    """Four convolutions, each of all before it, and back to the width, around a residual."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [nn.Conv2d((i + 1) * width, width, 3, padding=1, bias=False) for i in range(4)]
        )
        self.close = nn.Conv2d(5 * width, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        known = x
        for layer in self.layers:
            known = torch.cat([known, torch.relu(layer(known))], dim=1)
        return self.close(known) + x
