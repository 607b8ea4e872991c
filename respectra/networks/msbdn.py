"""MSBDN: Multi-scale boosted dehazing with dense feature fusion, team NTU607QCO-Spectral.

Paper     Dong et al., "Multi-Scale Boosted Dehazing Network with Dense Feature Fusion", CVPR 2020
          [dong2020msbdn]; section 6.10 of [arad2022ntire]
Original  BookerDeWitt/MSBDN-DFF @ ab515e2, models MSBDN-DFF-v1-1 and MSBDN-RDFF, no licence;
          written anew
Names     DFF Fusion · SOS boosting in Decoder
Differs   Nothing in the function except the number of output channels.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.padding import pad_to_multiple


class MSBDN(nn.Module):
    """MSBDN: a U with five levels; dense feature fusion corrects each level by all previous ones.

    Args:
        bands: number of bands of the cube.
        width: width of the finest level; it doubles from level to level.
        bottom: number of residual blocks at the coarsest level.
        fusion: `dense` (DFF) or `residual` (RDFF: fusion of one half of the channels, a dense block
            for the other half).
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

    def __init__(
        self, bands: int, *, width: Count, bottom: Count, fusion: Literal["dense", "residual"]
    ) -> None:
        super().__init__()
        if fusion not in ("dense", "residual"):
            raise ValueError(f"MSBDN: fusion {fusion} is neither dense nor residual")
        residual = fusion == "residual"
        widths = [width * 2**i for i in range(5)]
        self.head = _conv(3, width, 11)
        self.first = _three_blocks(width)
        self.encoder = nn.ModuleDict(
            {str(i): Encoder(widths[: i + 1], residual, last=i == 4) for i in range(1, 5)}
        )
        self.bottom = nn.Sequential(*[Residual(widths[4]) for _ in range(bottom)])
        self.decoder = nn.ModuleDict(
            {str(i): Decoder(widths[i - 1 :], residual) for i in range(4, 0, -1)}
        )
        self.tail = _conv(width, bands, 3)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
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
    """Two MSBDNs with knowledge transfer; the reconstruction is the mean of their outputs.

    The networks are trained separately, then together: each against the true cube and against the
    mean of both outputs.

    Args:
        bands: see MSBDN.
        width: see MSBDN.
        bottom: see MSBDN.
        fusion: see MSBDN.

    References:
        [arad2022ntire], section 6.10 and equation 24 with n = 2. The equation's second term prints
        the truth ŷ in the sum; the text describes the mean of the predictions.
    """

    def __init__(
        self, bands: int, *, width: Count, bottom: Count, fusion: Literal["dense", "residual"]
    ) -> None:
        super().__init__()
        self.first, self.second = (
            MSBDN(bands, width=width, bottom=bottom, fusion=fusion) for _ in range(2)
        )

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        return (self.first(rgb) + self.second(rgb)) / 2

    def first_alone(self, rgb: Tensor, cube: Tensor) -> tuple[Tensor, Tensor]:
        """Return the first network's reconstruction and the true cube."""
        return self.first(rgb), cube

    def second_alone(self, rgb: Tensor, cube: Tensor) -> tuple[Tensor, Tensor]:
        """Return the second network's reconstruction and the true cube."""
        return self.second(rgb), cube

    def transfer(self, rgb: Tensor, cube: Tensor) -> tuple[Tensor, Tensor]:
        """Return both reconstructions with the targets of knowledge transfer (equation 24).

        Each reconstruction is compared with the true cube and with the mean of both
        reconstructions, which carries no gradient. A loss that averages over the batch is a quarter
        of the sum of equation 24 over both networks.

        Args:
            rgb: (n, 3, rows, columns).
            cube: (n, bands, rows, columns).

        Returns:
            Reconstructions and targets, both (4n, bands, rows, columns).
        """
        first, second = self.first(rgb), self.second(rgb)
        mean = ((first + second) / 2).detach()
        return torch.cat([first, second, first, second]), torch.cat([cube, cube, mean, mean])


def _conv(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(
        inputs, outputs, size, stride=stride, padding=size // 2, padding_mode="reflect"
    )


class Residual(nn.Module):
    """A residual block: x + 0.1 conv3×3(PReLU(conv3×3(x)))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = _conv(width, width, 3)
        self.conv2 = _conv(width, width, 3)
        self.relu = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        return 0.1 * self.conv2(self.relu(self.conv1(x))) + x


def _three_blocks(width: int) -> nn.Sequential:
    return nn.Sequential(*[Residual(width) for _ in range(3)])


class Encoder(nn.Module):
    """An encoder level: convolution of stride 2, fusion with all finer levels, residual blocks.

    Args:
        widths: widths of all levels down to this one, finest first.
        residual: if true, RDFF replaces DFF.
        last: if true, the level has no residual blocks; the bottom of the U follows it.
    """

    def __init__(self, widths: Sequence[int], residual: bool, *, last: bool) -> None:
        super().__init__()
        width = widths[-1]
        self.conv = _conv(widths[-2], width, 3, stride=2)
        self.dense = DenseBlock(width // 2) if residual else None
        self.fusion = Fusion([w // 2 if residual else w for w in widths], towards="finer")
        self.blocks = None if last else _three_blocks(width)

    def forward(self, x: Tensor, finer: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Compute the level.

        Args:
            x: output of the next finer level, (n, width / 2, 2 rows, 2 columns).
            finer: fused features of all finer levels, finest first.

        Returns:
            The fused features and the output of the level, both (n, width, rows, columns).
        """
        fused = fuse(self.conv(x), finer, self.fusion, self.dense)
        return fused, fused if self.blocks is None else self.blocks(fused) + fused


class Decoder(nn.Module):
    """A decoder level: deconvolution, SOS boosting with the skip connection, fusion.

    Args:
        widths: widths of this and all coarser levels, finest first.
        residual: if true, RDFF replaces DFF.
    """

    def __init__(self, widths: Sequence[int], residual: bool) -> None:
        super().__init__()
        width = widths[0]
        self.conv = nn.ConvTranspose2d(widths[1], width, 3, stride=2)
        self.blocks = _three_blocks(width)
        self.dense = DenseBlock(width // 2) if residual else None
        self.fusion = Fusion([w // 2 if residual else w for w in widths], towards="coarser")

    def forward(self, x: Tensor, skip: Tensor, coarser: Sequence[Tensor]) -> Tensor:
        """Compute the level.

        Args:
            x: output of the next coarser level, (n, 2 width, rows / 2, columns / 2).
            skip: the encoder's output of this level, (n, width, rows, columns).
            coarser: outputs of all coarser levels, coarsest first.

        Returns:
            (n, width, rows, columns).
        """
        up = F.interpolate(self.conv(x), skip.shape[-2:], mode="bilinear", align_corners=False)
        total = up + skip
        return fuse(self.blocks(total) + total - up, coarser, self.fusion, self.dense)


def fuse(
    x: Tensor, others: Sequence[Tensor], fusion: "Fusion", dense: "DenseBlock | None"
) -> Tensor:
    """Apply DFF to all channels, or RDFF: DFF to the first half, a dense block to the second.

    Args:
        x: features of a level, (n, width, rows, columns).
        others: features of the levels that correct it, the most distant first.
        fusion: the fusion module.
        dense: the dense block of RDFF; None for DFF.

    Returns:
        (n, width, rows, columns).
    """
    if dense is None:
        return fusion(x, others)
    first, second = x.chunk(2, dim=1)
    halves = [other.chunk(2, dim=1)[0] for other in others]
    return torch.cat([fusion(first, halves), dense(second)], dim=1)


class Fusion(nn.Module):
    """DFF: corrects features by back-projection to each of the previous levels.

    For each previous level, the features are transformed to that level, the level's features are
    subtracted, and the difference is transformed back and added.

    Args:
        widths: widths of this level and all previous ones, finest first.
        towards: `finer` in the encoder, where this level is the coarsest; `coarser` in the decoder.
    """

    def __init__(self, widths: Sequence[int], *, towards: str) -> None:
        super().__init__()
        self.towards_finer = towards == "finer"
        pairs = list(pairwise(widths))  # (finer, coarser)
        pairs = pairs[::-1] if self.towards_finer else pairs
        self.up_convs = nn.ModuleList([ToFiner(fine, coarse) for fine, coarse in pairs])
        self.down_convs = nn.ModuleList([ToCoarser(fine, coarse) for fine, coarse in pairs])

    def forward(self, x: Tensor, others: Sequence[Tensor]) -> Tensor:
        """Correct the features x, (n, width, rows, columns), by those of other levels.

        The most distant level comes first.
        """
        project, project_back = (
            (self.up_convs, self.down_convs)
            if self.towards_finer
            else (self.down_convs, self.up_convs)
        )
        for i, other in enumerate(others):
            distance = len(others) - i
            difference = x
            for step in project[:distance]:
                difference = step(difference)
            difference = difference - other
            for step in reversed(project_back[:distance]):
                difference = step(difference)
            x = x + difference
        return x


class ToFiner(nn.Module):
    """A step to the next finer level: deconvolution and PReLU."""

    def __init__(self, fine: int, coarse: int) -> None:
        super().__init__()
        self.deconv = nn.ConvTranspose2d(coarse, fine, 4, stride=2, padding=1)
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(n, coarse, rows, columns) → (n, fine, 2 rows, 2 columns)."""
        return self.act(self.deconv(x))


class ToCoarser(nn.Module):
    """A step to the next coarser level: convolution of stride 2 and PReLU."""

    def __init__(self, fine: int, coarse: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(fine, coarse, 4, stride=2, padding=1)
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(n, fine, rows, columns) → (n, coarse, rows / 2, columns / 2)."""
        return self.act(self.conv(x))


class DenseBlock(nn.Module):
    """Four densely connected convolutions and a 1×1 convolution, with a residual connection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [nn.Conv2d((i + 1) * width, width, 3, padding=1, bias=False) for i in range(4)]
        )
        self.close = nn.Conv2d(5 * width, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        features = x
        for layer in self.layers:
            features = torch.cat([features, torch.relu(layer(features))], dim=1)
        return self.close(features) + x
