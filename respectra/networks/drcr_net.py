"""DRCR Net: Dense residual channel re-calibration, team CVIA_SSR.

Paper     Li et al., "DRCR Net: Dense Residual Channel Re-calibration Network with Non-local
          Purification for Spectral Super Resolution", CVPRW 2022 [li2022drcr]; section 6.3 of
          [arad2022ntire]
Original  dusongcheng/DRCR-Net @ 9cb83c0, no licence; written anew
Names     NPM Purification · CRM ChannelRecalibration
Differs   The image is padded by reflection to multiples of 4; the public code processes 482 rows in
          two overlapping passes and takes the last two rows from the second. In the public code the
          purification's quarter-scale branch uses the convolutions of the half-scale branch, and
          its separate convolutions receive no gradient (`quarter: shared`); the paper's figure
          shows separate convolutions (`quarter: own`).
"""

from typing import ClassVar, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.gates import build_deep_gate
from respectra.networks.padding import pad_to_multiple


class DRCRNet(nn.Module):
    """DRCR Net: shallow features, purification, dense residual blocks, two last convolutions.

    Args:
        bands: number of bands of the cube.
        width: number of channels of every block.
        blocks: number of dense residual channel re-calibration (DRCR) blocks.
        quarter: convolutions of the purification's quarter-scale branch, `shared` with the
            half-scale branch (public code) or `own` (paper).

    References:
        [arad2022ntire], section 6.3, equations 6 to 13.
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

    def __init__(
        self, bands: int, *, width: Count, blocks: Count, quarter: Literal["shared", "own"]
    ) -> None:
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
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        rows, columns = rgb.shape[-2:]
        x = self.head(self.act_input(self.input(pad_to_multiple(rgb, 4))))
        x = self.blocks(self.purify(x))
        return self.output(self.act_output(self.tail(x)))[..., :rows, :columns]


def _outer(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect", bias=False)


def _inner(inputs: int, outputs: int, size: int = 3) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, padding=size // 2)


class Purification(nn.ModuleDict):
    """NPM: convolutions of the features at full, half and quarter size (equation 7).

    The module averages over 2×2 pixels per scale; despite its name it has no non-local operation.

    Args:
        width: number of channels.
        shared: if true, the quarter-scale branch uses the half-scale branch's convolutions.
    """

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
        """(n, width, rows, columns) → the same shape."""
        half = F.avg_pool2d(x, 2)
        quarter = F.avg_pool2d(half, 2)
        scales = [
            self._convolve(x, "0", "0"),
            _enlarge(self._convolve(half, "2", "2"), 2),
            _enlarge(self._convolve(quarter, "2" if self.shared else "4", "4"), 4),
        ]
        return _leaky(self["join"](torch.cat(scales, dim=1))) + x

    def _convolve(self, x: Tensor, convs: str, join: str) -> Tensor:
        """Fuse a 3×3 and a 1×1 convolution of branch `convs` by the fusion of branch `join`."""
        outputs = [self[convs]["3x3"](x), self[convs]["1x1"](x)]  # type: ignore[index]
        return _leaky(self[join]["join"](torch.cat(outputs, dim=1)))  # type: ignore[index]


def _enlarge(x: Tensor, factor: int) -> Tensor:
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


class Block(nn.Module):
    """DRCR: three encoding and three decoding convolutions with skip connections and two CRMs.

    The concatenation before the fourth convolution has the order of the public code.

    References:
        [arad2022ntire], section 6.3, equations 9 to 12.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convs = nn.ModuleDict(
            {str(i): _inner(width if i < 4 else 2 * width, width) for i in range(1, 7)}
        )
        self.gates = nn.ModuleDict({str(i): ChannelRecalibration(width) for i in (1, 2)})

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        first = _leaky(self.convs["1"](x))
        second = _leaky(self.convs["2"](first))
        third = _leaky(self.convs["3"](second))
        gated = self.gates["1"](x)
        decoded = _leaky(self.convs["4"](torch.cat([third, gated], dim=1)))
        decoded = _leaky(self.convs["5"](torch.cat([second, decoded], dim=1)))
        decoded = _leaky(self.convs["6"](torch.cat([first, decoded], dim=1)))
        return decoded + self.gates["2"](gated)


class ChannelRecalibration(nn.Module):
    """CRM: a gate per channel, computed from the channel means."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = build_deep_gate(width, width // 8)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        return x * self.gate(x.mean((2, 3)))[..., None, None]
