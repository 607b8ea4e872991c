"""DRCA: Dual residual channel attention with pixel coordinates, team Image Lab.

Paper     section 6.12 of [arad2022ntire]
Original  dsabarinathan/DualResidualAttention @ baba772 has a test script and two diagrams, but no
          network; written from these and from the same author's earlier network
Names     DRCA DualResidual · CoordConv add_coordinates
Differs   Kernel sizes, slopes and the connections of the gates are assumptions (see the method's
          departures).
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.gates import build_gate, convolve_two_maps
from respectra.networks.layers import apply_to_vectors


class DRCA(nn.Module):
    """DRCA: a densely connected and a residual branch; both receive image and coordinates.

    Args:
        bands: number of bands of the cube.
        width: number of channels of every block.
        kernels: kernel sizes of the dense branch: four convolutions and the one that fuses them.
        pairs: number of pairs of dual residual blocks; a convolution precedes each pair.
        reduction: the width inside a channel gate is width // reduction.
    """

    def __init__(
        self, bands: int, *, width: Count, kernels: Sequence[Count], pairs: Count, reduction: Count
    ) -> None:
        super().__init__()
        self.dense = DenseBranch(5, width, kernels)
        self.pairs = nn.ModuleList(
            [Pair(width if i else 5, width, reduction) for i in range(pairs)]
        )
        self.close = _conv(width, width)
        self.attention = ParallelAttention(width, reduction)
        self.tail = _conv(width, bands)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        image = add_coordinates(rgb)
        x = image
        for pair in self.pairs:
            x = pair(x)
        features = self.close(x) + self.dense(image)
        return self.tail(self.attention(features) + features)


def add_coordinates(image: Tensor) -> Tensor:
    """Append the row and the column coordinate of each pixel, from -1 to 1, as two channels.

    The coordinates refer to the tensor at hand: an image, a patch or a tile.

    Args:
        image: (n, channels, rows, columns).

    Returns:
        (n, channels + 2, rows, columns).

    Example:
        >>> add_coordinates(torch.zeros(1, 3, 2, 2))[0, 3:].tolist()
        [[[-1.0, -1.0], [1.0, 1.0]], [[-1.0, 1.0], [-1.0, 1.0]]]
    """
    n, _, rows, columns = image.shape
    y = torch.linspace(-1, 1, rows, dtype=image.dtype, device=image.device)
    x = torch.linspace(-1, 1, columns, dtype=image.dtype, device=image.device)
    coordinates = [y[:, None].expand(n, 1, rows, columns), x.expand(n, 1, rows, columns)]
    return torch.cat([image, *coordinates], dim=1)


def _conv(inputs: int, outputs: int, size: int = 3) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, padding=size // 2)


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.3)


class DenseBranch(nn.Module):
    """Four convolutions with growing kernels, each on the previous two outputs, and a fusion.

    Args:
        inputs: number of input channels.
        width: number of channels of every convolution.
        kernels: five kernel sizes; the last is that of the fusion.
    """

    def __init__(self, inputs: int, width: int, kernels: Sequence[int]) -> None:
        super().__init__()
        sizes = [inputs, width, 2 * width, 2 * width]
        *dense_kernels, fusion_kernel = kernels
        self.convs = nn.ModuleList(
            [_conv(i, width, k) for i, k in zip(sizes, dense_kernels, strict=True)]
        )
        self.join = _conv(4 * width, width, fusion_kernel)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, rows, columns) → (n, width, rows, columns)."""
        first = torch.relu(self.convs[0](x))
        second = torch.relu(self.convs[1](first))
        third = torch.relu(self.convs[2](torch.cat([first, second], dim=1)))
        fourth = torch.relu(self.convs[3](torch.cat([second, third], dim=1)))
        return self.join(torch.cat([first, second, third, fourth], dim=1))


class Pair(nn.Module):
    """A convolution, then two dual residual blocks with a residual connection."""

    def __init__(self, inputs: int, width: int, reduction: int) -> None:
        super().__init__()
        self.head = _conv(inputs, width)
        self.blocks = nn.Sequential(*[DualResidual(width, reduction) for _ in range(2)])

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, rows, columns) → (n, width, rows, columns)."""
        features = _leaky(self.head(x))
        return self.blocks(features) + features


class DualResidual(nn.Module):
    """DRCA: two parallel convolutions of the input, a third of their sum, and a gate per channel.

    The output of the first convolution is added to that of the second, which a batch norm follows,
    and again after the gate.

    References:
        [arad2022ntire], Figure 18.
    """

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList([_conv(width, width) for _ in range(3)])
        self.norm = nn.BatchNorm2d(width, eps=1e-3, momentum=0.01)
        self.gate = ChannelGate(width, reduction)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        shallow = _leaky(self.convs[0](x))
        features = _leaky(self.norm(self.convs[1](x))) + shallow
        features = _leaky(self.convs[2](features))
        return features * self.gate(features) + shallow


class ChannelGate(nn.Module):
    """A gate per channel, computed from the channels' means and maxima."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.shared = build_gate(width, width // reduction)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → (n, width, 1, 1), between 0 and 1."""
        mean, maximum = (apply_to_vectors(self.shared, pool((2, 3))) for pool in (x.mean, x.amax))
        return torch.sigmoid(mean + maximum)[..., None, None]


class ParallelAttention(nn.Module):
    """CBAM in parallel: the input gated per channel plus the input gated per pixel."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.channel = ChannelGate(width, reduction)
        self.place = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        place = convolve_two_maps(self.place, x.mean(1), x.amax(1))
        return x * (self.channel(x) + torch.sigmoid(place))
