"""HINet: half instance normalisation in two U-shaped stages.

Paper     Chen et al., "HINet: Half Instance Normalization Network for Image Restoration",
          CVPRW 2021 [chen2021hinet]; a member of [arad2022ntire], section 6.1
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/hinet.py, MIT; written anew
Names     HIN HalfNorm · SAM SupervisedAttention · CSFF from_encoder, from_decoder
Differs   Nothing in the function. The published row's 5.21 M and 31.04 G are those of a supervised
          attention through a 3-channel image (`attention: image`); the public code's has 31.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.networks.layers import pad_to_multiple


class HINet(nn.Module):
    """Two U-shaped stages joined by a supervised attention.

    Args:
        bands: of the cube, and the width of the finest level; it doubles with each coarser one.
        depth: levels.
        attention: `features` as in the public code, or `image`: through three channels, to which
            the rgb image is added.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^head\.", "conv_in."),
        (r"^shallow_(\d)\.", r"conv_0\1."),
        (r"^encoder_(\d)\.", r"down_path_\1."),
        (r"^decoder_(\d)\.", r"up_path_\1."),
        (r"^skip_(\d)\.", r"skip_conv_\1."),
        (r"^attention\.", "sam12."),
        (r"^join\.", "cat12."),
        (r"^tail\.", "last."),
        (r"\.from_encoder\.", ".csff_enc."),
        (r"\.from_decoder\.", ".csff_dec."),
        (r"\.down\.", ".downsample."),
        (r"\.block\.", ".conv_block."),
        (r"\.norm\.norm\.", ".norm."),
    ]

    def __init__(self, bands: int, *, depth: int, attention: str) -> None:
        super().__init__()
        if attention not in ("features", "image"):
            raise ValueError(f"HINet: attention {attention} is neither features nor image")
        self.through_image = attention == "image"
        widths = [bands * 2**i for i in range(depth)]
        self.head = nn.Conv2d(3, bands, 3, padding=1, bias=False)
        self.shallow_1 = nn.Conv2d(bands, bands, 3, padding=1)
        self.shallow_2 = nn.Conv2d(bands, bands, 3, padding=1)
        self.encoder_1, self.encoder_2 = (
            nn.ModuleList(
                [
                    Down(
                        widths[max(i - 1, 0)], w, halved=i + 1 < depth, told=told and i + 1 < depth
                    )
                    for i, w in enumerate(widths)
                ]
            )
            for told in (False, True)
        )
        upwards = widths[-2::-1]
        self.decoder_1, self.decoder_2 = (nn.ModuleList([Up(w) for w in upwards]) for _ in range(2))
        self.skip_1, self.skip_2 = (
            nn.ModuleList([nn.Conv2d(w, w, 3, padding=1) for w in upwards]) for _ in range(2)
        )
        self.attention = SupervisedAttention(bands, 3 if self.through_image else bands)
        self.join = nn.Conv2d(2 * bands, bands, 1)
        self.tail = nn.Conv2d(bands, bands, 3, padding=1)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        rows, columns = rgb.shape[-2:]
        padded = pad_to_multiple(rgb, 16)
        image = self.head(padded)

        x, encoded, decoded = self.shallow_1(image), [], []
        for down in self.encoder_1:
            skip, x = down(x)
            encoded.append(skip)
        for i, (up, skip) in enumerate(zip(self.decoder_1, self.skip_1, strict=True)):
            x = up(x, skip(encoded[-2 - i]))
            decoded.append(x)

        message = self.attention(x, padded if self.through_image else image)
        x, again = self.join(torch.cat([self.shallow_2(image), message], dim=1)), []
        for i, down in enumerate(self.encoder_2):
            told = (encoded[i], decoded[-1 - i]) if i < len(decoded) else None
            skip, x = down(x, told)
            again.append(skip)
        for i, (up, skip) in enumerate(zip(self.decoder_2, self.skip_2, strict=True)):
            x = up(x, skip(again[-2 - i]))
        return (self.tail(x) + image)[..., :rows, :columns]


class Block(nn.Module):
    """Two convolutions, the first perhaps half normalised, beside a 1×1."""

    def __init__(self, inputs: int, width: int, *, normed: bool) -> None:
        super().__init__()
        self.identity = nn.Conv2d(inputs, width, 1)
        self.conv_1 = nn.Conv2d(inputs, width, 3, padding=1)
        self.conv_2 = nn.Conv2d(width, width, 3, padding=1)
        self.norm = HalfNorm(width) if normed else None
        self.activation = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        features = self.conv_1(x)
        if self.norm is not None:
            features = self.norm(features)
        features = self.activation(self.conv_2(self.activation(features)))
        return features + self.identity(x)


class HalfNorm(nn.Module):
    """HIN: the first half of the channels, each over its image, the rest as it is."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm2d((width + 1) // 2, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        normed, rest = x.split([self.norm.num_features, x.shape[1] - self.norm.num_features], dim=1)
        return torch.cat([self.norm(normed), rest], dim=1)


class Down(Block):
    """A level of an encoder: the block, what the first stage knew there, and half the size."""

    def __init__(self, inputs: int, width: int, *, halved: bool, told: bool) -> None:
        super().__init__(inputs, width, normed=True)
        self.from_encoder, self.from_decoder = (
            nn.Conv2d(width, width, 3, padding=1) if told else None for _ in range(2)
        )
        self.down = nn.Conv2d(width, width, 4, stride=2, padding=1, bias=False) if halved else None

    def forward(  # type: ignore[override]
        self, x: Tensor, told: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        features = super().forward(x)
        if told is not None:
            assert self.from_encoder is not None
            assert self.from_decoder is not None
            features = features + self.from_encoder(told[0]) + self.from_decoder(told[1])
        return features, features if self.down is None else self.down(features)


class Up(nn.Module):
    """A level of a decoder: twice the size, the encoder's features beside it, a block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.block = Block(2 * width, width, normed=False)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.block(torch.cat([self.up(x), skip], dim=1))


class SupervisedAttention(nn.Module):
    """SAM: features gated by the image they would give, and passed on."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, channels, 3, padding=1)
        self.conv3 = nn.Conv2d(channels, width, 3, padding=1)

    def forward(self, x: Tensor, image: Tensor) -> Tensor:
        restored = self.conv2(x) + image
        return self.conv1(x) * torch.sigmoid(self.conv3(restored)) + x
