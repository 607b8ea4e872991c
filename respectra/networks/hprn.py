"""HPRN: Holistic Prior-embedded Relation Network.

Paper     Wu et al., "HPRN: Holistic Prior-Embedded Relation Network for Spectral Super-Resolution",
          TNNLS 2023 [wu2023hprn]
Original  Deep-imagelab/HPRN @ 5ccb4eb, HPRN.py, MIT; written anew from the paper and a fact sheet
Names     MRB Block · SSRM SpatialRelation · TCRM ChannelRelation (`tsrm` in the original's keys)
Differs   Labels are sorted stably, so that equal labels keep the image's order on every device.
          `relation: paper` follows the paper where its code departs from it.
"""

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class HPRN(nn.Module):
    """A chain of multi-residual blocks, then relations among pixels of like superpixels.

    Args:
        bands: of the cube.
        channels: width of every block; 200 gives the printed 14.893 M, the text says 256.
        blocks: how many MRBs.
        channel_relation: before which of a block's three sums a TCRM stands: [3] in the paper's
            final choice, [1, 2, 3] for multi-pos, [] for none.
        grid: a TCRM pools to grid × grid.
        reduction: of the width inside a TCRM's gate (r).
        spatial_relation: `code` or `paper` (see SpatialRelation), or `none`.
        embedding: of the SSRM: `shared` (φ = ψ) or `separate`.
        group: pixels that are related to one another (64).
        scales: how many label maps the SSRM looks at.
    """

    RELEASED_NAMES: ClassVar = [
        (r"^head\.", "head_conv2D.conv2d."),
        (r"^tail\.", "tail_conv2D.conv2d."),
        (r"^coarse\.", "output_conv2D.conv2d."),
        (r"^blocks\.", "backbone."),
        (r"(^|\.)convs\.(\d)\.", r"\1conv\2.conv2d."),
        (r"(^|\.)activations\.(\d)\.", r"\1act\2."),
        (r"(^|\.)relations\.3\.", r"\1tsrm."),
        (r"(^|\.)query\.", r"\1cross_transformer.q_proj."),
        (r"(^|\.)key\.", r"\1cross_transformer.k_proj."),
        (r"(^|\.)value\.", r"\1cross_transformer.v_proj."),
        (r"(^|\.)output\.", r"\1cross_transformer.out_proj."),
        (r"^spatial\.embedding\.", "ssrm.conv_x.conv2d."),
        (r"^spatial\.content\.", "ssrm.conv_y.conv2d."),
        (r"^spatial\.fusion\.", "ssrm.conv_out."),
    ]

    def __init__(
        self,
        bands: int,
        *,
        channels: int,
        blocks: int,
        channel_relation: Sequence[int],
        grid: int,
        reduction: int,
        spatial_relation: str,
        embedding: str,
        group: int,
        scales: int,
    ) -> None:
        super().__init__()
        self.head = conv3(3, channels)
        self.blocks = nn.Sequential(
            *[Block(channels, channel_relation, grid, reduction) for _ in range(blocks)]
        )
        self.tail = conv3(channels, channels)
        self.coarse = conv3(channels, bands)
        self.spatial = (
            None
            if spatial_relation == "none"
            else SpatialRelation(
                bands, version=spatial_relation, embedding=embedding, group=group, scales=scales
            )
        )

    def forward(self, rgb: Tensor, superpixels: Tensor | None = None) -> Tensor:
        """(n, 3, h, w) and (n, scales, h, w) → (n, bands, h, w)."""
        shallow = self.head(rgb)
        features = self.tail(self.blocks(shallow)) + shallow
        cube = self.coarse(features)
        if self.spatial is None:
            return cube
        if superpixels is None:
            raise ValueError("HPRN: its spatial relation needs superpixels")
        return self.spatial(cube, superpixels)


class Block(nn.Module):
    """MRB: three sums, each with the block's own input; a TCRM before some of them.

    The first sum comes after its activation, the second and third before theirs.
    """

    def __init__(
        self, channels: int, channel_relation: Sequence[int], grid: int, reduction: int
    ) -> None:
        super().__init__()
        self.convs = nn.ModuleList([conv3(channels, channels) for _ in range(4)])
        self.activations = nn.ModuleList([nn.PReLU() for _ in range(4)])
        self.relations = nn.ModuleDict(
            {str(p): ChannelRelation(channels, grid, reduction) for p in channel_relation}
        )

    def forward(self, x: Tensor) -> Tensor:
        conv, act = self.convs, self.activations
        first = self._relate(1, act[1](conv[1](act[0](conv[0](x))))) + x
        second = act[2](self._relate(2, conv[2](first)) + x)
        return act[3](self._relate(3, conv[3](second)) + x)

    def _relate(self, position: int, features: Tensor) -> Tensor:
        name = str(position)
        return self.relations[name](features) if name in self.relations else features


class ChannelRelation(nn.Module):
    """TCRM: channels, each described by a grid of means, attend to one another (eq. 7 to 10)."""

    def __init__(self, channels: int, grid: int, reduction: int) -> None:
        super().__init__()
        self.grid = grid
        length = grid * grid
        self.query, self.key, self.value, self.output = (
            nn.Linear(length, length, bias=False) for _ in range(4)
        )
        self.gate = nn.Sequential(
            nn.Conv2d(channels, channels // reduction, 1, bias=False),
            nn.PReLU(),
            nn.Conv2d(channels // reduction, channels, 1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        vectors = F.adaptive_avg_pool2d(x, self.grid).flatten(2)  # (n, channels, grid²)
        attended = F.scaled_dot_product_attention(
            self.query(vectors), self.key(vectors), self.value(vectors)
        )
        squeezed = self.output(attended).mean(-1)[..., None, None]
        return torch.sigmoid(self.gate(squeezed)) * x


class SpatialRelation(nn.Module):
    """SSRM: pixels sorted by superpixel attend to those of their group (eq. 11 to 13).

    Args:
        bands: of the cube.
        version: `code`: 3×3 embedding, unit-length keys, own and both neighbouring groups, the last
            pixels repeated to fill the last group, a residual around it all. `paper`: 1×1
            embedding, raw keys, own group alone, mirrored filling, no residual.
        embedding: one embedding for queries and keys (`shared`) or two (`separate`).
        group: pixels in a group.
        scales: label maps; each gives its own relation, joined by a 1×1 convolution.
    """

    def __init__(
        self, bands: int, *, version: str, embedding: str, group: int, scales: int
    ) -> None:
        super().__init__()
        if version not in ("code", "paper"):
            raise ValueError(f"SpatialRelation: version {version} is neither code nor paper")
        if embedding not in ("shared", "separate"):
            raise ValueError(
                f"SpatialRelation: embedding {embedding} is neither shared nor separate"
            )
        self.version, self.group, self.scales = version, group, scales

        def embed() -> nn.Conv2d:
            return (
                conv3(bands, bands) if version == "code" else nn.Conv2d(bands, bands, 1, bias=False)
            )

        self.embedding = embed()
        self.key_embedding = embed() if embedding == "separate" else None
        self.content = nn.Conv2d(bands, bands, 1, bias=False)
        self.fusion = nn.Conv2d(scales * bands, bands, 1)

    def forward(self, cube: Tensor, superpixels: Tensor) -> Tensor:
        """(n, bands, h, w) and (n, scales, h, w) → (n, bands, h, w)."""
        n, _, rows, columns = cube.shape
        if superpixels.shape != (n, self.scales, rows, columns):
            raise ValueError(
                f"SpatialRelation: superpixels are {tuple(superpixels.shape)}, "
                f"{(n, self.scales, rows, columns)} is wanted"
            )
        query = self.embedding(cube)
        key = query if self.key_embedding is None else self.key_embedding(cube)
        q, k, v = (part.flatten(2).mT for part in (query, key, self.content(cube)))
        order = torch.argsort(superpixels.flatten(2), dim=-1, stable=True)
        related = [self._relate(q, k, v, order[:, scale]) for scale in range(self.scales)]
        joined = torch.cat(related, dim=-1).mT.reshape(n, -1, rows, columns)
        fused = self.fusion(joined)
        return fused + cube if self.version == "code" else fused

    def _relate(self, query: Tensor, key: Tensor, content: Tensor, order: Tensor) -> Tensor:
        """One scale: (n, pixels, bands) three times and the sorted pixels' places → the same."""
        _, pixels, bands = query.shape
        filled = torch.cat([order, self._filling(order)], dim=1)
        places = filled[..., None].expand(-1, -1, bands)
        if self.version == "code":
            key = F.normalize(key, dim=-1, eps=5e-5)
        q, k, v = (part.gather(1, places) for part in (query, key, content))
        q = q.reshape(len(q), -1, self.group, bands)
        k, v = self._windows(k), self._windows(v)
        related = F.scaled_dot_product_attention(q, k, v, scale=1.0).flatten(1, 2)[:, :pixels]
        return torch.empty_like(related).scatter(1, places[:, :pixels], related)

    def _windows(self, x: Tensor) -> Tensor:
        """(n, pixels, bands) → what each group sees: (n, groups, pixels seen, bands), a view."""
        seen = self.group
        if self.version == "code":  # both neighbours too; the first and the last are neighbours
            x = torch.cat([x[:, -seen:], x, x[:, :seen]], dim=1)
            seen = 3 * seen
        return x.unfold(1, seen, self.group).mT

    def _filling(self, order: Tensor) -> Tensor:
        """What fills the last group: the last sorted pixels once more, mirrored in the paper."""
        pixels = order.shape[1]
        missing = -pixels % self.group
        last = torch.arange(pixels - missing, pixels, device=order.device) % pixels
        return order[:, last.flip(0) if self.version == "paper" else last]


def conv3(inputs: int, outputs: int) -> nn.Conv2d:
    """3×3, no bias, edges mirrored."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect", bias=False)
