"""MST++: Multi-stage Spectral-wise Transformer.

Paper     Cai et al., "MST++: Multi-stage Spectral-wise Transformer for Efficient Spectral
          Reconstruction", CVPRW 2022 [cai2022mstpp]; section 6.1 of [arad2022ntire]
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, MIT; written anew from paper and fact sheet
Names     SST stage · SAB SpectralBlock · S-MSA SpectralAttention
Differs   Nothing in the function; where the public code departs from the paper, it is followed:
          one norm per block, keys and queries of unit length along space, softmax over the queries,
          attention blocks before the downsampling of a level. Features stay in channels-last
          memory format; the public code permutes them in every block.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.channels import (
    attend,
    compute_cosines,
    join_heads,
    mix_channels,
    sum_products,
)
from respectra.networks.fused import convolve_depthwise, layer_norm
from respectra.networks.layers import (
    apply_in_slabs,
    apply_pointwise,
    apply_to_pair,
    disable_autocast,
)
from respectra.networks.padding import pad_to_multiple

BLOCK_NAMES = [  # released names inside a block, of MST++ and MST-L
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
    """MST++: `stages` U-shaped transformers in sequence between two 3×3 convolutions.

    The features of the first convolution are added to the output of the last (the paper's long
    identity mapping; [arad2022ntire], section 6.1 and figure 5a).

    Args:
        bands: number of bands of the cube; also the width of the features at full size.
        stages: number of U-shaped transformers (Ns).
        blocks: number of attention blocks at each of the three levels (N1, N2, N3).
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

    def __init__(self, bands: int, *, stages: Count, blocks: tuple[Count, Count, Count]) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, bands, 3, padding=1, bias=False)
        self.stages = nn.Sequential(*[Stage(bands, blocks) for _ in range(stages)])
        self.tail = nn.Conv2d(bands, bands, 3, padding=1, bias=False)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        rows, columns = rgb.shape[-2:]
        padded = pad_to_multiple(rgb, 8)
        shallow = self.head(padded.contiguous(memory_format=torch.channels_last))
        return (self.tail(self.stages(shallow)) + shallow)[..., :rows, :columns]


class Stage(nn.Module):
    """SST: a U of attention blocks at three scales with a residual connection (figure 5b).

    The encoder halves the size and doubles the width twice; the decoder reverses both steps. Every
    attention head has the width of the finest level.

    Args:
        width: width at full size.
        blocks: number of attention blocks at each level, finest first.
    """

    def __init__(self, width: int, blocks: tuple[int, int, int]) -> None:
        super().__init__()
        fine, middle, coarse = blocks
        self.embedding = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.encoder = nn.ModuleList([Down(width, 1, fine), Down(2 * width, 2, middle)])
        self.bottom = _blocks(4 * width, 4, coarse)
        self.decoder = nn.ModuleList([Up(2 * width, 2, middle), Up(width, 1, fine)])
        self.mapping = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.apply(_initialise)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape; both sides are multiples of 4."""
        features, skips = self.embedding(x), []
        for down in self.encoder:
            skip, features = down(features)
            skips.append(skip)
        features = self.bottom(features)
        for up in self.decoder:
            features = up(features, skips.pop())
        return self.mapping(features) + x


class Down(nn.Module):
    """An encoder level: attention blocks, then a 4×4 convolution of stride 2."""

    def __init__(self, width: int, heads: int, count: int) -> None:
        super().__init__()
        self.blocks = _blocks(width, heads, count)
        self.down = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the skip connection and the input of the next level.

        (n, width, rows, columns) → the same shape and (n, 2 width, rows / 2, columns / 2).
        """
        skip = self.blocks(x)
        return skip, self.down(skip)


class Up(nn.Module):
    """A decoder level: 2×2 deconvolution, concatenation with the skip connection, blocks."""

    def __init__(self, width: int, heads: int, count: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.fuse = nn.Conv2d(2 * width, width, 1, bias=False)
        self.blocks = _blocks(width, heads, count)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """(n, 2 width, rows, columns) and (n, width, 2 rows, 2 columns) → the second shape."""
        return self.blocks(apply_to_pair(self.fuse, self.up(x), skip))


def _blocks(width: int, heads: int, count: int) -> nn.Sequential:
    return nn.Sequential(*[SpectralBlock(width, heads) for _ in range(count)])


class SpectralBlock(nn.Module):
    """SAB: y = x + S-MSA(x), then y + FFN(LayerNorm(y)) (figure 5c; the paper has two norms)."""

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

    def forward(self, x: Tensor, guide: Tensor | None = None) -> Tensor:
        """(n, width, rows, columns) → the same shape; see SpectralAttention for the guide."""
        y = x + self.attention(x, guide)
        return y + apply_in_slabs(self._feed_forward, layer_norm(self.norm, y), reach=1)

    def _feed_forward(self, x: Tensor) -> Tensor:
        widen, _, depthwise, _, narrow = self.feed_forward
        hidden = apply_pointwise(widen, x)
        hidden = convolve_depthwise(hidden, depthwise, gelu_before=True, gelu_after=True)
        return apply_pointwise(narrow, hidden)


class SpectralAttention(nn.Module):
    """S-MSA: attention among the channels of a head; a token is a channel, not a pixel.

    With the channels of Q, K and V as columns, scaled to unit length in Q and K, the public code
    computes A = softmax(σ Kᵀ Q) over the last axis and V Aᵀ for each head, where
    [arad2022ntire], equation 4, prints V A. A linear layer joins the heads; two depth-wise
    convolutions of V are added as position embedding (equation 5).

    Args:
        width: number of channels.
        heads: number of heads; divides `width`.
    """

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
        """(n, width, rows, columns) → the same shape.

        Args:
            x: (n, width, rows, columns).
            guide: multiplies the attended values, not those of the position embedding (MST-L);
                (n, width, rows, columns), or n = 1 for one guide for the batch.
        """
        value = apply_pointwise(self.value, x)
        guided = value if guide is None else value * guide
        if x.is_meta:  # multiplications are counted as the paper states them
            attended = attend(self._relate_pixels(x), self.output.weight, guided)
        elif guide is None:  # the values are a linear function of x, too
            matrix = join_heads(self._relate(x), self.output.weight) @ self.value.weight.double()
            attended = mix_channels(x, matrix)
        else:
            attended = attend(self._relate(x), self.output.weight, guided)
        position = convolve_depthwise(value, self.position[0], gelu_after=True)
        return attended + convolve_depthwise(position, self.position[2], self.output.bias)

    def _relate(self, x: Tensor) -> Tensor:
        """Compute A = softmax(σ Kᵀ Q): (n, heads, channels of K, channels of Q), float64.

        Keys and queries are linear functions of x, so Kᵀ Q = W_k (xᵀx) W_qᵀ, and the squared
        lengths of their channels are the diagonals of W_k (xᵀx) W_kᵀ and W_q (xᵀx) W_qᵀ. Only xᵀx
        is a sum over all pixels.
        """
        with disable_autocast(x.device):
            weight = torch.cat([self.key.weight, self.query.weight]).double()
            product = weight @ sum_products(x)
            rates = (product * weight).sum(-1).clamp_min(1e-24).rsqrt()  # 1 / length
            key_rate, query_rate = rates.unflatten(-1, (2, self.heads, -1)).unbind(1)
            key_product = product.unflatten(1, (2, self.heads, -1))[:, 0]
            query_weight = weight.unflatten(0, (2, self.heads, -1))[1]
            cosine = (key_product @ query_weight.mT) * query_rate[..., None, :]
            return torch.softmax(self.temperature * key_rate[..., None] * cosine, dim=-1)

    def _relate_pixels(self, x: Tensor) -> Tensor:
        """Compute the same relation from the keys and queries of every pixel."""
        key, query = (apply_pointwise(layer, x) for layer in (self.key, self.query))
        cosine = compute_cosines(key, query, self.heads)
        return torch.softmax(self.temperature * cosine, dim=-1)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02, a=-2.0, b=2.0)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
