"""IMRnet: an autoencoder of cubes with a 3-channel code, and a U-Net from rgb to that code.

Paper     section 6.11 of [arad2022ntire], team OPT_KLSIT
Original  None published; our reading of the report
Names     3D-encoder Encoder · SA-decoder AWAN · GB-Unet GainBiasUNet
Differs   Widths, depth and connections are assumptions (see the method's departures).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.awan import AWAN
from respectra.networks.layers import initialise_xavier
from respectra.networks.padding import ReflectConv2d, pad_to_multiple


class IMRnet(nn.Module):
    """IMRnet: a U-Net predicts the encoder's 3-channel code from rgb; the decoder reconstructs.

    The encoder takes part in training only: it maps the cube to the code, and encoder and decoder
    are trained together on cubes.

    Args:
        bands: number of bands of the cube.
        width: number of channels of the encoder and the decoder.
        encoder_blocks: number of residual blocks of the encoder.
        decoder_blocks: number of blocks of the decoder, which is an AWAN.
        reduction: see AWAN.
        non_local: see AWAN.
        levels: widths of the U-Net's levels, finest first.
    """

    IDLE = r"^encoder\."  # trained by `autoencode` only

    def __init__(
        self,
        bands: int,
        *,
        width: Count,
        encoder_blocks: Count,
        decoder_blocks: Count,
        reduction: Count,
        non_local: Count,
        levels: Sequence[Count],
    ) -> None:
        super().__init__()
        self.encoder = Encoder(bands, width, encoder_blocks)
        self.decoder = AWAN(
            bands, width=width, blocks=decoder_blocks, reduction=reduction, non_local=non_local
        )
        self.translator = GainBiasUNet(levels)
        initialise_xavier(self, gain=1.0)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        return self.decoder(self.translator(rgb))

    def autoencode(self, cube: Tensor) -> tuple[Tensor, Tensor]:
        """Encode and decode a cube: the objective of the first training phase.

        Args:
            cube: (n, bands, rows, columns).

        Returns:
            The decoded cube and its target, the cube; both (n, bands, rows, columns).
        """
        return self.decoder(self.encoder(cube)), cube


class Encoder(nn.Module):
    """3D-encoder: a cube to a code of three channels, like a camera's projection."""

    def __init__(self, bands: int, width: int, blocks: int) -> None:
        super().__init__()
        self.head = nn.Sequential(ReflectConv2d(bands, width), nn.PReLU())
        self.blocks = nn.Sequential(*[Residual(width) for _ in range(blocks)])
        # Three 3-D kernels of width × 3 × 3 on features of that width equal a 2-D convolution.
        self.camera = ReflectConv2d(width, 3)

    def forward(self, cube: Tensor) -> Tensor:
        """(n, bands, rows, columns) → (n, 3, rows, columns)."""
        return self.camera(self.blocks(self.head(cube)))


class Residual(nn.Module):
    """A residual block: PReLU(x + conv3×3(PReLU(conv3×3(x))))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            ReflectConv2d(width, width), nn.PReLU(), ReflectConv2d(width, width)
        )
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        return self.act(self.body(x) + x)


class GainBiasUNet(nn.Module):
    """GB-Unet: a U-Net from rgb to the code, with a learned gain and bias per output channel.

    Args:
        levels: widths of the levels, finest first.
    """

    def __init__(self, levels: Sequence[int]) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            [_double_conv(i, o) for i, o in zip((3, *levels), levels, strict=False)]
        )
        pairs = list(zip(levels[1:], levels, strict=False))[::-1]  # (coarse, fine) widths
        self.up = nn.ModuleList([nn.ConvTranspose2d(i, o, 2, stride=2) for i, o in pairs])
        self.join = nn.ModuleList([_double_conv(2 * o, o) for _, o in pairs])
        self.tail = nn.Conv2d(levels[0], 3, 1)
        self.pool = nn.MaxPool2d(2)
        self.gain = nn.Parameter(torch.ones(3, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3, 1, 1))

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, rows, columns) → (n, 3, rows, columns)."""
        rows, columns = rgb.shape[-2:]
        x, skips = pad_to_multiple(rgb, 2 ** (len(self.down) - 1)), []
        for i, block in enumerate(self.down):
            x = block(self.pool(x) if i else x)
            skips.append(x)
        skips.pop()
        for up, join in zip(self.up, self.join, strict=True):
            x = join(torch.cat([skips.pop(), up(x)], dim=1))
        return (self.gain * self.tail(x) + self.bias)[..., :rows, :columns]


def _double_conv(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(_conv(inputs, outputs), nn.PReLU(), _conv(outputs, outputs), nn.PReLU())


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return ReflectConv2d(inputs, outputs, bias=True)
