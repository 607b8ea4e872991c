"""MST++: Multi-stage Spectral-wise Transformer.

Paper     Cai et al., "MST++: Multi-stage Spectral-wise Transformer for Efficient Spectral
          Reconstruction", CVPRW 2022 [cai2022mstpp]; section 6.1 of [arad2022ntire]
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, MIT; written anew from paper and fact sheet
Names     SST stage · SAB SpectralBlock · S-MSA SpectralAttention
Differs   Nothing in the function; where the public code departs from the paper, it is followed:
          one norm per block, keys and queries of unit length along space, softmax over the queries.
          Features stay channels-last, which the public code leaves and re-enters all the time.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.networks.layers import cosines, in_slabs, normed, pad_to_multiple, pointwise

BLOCK_NAMES = [  # the authors' names inside a block, here and in MST-L
    (r"\.blocks\.(\d+)\.attention\.", r".blocks.\1.0."),
    (r"\.blocks\.(\d+)\.norm\.", r".blocks.\1.1.norm."),
    (r"\.blocks\.(\d+)\.feed_forward\.", r".blocks.\1.1.fn.net."),
    (r"\.temperature$", ".rescale"),
    (r"\.query\.", ".to_q."),
    (r"\.key\.", ".to_k."),
    (r"\.value\.", ".to_v."),
    (r"\.output\.", ".proj."),
    (r"\.position\.", ".pos_emb."),
]


class MSTPlusPlus(nn.Module):
    """Stages of spectral-wise attention at three scales, from rgb to cube.

    Args:
        bands: of the cube, and the width of every feature.
        stages: U-shaped transformers in a row (Ns in the paper).
        blocks: attention blocks at each of the three levels (N1, N2, N3).
    """

    RELEASED_NAMES: ClassVar = [
        (r"^head\.", "conv_in."),
        (r"^tail\.", "conv_out."),
        (r"^stages\.", "body."),
        (r"\.encoder\.(\d)\.blocks\.", r".encoder_layers.\1.0.blocks."),
        (r"\.encoder\.(\d)\.down\.", r".encoder_layers.\1.1."),
        (r"\.decoder\.(\d)\.up\.", r".decoder_layers.\1.0."),
        (r"\.decoder\.(\d)\.fuse\.", r".decoder_layers.\1.1."),
        (r"\.decoder\.(\d)\.blocks\.", r".decoder_layers.\1.2.blocks."),
        (r"\.bottom\.", ".bottleneck.blocks."),
        *BLOCK_NAMES,
    ]

    def __init__(self, bands: int, *, stages: int, blocks: tuple[int, int, int]) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, bands, 3, padding=1, bias=False)
        self.stages = nn.Sequential(*[Stage(bands, blocks) for _ in range(stages)])
        self.tail = nn.Conv2d(bands, bands, 3, padding=1, bias=False)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        rows, columns = rgb.shape[-2:]
        padded = pad_to_multiple(rgb, 8)
        shallow = self.head(padded.contiguous(memory_format=torch.channels_last))
        return (self.tail(self.stages(shallow)) + shallow)[..., :rows, :columns]


class Stage(nn.Module):
    """SST: attention blocks at three scales, down and up again, around a residual."""

    def __init__(self, width: int, blocks: tuple[int, int, int]) -> None:
        super().__init__()
        one, two, three = blocks
        self.embedding = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.encoder = nn.ModuleList([Down(width, 1, one), Down(2 * width, 2, two)])
        self.bottom = _blocks(4 * width, 4, three)
        self.decoder = nn.ModuleList([Up(2 * width, 2, two), Up(width, 1, one)])
        self.mapping = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.apply(_initialise)

    def forward(self, x: Tensor) -> Tensor:
        features, skips = self.embedding(x), []
        for down in self.encoder:
            skip, features = down(features)
            skips.append(skip)
        features = self.bottom(features)
        for up in self.decoder:
            features = up(features, skips.pop())
        return self.mapping(features) + x


class Down(nn.Module):
    """One level of the encoder: blocks, then half the size and twice the width."""

    def __init__(self, width: int, heads: int, count: int) -> None:
        super().__init__()
        self.blocks = _blocks(width, heads, count)
        self.down = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        skip = self.blocks(x)
        return skip, self.down(skip)


class Up(nn.Module):
    """One level of the decoder: twice the size, the encoder's features, blocks."""

    def __init__(self, width: int, heads: int, count: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.fuse = nn.Conv2d(2 * width, width, 1, bias=False)
        self.blocks = _blocks(width, heads, count)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.blocks(self.fuse(torch.cat([self.up(x), skip], dim=1)))


def _blocks(width: int, heads: int, count: int) -> nn.Sequential:
    return nn.Sequential(*[SpectralBlock(width, heads) for _ in range(count)])


class SpectralBlock(nn.Module):
    """SAB: x + S-MSA(x), then y + FFN(LayerNorm(y))."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = SpectralAttention(width, heads)
        self.norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.GELU(),
            nn.Conv2d(4 * width, 4 * width, 3, padding=1, groups=4 * width, bias=False),
            nn.GELU(),
            nn.Conv2d(4 * width, width, 1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        y = x + self.attention(x)
        return y + in_slabs(self.feed_forward, normed(self.norm, y), reach=1)


class SpectralAttention(nn.Module):
    """S-MSA: each spectral channel attends to the others of its head; a token is a channel."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.output = nn.Linear(width, width)
        self.position = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
            nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
        )

    def forward(self, x: Tensor, guide: Tensor | None = None) -> Tensor:
        """(n, width, h, w) → the same; a guide of that shape multiplies the values (MST-L)."""
        n, width, rows, columns = x.shape
        value = pointwise(self.value, x)
        query, key, values = (
            _pixels(part).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in (
                pointwise(self.query, x),
                pointwise(self.key, x),
                value if guide is None else value * guide,
            )
        )  # (n, heads, pixels, channels), views of channels-last
        relation = torch.softmax(self.temperature * cosines(key, query), dim=-1).to(values.dtype)
        attended = (values @ relation.mT).transpose(1, 2).reshape(n, rows, columns, width)
        return pointwise(self.output, attended.permute(0, 3, 1, 2)) + self.position(value)


def _pixels(image: Tensor) -> Tensor:
    """(n, width, h, w) → (n, pixels, width), a view of channels-last."""
    return image.permute(0, 2, 3, 1).flatten(1, 2)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02, a=-2.0, b=2.0)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
