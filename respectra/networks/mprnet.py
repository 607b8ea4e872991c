"""MPRNet: Multi-stage progressive restoration on quadrants, halves and the whole image.

Paper     Zamir et al., "Multi-Stage Progressive Image Restoration", CVPR 2021 [zamir2021mprnet];
          a member of [arad2022ntire], section 6.1
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/MPRNet.py, MIT; written anew
Names     CAB ChannelBlock · SAM SupervisedAttention · ORSNet FullResolution · ORB OriginalBlock
Differs   Nothing in the function. One PReLU slope serves the whole network, as in the public code.
          SAM does not return its intermediate image, since only the last stage is supervised.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.epilogue import convolve, finish
from respectra.networks.gates import build_gate, compute_gate
from respectra.networks.layers import upsample_and_mix
from respectra.networks.padding import pad_to_multiple
from respectra.networks.widening import MULTIPLE, Widening

Levels = list[Tensor]  # features of the three levels, finest first


class MPRNet(nn.Module):
    """MPRNet: three stages on growing image regions; each stage receives the previous features.

    The first stage encodes quadrants and decodes halves, the second encodes halves and decodes the
    whole image, the third works on the whole image at full size.

    Args:
        bands: number of bands of the cube; also the width of the finest level.
        step: difference of the widths of two successive levels.
        original_blocks: number of channel attention blocks (CAB) in each of the third stage's three
            original-resolution blocks (ORB).
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

    def __init__(self, bands: int, *, step: Count, original_blocks: Count) -> None:
        super().__init__()
        slope = nn.PReLU()
        widths = [bands, bands + step, bands + 2 * step]
        self.head = _conv(3, bands, 3)
        self.shallow = nn.ModuleList(
            [nn.Sequential(_conv(bands, bands, 3), ChannelBlock(bands, slope)) for _ in range(3)]
        )
        self.encoder_1 = Encoder(widths, slope, cross_stage=False)
        self.decoder_1 = Decoder(widths, slope)
        self.encoder_2 = Encoder(widths, slope, cross_stage=True)
        self.decoder_2 = Decoder(widths, slope)
        self.full = FullResolution(widths, bands + step, original_blocks, slope)
        self.attention_12 = SupervisedAttention(bands)
        self.attention_23 = SupervisedAttention(bands)
        self.join_12 = _conv(2 * bands, bands, 3)
        self.join_23 = _conv(2 * bands, bands + step, 3)
        self.tail = _conv(bands + step, bands, 3)
        self.widening = Widening(
            self, bands,
            lambda wide: MPRNet(
                wide, step=-(-step // MULTIPLE) * MULTIPLE, original_blocks=original_blocks
            ),
        )  # fmt: skip

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        if self.widening.applies_to(rgb):
            return self.widening(rgb)
        rows, columns = rgb.shape[-2:]
        image = self.head(pad_to_multiple(rgb, 8))
        halves = image.chunk(2, dim=2)

        # Stage 1: each quadrant is encoded separately; the upper and the lower half are decoded.
        quadrants = [quadrant for half in halves for quadrant in half.chunk(2, dim=3)]
        top_left, top_right, bottom_left, bottom_right = (
            self.encoder_1(self.shallow[0](quadrant)) for quadrant in quadrants
        )
        encoded = [
            _concatenate(top_left, top_right, dim=3),
            _concatenate(bottom_left, bottom_right, dim=3),
        ]
        decoded = [self.decoder_1(levels) for levels in encoded]
        attended = [
            self.attention_12(levels[0], half) for levels, half in zip(decoded, halves, strict=True)
        ]

        # Stage 2: each half is encoded separately; the whole image is decoded.
        encoded_halves = [
            self.encoder_2(self.join_12(torch.cat([self.shallow[1](half), first], dim=1)), enc, dec)
            for half, first, enc, dec in zip(halves, attended, encoded, decoded, strict=True)
        ]
        encoded_whole = _concatenate(*encoded_halves, dim=2)
        decoded_whole = self.decoder_2(encoded_whole)
        features = self.attention_23(decoded_whole[0], image)

        # Stage 3: the whole image at full size.
        features = self.join_23(torch.cat([self.shallow[2](image), features], dim=1))
        features = self.full(features, encoded_whole, decoded_whole)
        return (self.tail(features) + image)[..., :rows, :columns]


def _concatenate(first: Levels, second: Levels, *, dim: int) -> Levels:
    """Concatenate two neighbouring regions, level by level."""
    return [torch.cat(pair, dim=dim) for pair in zip(first, second, strict=True)]


def _conv(inputs: int, outputs: int, size: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False)


class ChannelBlock(nn.Module):
    """CAB: two convolutions and a gate per channel, with a residual connection."""

    def __init__(self, width: int, slope: nn.PReLU) -> None:
        super().__init__()
        self.gate = build_gate(width, width, bias=False)
        self.body = nn.Sequential(_conv(width, width, 3), slope, _conv(width, width, 3))

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        first, slope, second = self.body
        features = second(convolve(first, x, slope))
        return finish(features, None, x, gate=compute_gate(self.gate, features))


def _blocks(width: int, slope: nn.PReLU) -> nn.Sequential:
    return nn.Sequential(ChannelBlock(width, slope), ChannelBlock(width, slope))


def _down(inputs: int, outputs: int) -> nn.Sequential:
    halve = nn.Upsample(scale_factor=0.5, mode="bilinear", align_corners=False)
    return nn.Sequential(halve, _conv(inputs, outputs, 1))


class _Up(nn.Sequential):
    """Double the size, then a 1×1 convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        double = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        super().__init__(double, _conv(inputs, outputs, 1))

    def forward(self, input: Tensor) -> Tensor:
        """(n, inputs, rows, columns) → (n, outputs, 2 rows, 2 columns)."""
        return upsample_and_mix(self[0], self[1], input)


class Encoder(nn.Module):
    """The encoder of a stage: three levels of channel attention blocks.

    Args:
        widths: widths of the levels, finest first.
        slope: the PReLU that all blocks share.
        cross_stage: if true, the first stage's features are added at each level (cross-stage
            feature fusion of the second stage).
    """

    def __init__(self, widths: list[int], slope: nn.PReLU, *, cross_stage: bool) -> None:
        super().__init__()
        numbers = ("1", "2", "3")
        self.levels = nn.ModuleDict(
            {n: _blocks(w, slope) for n, w in zip(numbers, widths, strict=True)}
        )
        self.down = nn.ModuleList([_down(widths[0], widths[1]), _down(widths[1], widths[2])])
        self.from_encoder, self.from_decoder = (
            nn.ModuleDict({n: _conv(w, w, 1) for n, w in zip(numbers, widths, strict=True)})
            if cross_stage
            else None
            for _ in range(2)
        )

    def forward(
        self, x: Tensor, encoded: Levels | None = None, decoded: Levels | None = None
    ) -> Levels:
        """Encode one region.

        Args:
            x: (n, finest width, rows, columns).
            encoded: the first stage's encoder features of the same region.
            decoded: the first stage's decoder features of the same region.

        Returns:
            Features at full, half and quarter size.
        """
        features: Levels = []
        for i, (number, level) in enumerate(self.levels.items()):
            x = level(self.down[i - 1](x) if i else x)
            if encoded is not None and decoded is not None:
                assert self.from_encoder is not None
                assert self.from_decoder is not None
                x = x + self.from_encoder[number](encoded[i])
                x = x + self.from_decoder[number](decoded[i])
            features.append(x)
        return features


class Decoder(nn.Module):
    """The decoder of a stage; channel attention blocks transform the skip connections.

    Args:
        widths: widths of the levels, finest first.
        slope: the PReLU that all blocks share.
    """

    def __init__(self, widths: list[int], slope: nn.PReLU) -> None:
        super().__init__()
        numbers = ("1", "2", "3")
        self.levels = nn.ModuleDict(
            {n: _blocks(w, slope) for n, w in zip(numbers, widths, strict=True)}
        )
        self.skip = nn.ModuleDict(
            {n: ChannelBlock(w, slope) for n, w in zip(numbers[:2], widths[:2], strict=True)}
        )
        self.up = nn.ModuleList([_Up(widths[1], widths[0]), _Up(widths[2], widths[1])])

    def forward(self, encoded: Levels) -> Levels:
        """Encoder features of three levels → decoder features of the same shapes."""
        coarse = self.levels["3"](encoded[2])
        middle = self.levels["2"](self.up[1](coarse) + self.skip["2"](encoded[1]))
        fine = self.levels["1"](self.up[0](middle) + self.skip["1"](encoded[0]))
        return [fine, middle, coarse]


class SupervisedAttention(nn.Module):
    """SAM: features multiplied by a gate that is computed from the restored image."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = (_conv(width, width, 1) for _ in range(3))

    def forward(self, x: Tensor, image: Tensor) -> Tensor:
        """Features and image, both (n, width, rows, columns) → the same shape."""
        restored = self.conv2(x) + image
        return self.conv1(x) * torch.sigmoid(self.conv3(restored)) + x


class FullResolution(nn.Module):
    """ORSNet: three blocks at full size; after each, one level of the second stage is added.

    Args:
        widths: widths of the second stage's levels, finest first.
        width: width of the blocks.
        count: number of channel attention blocks in each block.
        slope: the PReLU that all blocks share.
    """

    def __init__(self, widths: list[int], width: int, count: int, slope: nn.PReLU) -> None:
        super().__init__()
        numbers = ("1", "2", "3")
        self.blocks = nn.ModuleDict({n: OriginalBlock(width, count, slope) for n in numbers})

        def upsamplings() -> nn.ModuleDict:
            return nn.ModuleDict(
                {
                    "1": nn.Sequential(_Up(widths[1], widths[0])),
                    "2": nn.Sequential(_Up(widths[2], widths[1]), _Up(widths[1], widths[0])),
                }
            )

        self.up_enc, self.up_dec = upsamplings(), upsamplings()
        self.conv_enc, self.conv_dec = (
            nn.ModuleDict({n: _conv(widths[0], width, 1) for n in numbers}) for _ in range(2)
        )

    def forward(self, x: Tensor, encoded: Levels, decoded: Levels) -> Tensor:
        """(n, width, rows, columns) and the second stage's levels → the first shape."""
        for i, (number, block) in enumerate(self.blocks.items()):
            enc, dec = encoded[i], decoded[i]
            if i:
                enc, dec = self.up_enc[str(i)](enc), self.up_dec[str(i)](dec)
            x = block(x) + self.conv_enc[number](enc) + self.conv_dec[number](dec)
        return x


class OriginalBlock(nn.Sequential):
    """ORB: channel attention blocks and a convolution, with a residual connection."""

    def __init__(self, width: int, count: int, slope: nn.PReLU) -> None:
        super().__init__(
            *[ChannelBlock(width, slope) for _ in range(count)], _conv(width, width, 3)
        )

    def forward(self, input: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        x = input
        for layer in self:
            x = layer(x)
        return x + input
