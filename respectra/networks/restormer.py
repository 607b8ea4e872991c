"""Restormer: a U of transformer blocks with attention among channels.

Paper     Zamir et al., "Restormer: Efficient Transformer for High-Resolution Image Restoration",
          CVPR 2022 [zamir2022restormer]; sections 6.1 and 6.5 of [arad2022ntire]
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/Restormer.py, MIT; written anew
Names     MDTA ChannelAttention · GDFN GatedFeedForward
Differs   Nothing in the function of the toolbox's form. Team SSR's form interpolates the image to
          as many channels as the cube has bands, receives that image and adds it to the output.
"""

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.channels import attend, compute_cosines
from respectra.networks.fused import convolve_in_parts, layer_norm
from respectra.networks.layers import apply_in_slabs, apply_pointwise, interpolate_channels
from respectra.networks.padding import pad_to_multiple


class Restormer(nn.Module):
    """Restormer: transformer blocks at four scales and refinement blocks at full size.

    Args:
        bands: number of bands of the cube.
        width: width of the finest level; it doubles from level to level.
        blocks: number of transformer blocks at each of the four levels, finest first.
        refinement: number of transformer blocks after the decoder.
        form: `skip` (the toolbox) adds a projection of the first features before the last
            convolution; `stretched` (team SSR) receives the image interpolated to `bands` channels
            and adds it to the output.
    """

    NAMES: ClassVar = [
        (r"^head\.", "patch_embed.proj."),
        (r"^encoder\.(\d)\.", r"encoder_level\1."),
        (r"^decoder\.(\d)\.", r"decoder_level\1."),
        (r"^encoder_level4\.", "latent."),
        (r"^down\.1\.0\.", "down1_2.body.0."),
        (r"^down\.2\.0\.", "down2_3.body.0."),
        (r"^down\.3\.0\.", "down3_4.body.0."),
        (r"^up\.1\.0\.", "up2_1.body.0."),
        (r"^up\.2\.0\.", "up3_2.body.0."),
        (r"^up\.3\.0\.", "up4_3.body.0."),
        (r"^reduce\.(\d)\.", r"reduce_chan_level\1."),
        (r"^skip\.", "skip_conv."),
        (r"^tail\.", "output."),
        (r"\.norm(\d)\.", r".norm\1.body."),
        (r"\.attention\.output\.", ".attn.project_out."),
        (r"\.attention\.qkv_around\.", ".attn.qkv_dwconv."),
        (r"\.attention\.", ".attn."),
        (r"\.feed_forward\.input\.", ".ffn.project_in."),
        (r"\.feed_forward\.around\.", ".ffn.dwconv."),
        (r"\.feed_forward\.output\.", ".ffn.project_out."),
    ]

    def __init__(
        self,
        bands: int,
        *,
        width: Count,
        blocks: tuple[Count, Count, Count, Count],
        refinement: Count,
        form: Literal["skip", "stretched"],
    ) -> None:
        super().__init__()
        if form not in ("skip", "stretched"):
            raise ValueError(f"Restormer: form {form} is neither skip nor stretched")
        self.bands, self.stretched = bands, form == "stretched"
        self.RELEASED_NAMES = [*self.NAMES, *([(r"^", "net.")] if self.stretched else [])]
        numbers, heads = ("1", "2", "3", "4"), (1, 2, 4, 8)
        widths = [width * head for head in heads]
        self.head = nn.Conv2d(bands if self.stretched else 3, width, 3, padding=1, bias=False)
        self.encoder = nn.ModuleDict(
            {
                n: _blocks(w, h, count)
                for n, w, h, count in zip(numbers, widths, heads, blocks, strict=True)
            }
        )
        self.down = nn.ModuleDict({n: _down(w) for n, w in zip("123", widths, strict=False)})
        self.up = nn.ModuleDict({n: _up(w) for n, w in zip("123", widths[1:], strict=True)})
        self.reduce = nn.ModuleDict(
            {n: nn.Conv2d(2 * w, w, 1, bias=False) for n, w in zip("23", widths[1:3], strict=True)}
        )
        # The finest level has the width of the concatenation, without a reduction.
        self.decoder = nn.ModuleDict(
            {
                "3": _blocks(widths[2], 4, blocks[2]),
                "2": _blocks(widths[1], 2, blocks[1]),
                "1": _blocks(widths[1], 1, blocks[0]),
            }
        )
        self.refinement = _blocks(widths[1], 1, refinement)
        self.skip = None if self.stretched else nn.Conv2d(width, 2 * width, 1, bias=False)
        self.tail = nn.Conv2d(2 * width, bands, 3, padding=1, bias=False)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        rows, columns = rgb.shape[-2:]
        image = pad_to_multiple(rgb, 8)
        if self.stretched:
            # Blue, green, red: ascending wavelengths, like the bands.
            image = interpolate_channels(image.flip(1), self.bands)
        shallow = x = self.head(image.contiguous(memory_format=torch.channels_last))
        skips = []
        for number in "123":
            skips.append(self.encoder[number](x))
            x = _channels_last(self.down[number](skips[-1]))
        x = self.encoder["4"](x)
        for number in "321":
            x = torch.cat([_channels_last(self.up[number](x)), skips.pop()], dim=1)
            x = self.decoder[number](self.reduce[number](x) if number in self.reduce else x)
        x = self.refinement(x)
        cube = self.tail(x) + image if self.skip is None else self.tail(x + self.skip(shallow))
        return cube[..., :rows, :columns]


def _blocks(width: int, heads: int, count: int) -> nn.Sequential:
    return nn.Sequential(*[TransformerBlock(width, heads) for _ in range(count)])


def _channels_last(image: Tensor) -> Tensor:
    """Undo the layout of a pixel shuffle, which is channels-first on a GPU."""
    return image.contiguous(memory_format=torch.channels_last)


def _down(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width // 2, 3, padding=1, bias=False), nn.PixelUnshuffle(2)
    )


def _up(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width, 2 * width, 3, padding=1, bias=False), nn.PixelShuffle(2))


class TransformerBlock(nn.Module):
    """Compute y = x + MDTA(LN(x)), then y + GDFN(LN(y)); LN is a layer norm over the channels."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = ChannelAttention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.feed_forward = GatedFeedForward(width)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        x = x + self.attention(layer_norm(self.norm1, x))
        return x + apply_in_slabs(self.feed_forward, layer_norm(self.norm2, x), reach=1)


class ChannelAttention(nn.Module):
    """MDTA: attention among the channels of a head, softmax(τ Q Kᵀ) V with channels as rows.

    The rows of Q and K have unit length; τ is one learned temperature per head.

    Args:
        width: number of channels.
        heads: number of heads; divides `width`.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.qkv = nn.Conv2d(width, 3 * width, 1, bias=False)
        self.qkv_around = nn.Conv2d(
            3 * width, 3 * width, 3, padding=1, groups=3 * width, bias=False
        )
        self.output = nn.Conv2d(width, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        query, key, value = convolve_in_parts(x, self.qkv, self.qkv_around, 3)
        relation = torch.softmax(self.temperature * compute_cosines(query, key, self.heads), dim=-1)
        return attend(relation, self.output.weight.flatten(1), value)


class GatedFeedForward(nn.Module):
    """GDFN: one half of the hidden features, after a GELU, multiplies the other half."""

    def __init__(self, width: int) -> None:
        super().__init__()
        hidden = int(2.66 * width)
        self.input = nn.Conv2d(width, 2 * hidden, 1, bias=False)
        self.around = nn.Conv2d(2 * hidden, 2 * hidden, 3, padding=1, groups=2 * hidden, bias=False)
        self.output = nn.Conv2d(hidden, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        gate, features = convolve_in_parts(x, self.input, self.around, 2, gelu=True)
        return apply_pointwise(self.output, gate * features)
