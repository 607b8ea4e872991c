"""HPRN: Holistic Prior-embedded Relation Network.

Paper     Wu et al., "HPRN: Holistic Prior-Embedded Relation Network for Spectral Super-Resolution",
          TNNLS 2023 [wu2023hprn]
Original  Deep-imagelab/HPRN @ 5ccb4eb, HPRN.py, MIT; written anew from the paper and a fact sheet
Names     MRB Block · SSRM SpatialRelation · TCRM ChannelRelation (`tsrm` in the original's keys)
Differs   Labels are sorted stably, so that pixels of one label keep their order in the image on
          every device. `spatial_relation: paper` follows the paper where the public code differs.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.epilogue import finish, prepare_residual
from respectra.networks.layers import apply_to_vectors, pool_to_grid
from respectra.networks.padding import ReflectConv2d, convolve_padded


class HPRN(nn.Module):
    """HPRN: multi-residual relation blocks, then attention among pixels of similar superpixels.

    Args:
        bands: number of bands of the cube.
        channels: width of every block; 200 gives the printed 14.893 M parameters, the text says
            256.
        blocks: number of MRBs.
        channel_relation: the sums of a block, numbered 1 to 3, that a TCRM precedes: [3] is the
            paper's final choice, [1, 2, 3] its "multi-pos", [] means no TCRM (Table III).
        grid: a TCRM pools its features to grid × grid means (Table IV).
        reduction: the width inside a TCRM's gate is channels // reduction (r).
        spatial_relation: version of the SSRM, `code` or `paper` (see SpatialRelation), or `none`.
        embedding: embeddings of the SSRM, `shared` (φ = ψ) or `separate` (Table V).
        group: number of pixels in a group of the SSRM (figure 6).
        scales: number of superpixel label maps (Table VI).
        heads: attention heads of a TCRM; the paper names PyTorch's multi-head attention, the public
            code has one head.
        biases: whether the four linear layers of a TCRM have biases, as PyTorch's have.

    References:
        [wu2023hprn], section III-B, equations 3 to 6.
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
        channels: Count,
        blocks: Count,
        channel_relation: Sequence[Literal[1, 2, 3]],
        grid: Count,
        reduction: Count,
        spatial_relation: Literal["code", "paper", "none"],
        embedding: Literal["shared", "separate"],
        group: Count,
        scales: Count,
        heads: Count = 1,
        biases: bool = False,
    ) -> None:
        super().__init__()
        self.head = ReflectConv2d(3, channels)
        relate = partial(ChannelRelation, channels, grid, reduction, heads=heads, biases=biases)
        self.blocks = nn.Sequential(
            *[Block(channels, channel_relation, relate) for _ in range(blocks)]
        )
        self.tail = ReflectConv2d(channels, channels)
        self.coarse = ReflectConv2d(channels, bands)
        self.spatial = (
            None
            if spatial_relation == "none"
            else SpatialRelation(
                bands, version=spatial_relation, embedding=embedding, group=group, scales=scales
            )
        )

    def forward(self, rgb: Tensor, superpixels: Tensor | None = None) -> Tensor:
        """Reconstruct the cube.

        Args:
            rgb: (n, 3, rows, columns).
            superpixels: integer label maps, (n, scales, rows, columns); required unless
                `spatial_relation` is `none`.

        Returns:
            (n, bands, rows, columns).

        Raises:
            ValueError: superpixels are missing or have another shape.
        """
        shallow = self.head(rgb)
        features = convolve_padded(self.tail, self.blocks(finish(shallow, padding=1)))
        cube = convolve_padded(self.coarse, finish(features, None, shallow, padding=1))
        if self.spatial is None:
            return cube
        if superpixels is None:
            raise ValueError("HPRN: the spatial relation requires superpixels (inputs.superpixels)")
        return self.spatial(cube, superpixels)


class Block(nn.Module):
    """MRB: four convolutions and three sums, each with the block's input.

    The first sum follows its activation; the second and third precede theirs.

    Args:
        channels: width of the block.
        channel_relation: the sums, numbered 1 to 3, that a TCRM precedes.
        relate: makes a TCRM.
    """

    def __init__(
        self,
        channels: int,
        channel_relation: Sequence[int],
        relate: Callable[[], "ChannelRelation"],
    ) -> None:
        super().__init__()
        self.convs = nn.ModuleList([ReflectConv2d(channels, channels) for _ in range(4)])
        self.activations = nn.ModuleList([nn.PReLU() for _ in range(4)])
        self.relations = nn.ModuleDict({str(p): relate() for p in channel_relation})

    def forward(self, x: Tensor) -> Tensor:
        """Compute the block on features that are padded by one pixel of reflection.

        (n, channels, rows + 2, columns + 2) → the same shape.
        """
        residual = prepare_residual(x, 1)
        y = finish(convolve_padded(self.convs[0], x), self.activations[0], padding=1)
        y = finish(convolve_padded(self.convs[1], y), self.activations[1])
        y = finish(y, None, residual, gate=self._gate(1, y), padding=1)
        y = convolve_padded(self.convs[2], y)
        y = finish(
            y, self.activations[2], residual, gate=self._gate(2, y), add_first=True, padding=1
        )
        y = convolve_padded(self.convs[3], y)
        return finish(
            y, self.activations[3], residual, gate=self._gate(3, y), add_first=True, padding=1
        )

    def _gate(self, position: int, features: Tensor) -> Tensor | None:
        """The gates of the TCRM before a sum, or None where no TCRM precedes it."""
        name = str(position)
        if name not in self.relations:
            return None
        relation = self.relations[name]
        assert isinstance(relation, ChannelRelation)
        return relation.compute_gate(features)


class ChannelRelation(nn.Module):
    """TCRM: a gate per channel from attention among channels.

    Each channel is described by its grid × grid local means.

    Args:
        channels: number of channels.
        grid: rows and columns of the grid.
        reduction: the width inside the gate is channels // reduction.
        heads: see HPRN.
        biases: see HPRN.

    Raises:
        ValueError: the grid × grid means cannot be divided among the heads.

    References:
        [wu2023hprn], section III-C, equations 7 to 10.
    """

    def __init__(
        self, channels: int, grid: int, reduction: int, *, heads: int = 1, biases: bool = False
    ) -> None:
        super().__init__()
        self.grid, self.heads = grid, heads
        length = grid * grid
        if length % heads:
            raise ValueError(f"ChannelRelation: {length} means are not divisible by {heads} heads")
        self.query, self.key, self.value, self.output = (
            nn.Linear(length, length, bias=biases) for _ in range(4)
        )
        self.gate = nn.Sequential(
            nn.Conv2d(channels, channels // reduction, 1, bias=False),
            nn.PReLU(),
            nn.Conv2d(channels // reduction, channels, 1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, rows, columns) → the same shape."""
        return self.compute_gate(x)[..., None, None] * x

    def compute_gate(self, x: Tensor) -> Tensor:
        """(n, channels, rows, columns) → gates (n, channels)."""
        vectors = pool_to_grid(x, self.grid).flatten(2)  # (n, channels, grid²)
        tokens = (self.query(vectors), self.key(vectors), self.value(vectors))
        if self.heads == 1:
            attended = F.scaled_dot_product_attention(*tokens)
        else:  # (n, channels, grid²) → (n, heads, channels, grid² / heads) and back
            parts = [x.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x in tokens]
            attended = F.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2)
        return torch.sigmoid(apply_to_vectors(self.gate, self.output(attended).mean(-1)))


class SpatialRelation(nn.Module):
    """SSRM: attention among pixels of similar superpixels.

    Pixels are sorted by superpixel label and cut into groups of equal size; each pixel attends to
    pixels of its group. The results of all label maps are fused by a 1×1 convolution.

    Args:
        bands: number of bands of the cube.
        version: `code`: 3×3 embedding, keys of unit length, attention to the pixel's group and both
            neighbouring groups, the last group is filled with a copy of the last pixels, residual
            connection. `paper`: 1×1 embedding, unscaled keys, attention to the pixel's group only,
            filling with the last pixels in reverse order, no residual connection.
        embedding: one embedding for queries and keys (`shared`) or two (`separate`).
        group: number of pixels in a group (N).
        scales: number of label maps.

    References:
        [wu2023hprn], section III-D, equations 11 to 13.
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
                ReflectConv2d(bands, bands)
                if version == "code"
                else nn.Conv2d(bands, bands, 1, bias=False)
            )

        self.embedding = embed()
        self.key_embedding = embed() if embedding == "separate" else None
        self.content = nn.Conv2d(bands, bands, 1, bias=False)
        self.fusion = nn.Conv2d(scales * bands, bands, 1)

    def forward(self, cube: Tensor, superpixels: Tensor) -> Tensor:
        """Refine a coarse cube.

        Args:
            cube: (n, bands, rows, columns).
            superpixels: integer label maps, (n, scales, rows, columns).

        Returns:
            (n, bands, rows, columns).
        """
        n, _, rows, columns = cube.shape
        if superpixels.shape != (n, self.scales, rows, columns):
            raise ValueError(
                f"SpatialRelation: superpixels have shape {tuple(superpixels.shape)}, "
                f"expected {(n, self.scales, rows, columns)}"
            )
        query = self.embedding(cube)
        key = query if self.key_embedding is None else self.key_embedding(cube)
        q, k, v = (image.flatten(2).mT for image in (query, key, self.content(cube)))
        order = torch.argsort(superpixels.flatten(2), dim=-1, stable=True)
        related = [self._relate(q, k, v, order[:, scale]) for scale in range(self.scales)]
        stacked = torch.cat(related, dim=-1).mT.reshape(n, -1, rows, columns)
        fused = self.fusion(stacked)
        return fused + cube if self.version == "code" else fused

    def _relate(self, query: Tensor, key: Tensor, content: Tensor, order: Tensor) -> Tensor:
        """Compute the attention of one scale.

        Args:
            query: (n, pixels, bands).
            key: (n, pixels, bands).
            content: (n, pixels, bands).
            order: indices of the pixels sorted by label, (n, pixels).

        Returns:
            (n, pixels, bands), in the order of the image.
        """
        _, pixels, bands = query.shape
        padded_order = torch.cat([order, self._filling(order)], dim=1)
        indices = padded_order[..., None].expand(-1, -1, bands)
        if self.version == "code":
            key = F.normalize(key, dim=-1, eps=5e-5)
        q, k, v = (tokens.gather(1, indices) for tokens in (query, key, content))
        if q.is_cuda:  # fused kernels require a multiple of 8; zeros leave the products unchanged
            q, k, v = (F.pad(tokens, (0, -bands % 8)) for tokens in (q, k, v))
        q = q.unflatten(1, (-1, self.group))
        k, v = self._windows(k), self._windows(v)
        related = F.scaled_dot_product_attention(q, k, v, scale=1.0)
        related = related.flatten(1, 2)[:, :pixels, :bands]
        return torch.empty_like(related).scatter(1, indices[:, :pixels], related)

    def _windows(self, x: Tensor) -> Tensor:
        """Cut sorted pixels into the windows that the groups attend to.

        (n, pixels, bands) → (n, groups, window, bands), a view; window is one or three groups.
        """
        window = self.group
        if self.version == "code":  # add both neighbouring groups; the order is circular
            x = torch.cat([x[:, -window:], x, x[:, :window]], dim=1)
            window = 3 * window
        return x.unfold(1, window, self.group).mT

    def _filling(self, order: Tensor) -> Tensor:
        """Return the indices that fill the last group: (n, pixels) → (n, missing pixels).

        They are the last sorted pixels; the paper reflects them.
        """
        pixels = order.shape[1]
        missing = -pixels % self.group
        # An image smaller than a group is repeated: hence the remainder.
        last = torch.arange(pixels - missing, pixels, device=order.device) % pixels
        return order[:, last.flip(0) if self.version == "paper" else last]
