"""HRNet: Hierarchical regression at four resolutions, winner of the 2020 real-world track.

Paper     Zhao et al., "Hierarchical Regression Network for Spectral Reconstruction from RGB
          Images", CVPRW 2020 [zhao2020hrnet]
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/HRNet.py (class SGN), MIT, and
          zhaoyuzhi/Hierarchical-Regression-Network-for-Spectral-Reconstruction-from-RGB-Images
          @ 82c141c, no licence; written anew
Names     ResDB DenseBlock · ResGB GlobalBlock
Differs   Nothing in the function. The toolbox computes the gate of every global block and discards
          it (`gate: dropped`), so the gate's parameters receive no gradient; the authors' code
          applies it (`gate: used`).
"""

from functools import partial
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count, Positive
from respectra.networks.epilogue import convolve
from respectra.networks.gates import build_deep_gate
from respectra.networks.layers import initialise_xavier
from respectra.networks.padding import pad_to_multiple

Padding = Literal["zeros", "reflect"]


class HRNet(nn.Module):
    """HRNet: four levels; each receives the pixel-unshuffled image and the coarser level's output.

    A LeakyReLU follows every convolution, including the last.

    Args:
        bands: number of bands of the cube.
        width: width of the finest level; the coarser levels have 2, 4 and 8 times this width.
        padding: padding mode of the convolutions, `zeros` (toolbox) or `reflect` (authors).
        gate: gate of the global blocks, `dropped` (toolbox) or `used` (authors).
        xavier_gain: gain of a normal Xavier initialisation (authors); None: PyTorch's (toolbox).
    """

    RELEASED_NAMES: ClassVar = [
        (r"^top\.", "top"),
        (r"^middle\.", "mid"),
        (r"^bottom\.", "bot"),
        (r"^main\.", "main"),
        (r"^(top)head\.", r"\g<1>1."),
        (r"^(top)dense\.0\.", r"\g<1>21."),
        (r"^(top)globe\.", r"\g<1>22."),
        (r"^(top)tail\.", r"\g<1>3."),
        (r"^(mid|bot|main)head\.", r"\g<1>1."),
        (r"^(mid|bot|main)join\.", r"\g<1>2."),
        (r"^(mid|bot|main)dense\.0\.", r"\g<1>31."),
        (r"^(mid|bot|main)dense\.1\.", r"\g<1>32."),
        (r"^(main)dense\.2\.", r"\g<1>33."),
        (r"^(main)dense\.3\.", r"\g<1>34."),
        (r"^(mid)globe\.", r"\g<1>32."),
        (r"^(bot)globe\.", r"\g<1>33."),
        (r"^(main)globe\.", r"\g<1>35."),
        (r"^(mid|bot|main)tail\.", r"\g<1>4."),
        (r"\.convs\.(\d)\.", r".conv\1."),
        (r"\.gate\.", ".fc."),
        (r"(?<!fc\.\d)\.(weight|bias)$", r".conv2d.\1"),
    ]

    def __init__(
        self,
        bands: int,
        *,
        width: Count,
        padding: Literal["zeros", "reflect"],
        gate: Literal["dropped", "used"],
        xavier_gain: Positive | None = None,
    ) -> None:
        super().__init__()
        if gate not in ("dropped", "used"):
            raise ValueError(f"HRNet: gate {gate} is neither dropped nor used")
        if gate == "dropped":
            self.IDLE = r"\.gate\."
        level = partial(Level, padding=padding, gated=gate == "used")
        w = width
        self.top = level(192, 0, 8 * w, 8 * w, dense=1, last=1)
        self.middle = level(48, 2 * w, 4 * w, 4 * w, dense=1, last=3)
        self.bottom = level(12, w, 2 * w, 2 * w, dense=2, last=3)
        self.main = level(3, w // 2, w, bands, dense=4, last=3)
        if xavier_gain is not None:
            initialise_xavier(self, xavier_gain, normal=True)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        rows, columns = rgb.shape[-2:]
        padded = pad_to_multiple(rgb, 8)
        coarse = None
        for level, factor in ((self.top, 8), (self.middle, 4), (self.bottom, 2)):
            coarse = F.pixel_shuffle(level(F.pixel_unshuffle(padded, factor), coarse), 2)
        return self.main(padded, coarse)[..., :rows, :columns]


class Level(nn.Module):
    """One level: head, concatenation with the coarser level's output, dense and global blocks.

    Args:
        inputs: number of channels of the unshuffled image.
        coarse: number of channels from the coarser level; 0 at the coarsest level.
        width: width of the blocks.
        outputs: number of output channels.
        dense: number of dense blocks.
        last: kernel size of the last convolution.
        padding: see HRNet.
        gated: if true, the global block applies its gate.
    """

    def __init__(
        self,
        inputs: int,
        coarse: int,
        width: int,
        outputs: int,
        *,
        dense: int,
        last: int,
        padding: Padding,
        gated: bool,
    ) -> None:
        super().__init__()
        self.head = Conv(inputs, width, padding)
        self.join = Conv(width + coarse, width, padding) if coarse else None
        self.dense = nn.Sequential(*[DenseBlock(width, padding) for _ in range(dense)])
        self.globe = GlobalBlock(width, padding, gated)
        self.tail = Conv(width, outputs, padding, last)

    def forward(self, image: Tensor, coarse: Tensor | None) -> Tensor:
        """(n, inputs, rows, columns), (n, coarse, rows, columns) → (n, outputs, rows, columns)."""
        x = self.head(image)
        if self.join is not None and coarse is not None:
            x = self.join(torch.cat([x, coarse], dim=1))
        return self.tail(self.globe(self.dense(x)))


class Conv(nn.Conv2d):
    """A convolution that preserves the size, followed by a LeakyReLU."""

    def __init__(self, inputs: int, outputs: int, padding: Padding, size: int = 3) -> None:
        super().__init__(inputs, outputs, size, padding=size // 2, padding_mode=padding)

    def forward(self, input: Tensor) -> Tensor:
        """(n, inputs, rows, columns) → (n, outputs, rows, columns)."""
        return convolve(self, input, 0.2)


class DenseBlock(nn.Module):
    """ResDB: five densely connected convolutions; x + 0.1 times the output of the last."""

    def __init__(self, width: int, padding: Padding) -> None:
        super().__init__()
        half = width // 2
        self.convs = nn.ModuleDict(
            {
                str(i): Conv(width + half * (i - 1), width if i == 5 else half, padding)
                for i in range(1, 6)
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        features = x
        for number in "1234":
            features = torch.cat([features, self.convs[number](features)], dim=1)
        return convolve(self.convs["5"], features, 0.2, x, scale=0.1)


class GlobalBlock(nn.Module):
    """ResGB: two convolutions with a gate computed from the channel means between them.

    Args:
        width: number of channels.
        padding: see HRNet.
        gated: if false, the gate's parameters exist but the gate is not applied.
    """

    def __init__(self, width: int, padding: Padding, gated: bool) -> None:
        super().__init__()
        self.gated = gated
        self.convs = nn.ModuleDict({str(i): Conv(width, width, padding) for i in (1, 2)})
        self.gate = build_deep_gate(width, width // 4)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        features = self.convs["1"](x)
        if self.gated:
            features = features * self.gate(features.mean((2, 3)))[..., None, None]
        return convolve(self.convs["2"], features, 0.2, x, scale=0.1)
