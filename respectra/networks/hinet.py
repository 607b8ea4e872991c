"""HINet: half instance normalisation in two U-shaped stages.

Paper     Chen et al., "HINet: Half Instance Normalization Network for Image Restoration",
          CVPRW 2021 [chen2021hinet]; a member of [arad2022ntire], section 6.1
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/hinet.py, MIT; written anew
Names     HIN HalfNorm · SAM SupervisedAttention · CSFF from_encoder, from_decoder
Differs   Nothing in the function. The published 5.21 M parameters and 31.04 G belong to a
          supervised attention with a 3-channel image (`attention: image`); in the public code the
          image has 31 channels.
"""

from typing import ClassVar, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.epilogue import convolve, finish
from respectra.networks.fused import uses_kernels
from respectra.networks.layers import apply_pointwise
from respectra.networks.padding import pad_to_multiple
from respectra.networks.widening import Widening


class HINet(nn.Module):
    """HINet: two U-shaped stages connected by a supervised attention module.

    The second stage's encoder receives the encoder and decoder features of the first (cross-stage
    feature fusion, CSFF).

    Args:
        bands: number of bands of the cube; also the width of the finest level, which doubles from
            level to level.
        depth: number of levels.
        attention: the image in the attention module: `features` (the public code) is the first
            convolution's output with `bands` channels, `image` is the rgb image.
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

    def __init__(
        self, bands: int, *, depth: Count, attention: Literal["features", "image"]
    ) -> None:
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
                        widths[max(i - 1, 0)],
                        w,
                        downsample=i + 1 < depth,
                        cross_stage=cross_stage and i + 1 < depth,
                    )
                    for i, w in enumerate(widths)
                ]
            )
            for cross_stage in (False, True)
        )
        decoder_widths = widths[-2::-1]
        self.decoder_1, self.decoder_2 = (
            nn.ModuleList([Up(w) for w in decoder_widths]) for _ in range(2)
        )
        self.skip_1, self.skip_2 = (
            nn.ModuleList([nn.Conv2d(w, w, 3, padding=1) for w in decoder_widths]) for _ in range(2)
        )
        self.attention = SupervisedAttention(bands, 3 if self.through_image else bands)
        self.join = nn.Conv2d(2 * bands, bands, 1)
        self.tail = nn.Conv2d(bands, bands, 3, padding=1)
        self.widening = Widening(
            self, bands, lambda wide: HINet(wide, depth=depth, attention=attention)
        )

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        if self.widening.applies_to(rgb):
            return self.widening(rgb)
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

        attended = self.attention(x, padded if self.through_image else image)
        x, skips = self.join(torch.cat([self.shallow_2(image), attended], dim=1)), []
        for i, down in enumerate(self.encoder_2):
            # The decoder's features are stored coarsest first.
            first_stage = (encoded[i], decoded[-1 - i]) if i < len(decoded) else None
            skip, x = down(x, first_stage)
            skips.append(skip)
        for i, (up, skip) in enumerate(zip(self.decoder_2, self.skip_2, strict=True)):
            x = up(x, skip(skips[-2 - i]))
        return (self.tail(x) + image)[..., :rows, :columns]


class Block(nn.Module):
    """Two 3×3 convolutions plus a 1×1 convolution of the input.

    Args:
        inputs: number of input channels.
        width: number of output channels.
        normed: if true, half of the first convolution's channels are normalised.
    """

    def __init__(self, inputs: int, width: int, *, normed: bool) -> None:
        super().__init__()
        self.identity = nn.Conv2d(inputs, width, 1)
        self.conv_1 = nn.Conv2d(inputs, width, 3, padding=1)
        self.conv_2 = nn.Conv2d(width, width, 3, padding=1)
        self.norm = HalfNorm(width) if normed else None
        self.activation = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, rows, columns) → (n, width, rows, columns)."""
        slope = self.activation.negative_slope
        if self.norm is None:
            features = convolve(self.conv_1, x, slope)
        elif uses_kernels(x):
            plain = F.conv2d(x, self.conv_1.weight, padding=1)
            features = self.norm(plain, slope, self.conv_1.bias)
        else:
            features = self.norm(self.conv_1(x), slope)
        return convolve(self.conv_2, features, slope, apply_pointwise(self.identity, x))


class HalfNorm(nn.Module):
    """HIN: instance normalisation of the first half of the channels; the rest is unchanged."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm2d((width + 1) // 2, affine=True)

    def forward(self, x: Tensor, slope: float | None = None, bias: Tensor | None = None) -> Tensor:
        """Normalise, then apply an activation: (n, width, rows, columns) → the same shape.

        Args:
            x: features.
            slope: of a leaky ReLU; None is no activation.
            bias: (width,), to be added to the features first.
        """
        count = self.norm.num_features
        if not uses_kernels(x):
            x = x if bias is None else x + bias[:, None, None]
            first, second = x.split([count, x.shape[1] - count], dim=1)
            return finish(torch.cat([self.norm(first), second], dim=1), slope)
        # A norm is a factor and a shift of each channel; the mean contains the bias, which cancels.
        # The second half has the factor 1 and the bias as its shift.
        variance, mean = torch.var_mean(x[:, :count].float(), (2, 3), correction=0)
        factor = self.norm.weight * torch.rsqrt(variance + self.norm.eps)
        shift = self.norm.bias - mean * factor
        rest = (0, x.shape[1] - count)
        if bias is None:
            shift = F.pad(shift, rest)
        else:
            shift = torch.cat([shift, bias[count:].expand(len(x), -1)], dim=1)
        return finish(x, slope, gate=F.pad(factor, rest, value=1.0), bias=shift)


class Down(Block):
    """An encoder level: a block with half normalisation, CSFF, and a convolution of stride 2.

    Args:
        inputs: number of input channels.
        width: number of output channels.
        downsample: if true, the next level's input has half the size.
        cross_stage: if true, the first stage's features are added.
    """

    def __init__(self, inputs: int, width: int, *, downsample: bool, cross_stage: bool) -> None:
        super().__init__(inputs, width, normed=True)
        self.from_encoder, self.from_decoder = (
            nn.Conv2d(width, width, 3, padding=1) if cross_stage else None for _ in range(2)
        )
        self.down = (
            nn.Conv2d(width, width, 4, stride=2, padding=1, bias=False) if downsample else None
        )

    def forward(  # type: ignore[override]
        self, x: Tensor, first_stage: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the skip connection and the input of the next level.

        Args:
            x: (n, inputs, rows, columns).
            first_stage: the first stage's encoder and decoder features of this level, both
                (n, width, rows, columns).

        Returns:
            (n, width, rows, columns) and (n, width, rows / 2, columns / 2); at the last level both
            are the same tensor.
        """
        features = super().forward(x)
        if first_stage is not None:
            assert self.from_encoder is not None
            assert self.from_decoder is not None
            encoded, decoded = first_stage
            features = convolve(self.from_encoder, encoded, residual=features)
            features = convolve(self.from_decoder, decoded, residual=features)
        return features, features if self.down is None else self.down(features)


class Up(nn.Module):
    """A decoder level: 2×2 deconvolution, concatenation with the skip connection, a block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.block = Block(2 * width, width, normed=False)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """(n, 2 width, rows, columns) and (n, width, 2 rows, 2 columns) → the second shape."""
        return self.block(torch.cat([self.up(x), skip], dim=1))


class SupervisedAttention(nn.Module):
    """SAM: features multiplied by a gate that is computed from the restored image.

    Args:
        width: number of feature channels.
        channels: number of image channels.
    """

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, channels, 3, padding=1)
        self.conv3 = nn.Conv2d(channels, width, 3, padding=1)

    def forward(self, x: Tensor, image: Tensor) -> Tensor:
        """Features (n, width, rows, columns), image (n, channels, rows, columns) → features."""
        restored = convolve(self.conv2, x, residual=image)
        return self.conv1(x) * torch.sigmoid(self.conv3(restored)) + x
