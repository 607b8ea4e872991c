"""HRNet: Hierarchical regression at four resolutions, winner of the 2020 real-world track.

Paper     Zhao et al., "Hierarchical Regression Network for Spectral Reconstruction from RGB
          Images", CVPRW 2020 [zhao2020hrnet]
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/HRNet.py (class SGN), MIT, and
          zhaoyuzhi/Hierarchical-Regression-Network-for-Spectral-Reconstruction-from-RGB-Images
          @ 82c141c, no licence; written anew
Names     ResDB DenseBlock · ResGB GlobalBlock
Differs   Nothing in the function. The toolbox computes the gate of every global block and drops it
          (`gate: dropped`); the authors use it (`gate: used`). What the toolbox drops never learns.
"""

from functools import partial
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.networks.layers import pad_to_multiple

Padding = Literal["zeros", "reflect"]


class HRNet(nn.Module):
    """Each level sees the image unshuffled and what the coarser one found.

    Every convolution is followed by a LeakyReLU, the last one too.

    Args:
        bands: of the cube.
        width: of the finest level; 2, 4 and 8 times at the coarser ones.
        padding: `zeros` in the toolbox, `reflect` in the authors' code.
        gate: `dropped` in the toolbox, `used` in the authors' code.
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

    def __init__(self, bands: int, *, width: int, padding: Padding, gate: str) -> None:
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

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        rows, columns = rgb.shape[-2:]
        padded = pad_to_multiple(rgb, 8)
        found = None
        for level, factor in ((self.top, 8), (self.middle, 4), (self.bottom, 2)):
            found = F.pixel_shuffle(level(F.pixel_unshuffle(padded, factor), found), 2)
        return self.main(padded, found)[..., :rows, :columns]


class Level(nn.Module):
    """One resolution: its view of the image, the coarser level's find, dense and global blocks."""

    def __init__(
        self,
        inputs: int,
        found: int,
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
        self.join = Conv(width + found, width, padding) if found else None
        self.dense = nn.Sequential(*[DenseBlock(width, padding) for _ in range(dense)])
        self.globe = GlobalBlock(width, padding, gated)
        self.tail = Conv(width, outputs, padding, last)

    def forward(self, image: Tensor, found: Tensor | None) -> Tensor:
        x = self.head(image)
        if self.join is not None and found is not None:
            x = self.join(torch.cat([x, found], dim=1))
        return self.tail(self.globe(self.dense(x)))


class Conv(nn.Conv2d):
    """A convolution that keeps the size, and its LeakyReLU."""

    def __init__(self, inputs: int, outputs: int, padding: Padding, size: int = 3) -> None:
        super().__init__(inputs, outputs, size, padding=size // 2, padding_mode=padding)

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(super().forward(input), 0.2)


class DenseBlock(nn.Module):
    """ResDB: five convolutions, each of everything before it; a tenth of the last is added."""

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
        known = x
        for number in "1234":
            known = torch.cat([known, self.convs[number](known)], dim=1)
        return 0.1 * self.convs["5"](known) + x


class GlobalBlock(nn.Module):
    """ResGB: two convolutions, between them a gate made of the channels' means."""

    def __init__(self, width: int, padding: Padding, gated: bool) -> None:
        super().__init__()
        self.gated = gated
        self.convs = nn.ModuleDict({str(i): Conv(width, width, padding) for i in (1, 2)})
        self.gate = nn.Sequential(
            nn.Linear(width, width // 4, bias=False),
            nn.ReLU(),
            nn.Linear(width // 4, width // 4, bias=False),
            nn.ReLU(),
            nn.Linear(width // 4, width, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        features = self.convs["1"](x)
        if self.gated:
            features = features * self.gate(features.mean((2, 3)))[..., None, None]
        return 0.1 * self.convs["2"](features) + x
