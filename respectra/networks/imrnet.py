"""IMRnet: an encoder learns a camera, a decoder its inverse, a U-Net the way there; OPT_KLSIT.

Paper     section 6.11 of [arad2022ntire]
Original  None published; our reading of the report
Names     3D-encoder Encoder · SA-decoder AWAN · GB-Unet GainBiasUNet
Differs   Widths, depth and wiring are assumptions (see the method's departures).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from respectra.networks.awan import AWAN, conv
from respectra.networks.layers import pad_to_multiple


class IMRnet(nn.Module):
    """rgb → three channels that the encoder would make of the cube → cube.

    Args:
        bands: of the cube.
        width: of the encoder and the decoder.
        encoder_blocks: residual blocks of the encoder.
        decoder_blocks: of the decoder, an AWAN.
        reduction: of the width inside the decoder's channel attention.
        non_local: of the bands inside the decoder's non-local layer.
        levels: widths of the U-Net's levels.
    """

    IDLE = r"^encoder\."  # learns from cubes alone: see `autoencode`

    def __init__(
        self,
        bands: int,
        *,
        width: int,
        encoder_blocks: int,
        decoder_blocks: int,
        reduction: int,
        non_local: int,
        levels: Sequence[int],
    ) -> None:
        super().__init__()
        self.encoder = Encoder(bands, width, encoder_blocks)
        self.decoder = AWAN(
            bands, width=width, blocks=decoder_blocks, reduction=reduction, non_local=non_local
        )
        self.translator = GainBiasUNet(levels)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        return self.decoder(self.translator(rgb))

    def autoencode(self, cube: Tensor) -> tuple[Tensor, Tensor]:
        """(n, bands, h, w) → the same through three channels, and itself: the first phase."""
        return self.decoder(self.encoder(cube)), cube


class Encoder(nn.Module):
    """A cube becomes three channels, as a camera would make them."""

    def __init__(self, bands: int, width: int, blocks: int) -> None:
        super().__init__()
        self.head = nn.Sequential(conv(bands, width), nn.PReLU())
        self.blocks = nn.Sequential(*[Residual(width) for _ in range(blocks)])
        # Three kernels of width × 3 × 3 over the features as a volume: a 2-D convolution.
        self.camera = conv(width, 3)

    def forward(self, cube: Tensor) -> Tensor:
        return self.camera(self.blocks(self.head(cube)))


class Residual(nn.Module):
    """3×3, PReLU, 3×3, the input added, PReLU."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(width, width), nn.PReLU(), conv(width, width))
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.body(x) + x)


class GainBiasUNet(nn.Module):
    """A U-Net whose three outputs each have a learned gain and bias."""

    def __init__(self, levels: Sequence[int]) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            [_double(i, o) for i, o in zip((3, *levels), levels, strict=False)]
        )
        coarse = list(zip(levels[1:], levels, strict=False))[::-1]
        self.up = nn.ModuleList([nn.ConvTranspose2d(i, o, 2, stride=2) for i, o in coarse])
        self.join = nn.ModuleList([_double(2 * o, o) for _, o in coarse])
        self.tail = nn.Conv2d(levels[0], 3, 1)
        self.pool = nn.MaxPool2d(2)
        self.gain = nn.Parameter(torch.ones(3, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3, 1, 1))

    def forward(self, rgb: Tensor) -> Tensor:
        rows, columns = rgb.shape[-2:]
        x, skips = pad_to_multiple(rgb, 2 ** (len(self.down) - 1)), []
        for i, block in enumerate(self.down):
            x = block(self.pool(x) if i else x)
            skips.append(x)
        skips.pop()
        for up, join in zip(self.up, self.join, strict=True):
            x = join(torch.cat([skips.pop(), up(x)], dim=1))
        return (self.gain * self.tail(x) + self.bias)[..., :rows, :columns]


def _double(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        _biased(inputs, outputs), nn.PReLU(), _biased(outputs, outputs), nn.PReLU()
    )


def _biased(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect")
