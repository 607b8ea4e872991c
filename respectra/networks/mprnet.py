"""MPRNet: Multi-stage progressive restoration, quadrants, halves, then the whole.

Paper     Zamir et al., "Multi-Stage Progressive Image Restoration", CVPR 2021 [zamir2021mprnet];
          a member of [arad2022ntire], section 6.1
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/MPRNet.py, MIT; written anew
Names     CAB ChannelBlock · SAM SupervisedAttention · ORSNet FullResolution · ORB OriginalBlock
Differs   Nothing in the function. One PReLU slope serves the whole network, as in the public code.
          The images that SAM would be supervised with are not made.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.networks.layers import pad_to_multiple

Levels = list[Tensor]


class MPRNet(nn.Module):
    """Three stages over ever larger parts of the image, each told what the last one found.

    Args:
        bands: of the cube, and the width of the finest level.
        step: how much wider each coarser level is.
        original_blocks: channel blocks in each of the third stage's three ORBs.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^head\.", "conv_in."),
        (r"^shallow\.0\.", "shallow_feat1."),
        (r"^shallow\.1\.", "shallow_feat2."),
        (r"^shallow\.2\.", "shallow_feat3."),
        (r"^encoder_(\d)\.", r"stage\1_encoder."),
        (r"^decoder_(\d)\.", r"stage\1_decoder."),
        (r"^full\.", "stage3_orsnet."),
        (r"encoder\.levels\.(\d)\.", r"encoder.encoder_level\1."),
        (r"decoder\.levels\.(\d)\.", r"decoder.decoder_level\1."),
        (r"encoder\.down\.0\.", "encoder.down12.down."),
        (r"encoder\.down\.1\.", "encoder.down23.down."),
        (r"decoder\.up\.0\.", "decoder.up21.up."),
        (r"decoder\.up\.1\.", "decoder.up32.up."),
        (r"\.from_encoder\.(\d)\.", r".csff_enc\1."),
        (r"\.from_decoder\.(\d)\.", r".csff_dec\1."),
        (r"\.skip\.(\d)\.", r".skip_attn\1."),
        (r"orsnet\.blocks\.(\d)\.", r"orsnet.orb\1.body."),
        (r"orsnet\.up_(enc|dec)\.1\.0\.", r"orsnet.up_\g<1>1.up."),
        (r"orsnet\.up_(enc|dec)\.2\.(\d)\.", r"orsnet.up_\g<1>2.\2.up."),
        (r"orsnet\.conv_(enc|dec)\.(\d)\.", r"orsnet.conv_\1\2."),
        (r"\.gate\.", ".CA.conv_du."),
        (r"^attention_(\d+)\.", r"sam\1."),
        (r"^join_(\d+)\.", r"concat\1."),
    ]

    def __init__(self, bands: int, *, step: int, original_blocks: int) -> None:
        super().__init__()
        slope = nn.PReLU()
        widths = [bands, bands + step, bands + 2 * step]
        self.head = _conv(3, bands, 3)
        self.shallow = nn.ModuleList(
            [nn.Sequential(_conv(bands, bands, 3), ChannelBlock(bands, slope)) for _ in range(3)]
        )
        self.encoder_1 = Encoder(widths, slope, told=False)
        self.decoder_1 = Decoder(widths, slope)
        self.encoder_2 = Encoder(widths, slope, told=True)
        self.decoder_2 = Decoder(widths, slope)
        self.full = FullResolution(widths, bands + step, original_blocks, slope)
        self.attention_12 = SupervisedAttention(bands)
        self.attention_23 = SupervisedAttention(bands)
        self.join_12 = _conv(2 * bands, bands, 3)
        self.join_23 = _conv(2 * bands, bands + step, 3)
        self.tail = _conv(bands + step, bands, 3)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        rows, columns = rgb.shape[-2:]
        image = self.head(pad_to_multiple(rgb, 8))
        halves = image.chunk(2, dim=2)

        # Stage 1: quadrants are encoded alone and decoded in halves, above and below.
        quadrants = [part for half in halves for part in half.chunk(2, dim=3)]
        one, two, three, four = (self.encoder_1(self.shallow[0](part)) for part in quadrants)
        encoded = [_joined(one, two, dim=3), _joined(three, four, dim=3)]
        decoded = [self.decoder_1(levels) for levels in encoded]
        told = [
            self.attention_12(levels[0], half) for levels, half in zip(decoded, halves, strict=True)
        ]

        # Stage 2: halves are encoded alone and decoded whole.
        again = [
            self.encoder_2(
                self.join_12(torch.cat([self.shallow[1](half), message], dim=1)), enc, dec
            )
            for half, message, enc, dec in zip(halves, told, encoded, decoded, strict=True)
        ]
        encoding = _joined(*again, dim=2)
        decoding = self.decoder_2(encoding)
        message = self.attention_23(decoding[0], image)

        # Stage 3: the whole at full size.
        features = self.join_23(torch.cat([self.shallow[2](image), message], dim=1))
        features = self.full(features, encoding, decoding)
        return (self.tail(features) + image)[..., :rows, :columns]


def _joined(one: Levels, two: Levels, *, dim: int) -> Levels:
    return [torch.cat(pair, dim=dim) for pair in zip(one, two, strict=True)]


def _conv(inputs: int, outputs: int, size: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False)


class ChannelBlock(nn.Module):
    """CAB: two convolutions, a gate for each channel, a residual."""

    def __init__(self, width: int, slope: nn.PReLU) -> None:
        super().__init__()
        self.gate = nn.Sequential(_conv(width, width, 1), nn.ReLU(), _conv(width, width, 1))
        self.body = nn.Sequential(_conv(width, width, 3), slope, _conv(width, width, 3))

    def forward(self, x: Tensor) -> Tensor:
        features = self.body(x)
        return features * torch.sigmoid(self.gate(features.mean((2, 3), keepdim=True))) + x


def _blocks(width: int, slope: nn.PReLU) -> nn.Sequential:
    return nn.Sequential(ChannelBlock(width, slope), ChannelBlock(width, slope))


def _down(inputs: int, outputs: int) -> nn.Sequential:
    half = nn.Upsample(scale_factor=0.5, mode="bilinear", align_corners=False)
    return nn.Sequential(half, _conv(inputs, outputs, 1))


def _up(inputs: int, outputs: int) -> nn.Sequential:
    twice = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
    return nn.Sequential(twice, _conv(inputs, outputs, 1))


class Encoder(nn.Module):
    """Three levels; the second stage's are told what the first encoded and decoded there."""

    def __init__(self, widths: list[int], slope: nn.PReLU, *, told: bool) -> None:
        super().__init__()
        numbers = ("1", "2", "3")
        self.levels = nn.ModuleDict(
            {n: _blocks(w, slope) for n, w in zip(numbers, widths, strict=True)}
        )
        self.down = nn.ModuleList([_down(widths[0], widths[1]), _down(widths[1], widths[2])])
        self.from_encoder, self.from_decoder = (
            nn.ModuleDict({n: _conv(w, w, 1) for n, w in zip(numbers, widths, strict=True)})
            if told
            else None
            for _ in range(2)
        )

    def forward(
        self, x: Tensor, encoded: Levels | None = None, decoded: Levels | None = None
    ) -> Levels:
        found: Levels = []
        for i, (number, level) in enumerate(self.levels.items()):
            x = level(self.down[i - 1](x) if i else x)
            if encoded is not None and decoded is not None:
                assert self.from_encoder is not None
                assert self.from_decoder is not None
                x = x + self.from_encoder[number](encoded[i])
                x = x + self.from_decoder[number](decoded[i])
            found.append(x)
        return found


class Decoder(nn.Module):
    """Back up, each finer level met by a channel block of what was encoded there."""

    def __init__(self, widths: list[int], slope: nn.PReLU) -> None:
        super().__init__()
        numbers = ("1", "2", "3")
        self.levels = nn.ModuleDict(
            {n: _blocks(w, slope) for n, w in zip(numbers, widths, strict=True)}
        )
        self.skip = nn.ModuleDict(
            {n: ChannelBlock(w, slope) for n, w in zip(numbers[:2], widths[:2], strict=True)}
        )
        self.up = nn.ModuleList([_up(widths[1], widths[0]), _up(widths[2], widths[1])])

    def forward(self, encoded: Levels) -> Levels:
        third = self.levels["3"](encoded[2])
        second = self.levels["2"](self.up[1](third) + self.skip["2"](encoded[1]))
        first = self.levels["1"](self.up[0](second) + self.skip["1"](encoded[0]))
        return [first, second, third]


class SupervisedAttention(nn.Module):
    """SAM: features gated by the image they would give, and passed on."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = (_conv(width, width, 1) for _ in range(3))

    def forward(self, x: Tensor, image: Tensor) -> Tensor:
        restored = self.conv2(x) + image
        return self.conv1(x) * torch.sigmoid(self.conv3(restored)) + x


class FullResolution(nn.Module):
    """ORSNet: three blocks at full size, each followed by what one level of stage 2 knows."""

    def __init__(self, widths: list[int], width: int, count: int, slope: nn.PReLU) -> None:
        super().__init__()
        numbers = ("1", "2", "3")
        self.blocks = nn.ModuleDict({n: OriginalBlock(width, count, slope) for n in numbers})

        def lifts() -> nn.ModuleDict:
            return nn.ModuleDict(
                {
                    "1": nn.Sequential(_up(widths[1], widths[0])),
                    "2": nn.Sequential(_up(widths[2], widths[1]), _up(widths[1], widths[0])),
                }
            )

        self.up_enc, self.up_dec = lifts(), lifts()
        self.conv_enc, self.conv_dec = (
            nn.ModuleDict({n: _conv(widths[0], width, 1) for n in numbers}) for _ in range(2)
        )

    def forward(self, x: Tensor, encoded: Levels, decoded: Levels) -> Tensor:
        for i, (number, block) in enumerate(self.blocks.items()):
            enc, dec = encoded[i], decoded[i]
            if i:
                enc, dec = self.up_enc[str(i)](enc), self.up_dec[str(i)](dec)
            x = block(x) + self.conv_enc[number](enc) + self.conv_dec[number](dec)
        return x


class OriginalBlock(nn.Sequential):
    """ORB: channel blocks and a convolution around a residual."""

    def __init__(self, width: int, count: int, slope: nn.PReLU) -> None:
        super().__init__(
            *[ChannelBlock(width, slope) for _ in range(count)], _conv(width, width, 3)
        )

    def forward(self, input: Tensor) -> Tensor:
        x = input
        for layer in self:
            x = layer(x)
        return x + input
