"""Restormer: attention among channels at four scales.

Paper     Zamir et al., "Restormer: Efficient Transformer for High-Resolution Image Restoration",
          CVPR 2022 [zamir2022restormer]; sections 6.1 and 6.5 of [arad2022ntire]
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/Restormer.py, MIT; written anew
Names     MDTA ChannelAttention · GDFN GatedFeedForward
Differs   Nothing in the function of the toolbox's form. Team SSR's form sees the image stretched to
          as many bands as the cube has and adds it to the output.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.networks.layers import cosines, in_slabs, normed, pad_to_multiple, parts, stretch


class Restormer(nn.Module):
    """A U of transformer blocks and a refinement at full size.

    Args:
        bands: of the cube.
        width: of the finest level; it doubles with each coarser one.
        blocks: at each of the four levels, finest first.
        refinement: blocks after the last level.
        form: `skip` adds a projection of the first features before the output (the toolbox's);
            `stretched` sees the stretched image and adds it to the output (team SSR's).
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
        width: int,
        blocks: tuple[int, int, int, int],
        refinement: int,
        form: str,
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
        # The finest level keeps the width of what is joined there.
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
        """(n, 3, h, w) → (n, bands, h, w)."""
        rows, columns = rgb.shape[-2:]
        image = pad_to_multiple(rgb, 8)
        if self.stretched:
            image = stretch(image.flip(1), self.bands)  # blue, green, red: ascending wavelengths
        shallow = x = self.head(image.contiguous(memory_format=torch.channels_last))
        skips = []
        for number in "123":
            skips.append(self.encoder[number](x))
            x = self.down[number](skips[-1])
        x = self.encoder["4"](x)
        for number in "321":
            x = torch.cat([self.up[number](x), skips.pop()], dim=1)
            x = self.decoder[number](self.reduce[number](x) if number in self.reduce else x)
        x = self.refinement(x)
        cube = self.tail(x) + image if self.skip is None else self.tail(x + self.skip(shallow))
        return cube[..., :rows, :columns]


def _blocks(width: int, heads: int, count: int) -> nn.Sequential:
    return nn.Sequential(*[TransformerBlock(width, heads) for _ in range(count)])


def _down(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width // 2, 3, padding=1, bias=False), nn.PixelUnshuffle(2)
    )


def _up(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width, 2 * width, 3, padding=1, bias=False), nn.PixelShuffle(2))


class TransformerBlock(nn.Module):
    """x + MDTA(LN(x)), then + GDFN(LN(x))."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = ChannelAttention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.feed_forward = GatedFeedForward(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(normed(self.norm1, x))
        return x + in_slabs(self.feed_forward, normed(self.norm2, x), reach=1)


class ChannelAttention(nn.Module):
    """MDTA: channels, as unit vectors over space, attend to the channels of their head."""

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
        n, _, rows, columns = x.shape
        query, key, value = (
            part.permute(0, 2, 3, 1).flatten(1, 2).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in parts(x, self.qkv, self.qkv_around, 3)
        )  # (n, heads, pixels, channels), views of channels-last
        relation = torch.softmax(self.temperature * cosines(query, key), dim=-1).to(value.dtype)
        attended = (value @ relation.mT).transpose(1, 2).reshape(n, rows, columns, -1)
        return self.output(attended.permute(0, 3, 1, 2))


class GatedFeedForward(nn.Module):
    """GDFN: one half of the features, through a GELU, gates the other."""

    def __init__(self, width: int) -> None:
        super().__init__()
        hidden = int(2.66 * width)
        self.input = nn.Conv2d(width, 2 * hidden, 1, bias=False)
        self.around = nn.Conv2d(2 * hidden, 2 * hidden, 3, padding=1, groups=2 * hidden, bias=False)
        self.output = nn.Conv2d(hidden, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, features = parts(x, self.input, self.around, 2)
        return self.output(F.gelu(gate) * features)
