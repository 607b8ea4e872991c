"""DRCR Net: Dense residual channel re-calibration, team CVIA_SSR.

Paper     Li et al., "DRCR Net: Dense Residual Channel Re-calibration Network with Non-local
          Purification for Spectral Super Resolution", CVPRW 2022 [li2022drcr]; section 6.3 of
          [arad2022ntire]
Original  dusongcheng/DRCR-Net @ 9cb83c0, no licence; written anew
Names     NPM Purification · CRM ChannelRecalibration
Differs   Sides are mirrored to multiples of 4; the public code, for 482 rows, runs twice and takes
          the last two from the second. In the public code the purification's quarter-scale branch
          uses the half-scale branch's convolutions and its own never learn (`quarter: shared`); the
          paper draws its own (`quarter: own`).
"""

from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.networks.layers import pad_to_multiple


class DRCRNet(nn.Module):
    """Purified features through dense residual blocks.

    Args:
        bands: of the cube.
        width: of every block.
        blocks: dense residual channel re-calibration blocks.
        quarter: `shared` or `own` (see above).
    """

    RELEASED_NAMES: ClassVar = [
        (r"^(input|head|tail|output)\.", r"\1_conv2D.conv2d."),
        (r"^act_(input|output)\.", r"\1_prelu2D."),
        (r"^blocks\.(\d+)\.convs\.(\d)\.", r"backbone.\1.conv\2.conv2d."),
        (r"^blocks\.(\d+)\.gates\.(\d)\.gate\.", r"backbone.\1.se\2.fc."),
        (r"^purify\.(\d)\.3x3\.", r"denosing.conv\1_33."),
        (r"^purify\.(\d)\.1x1\.", r"denosing.conv\1_11."),
        (r"^purify\.(\d)\.join\.", r"denosing.conv_\1_cat."),
        (r"^purify\.join\.", "denosing.conv_cat."),
    ]

    def __init__(self, bands: int, *, width: int, blocks: int, quarter: str) -> None:
        super().__init__()
        if quarter not in ("shared", "own"):
            raise ValueError(f"DRCRNet: quarter {quarter} is neither shared nor own")
        if quarter == "shared":
            self.IDLE = r"^purify\.4\.(3x3|1x1)\."
        self.input = _outer(3, width)
        self.act_input = nn.PReLU()
        self.head = _outer(width, width)
        self.purify = Purification(width, shared=quarter == "shared")
        self.blocks = nn.Sequential(*[Block(width) for _ in range(blocks)])
        self.tail = _outer(width, width)
        self.act_output = nn.PReLU()
        self.output = _outer(width, bands)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        rows, columns = rgb.shape[-2:]
        x = self.head(self.act_input(self.input(pad_to_multiple(rgb, 4))))
        x = self.blocks(self.purify(x))
        return self.output(self.act_output(self.tail(x)))[..., :rows, :columns]


def _outer(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect", bias=False)


def _inner(inputs: int, outputs: int, size: int = 3) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, padding=size // 2)


class Purification(nn.ModuleDict):
    """NPM: in spite of its name a pyramid of means at full, half and quarter size."""

    def __init__(self, width: int, *, shared: bool) -> None:
        super().__init__(
            {
                scale: nn.ModuleDict(
                    {
                        "3x3": _inner(width, width),
                        "1x1": _inner(width, width, 1),
                        "join": _inner(2 * width, width),
                    }
                )
                for scale in "024"
            }
        )
        self["join"] = _inner(3 * width, width)
        self.shared = shared

    def forward(self, x: Tensor) -> Tensor:
        half = F.avg_pool2d(x, 2)
        quarter = F.avg_pool2d(half, 2)
        found = [
            self._look(x, "0", "0"),
            _enlarged(self._look(half, "2", "2"), 2),
            _enlarged(self._look(quarter, "2" if self.shared else "4", "4"), 4),
        ]
        return _leaky(self["join"](torch.cat(found, dim=1))) + x

    def _look(self, x: Tensor, views: str, join: str) -> Tensor:
        both = [self[views]["3x3"](x), self[views]["1x1"](x)]  # type: ignore[index]
        return _leaky(self[join]["join"](torch.cat(both, dim=1)))  # type: ignore[index]


def _enlarged(x: Tensor, factor: int) -> Tensor:
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


class Block(nn.Module):
    """DRCR: three convolutions in, three out, each of the latter told what the former found."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convs = nn.ModuleDict(
            {str(i): _inner(width if i < 4 else 2 * width, width) for i in range(1, 7)}
        )
        self.gates = nn.ModuleDict({str(i): ChannelRecalibration(width) for i in (1, 2)})

    def forward(self, x: Tensor) -> Tensor:
        first = _leaky(self.convs["1"](x))
        second = _leaky(self.convs["2"](first))
        third = _leaky(self.convs["3"](second))
        gated = self.gates["1"](x)
        back = _leaky(self.convs["4"](torch.cat([third, gated], dim=1)))
        back = _leaky(self.convs["5"](torch.cat([second, back], dim=1)))
        back = _leaky(self.convs["6"](torch.cat([first, back], dim=1)))
        return back + self.gates["2"](gated)


class ChannelRecalibration(nn.Module):
    """CRM: a gate for each channel from all channels' means."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = width // 8
        self.gate = nn.Sequential(
            nn.Linear(width, inner, bias=False),
            nn.ReLU(),
            nn.Linear(inner, inner, bias=False),
            nn.ReLU(),
            nn.Linear(inner, width, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x.mean((2, 3)))[..., None, None]
