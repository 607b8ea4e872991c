"""DRCA: Dual residual channel attention with coordinates, team Image Lab.

Paper     section 6.12 of [arad2022ntire]
Original  dsabarinathan/DualResidualAttention @ baba772 has a test script and two diagrams, no
          network; a reading of them and of the author's earlier network
Names     DRCA DualResidual · CoordConv with_coordinates
Differs   Kernel sizes, slopes and the gates' wiring are assumptions (see the method's departures).
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class DRCA(nn.Module):
    """A dense and a residual branch over the image and each pixel's place in it.

    Args:
        bands: of the cube.
        width: of every block.
        kernels: of the dense branch's four convolutions and of the one that joins them.
        pairs: times that two dual residual blocks follow a convolution.
        reduction: of the width inside a channel gate.
    """

    def __init__(
        self, bands: int, *, width: int, kernels: Sequence[int], pairs: int, reduction: int
    ) -> None:
        super().__init__()
        self.dense = DenseBranch(5, width, kernels)
        self.pairs = nn.ModuleList(
            [Pair(width if i else 5, width, reduction) for i in range(pairs)]
        )
        self.close = _conv(width, width)
        self.attention = PlaceAndChannel(width, reduction)
        self.tail = _conv(width, bands)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        placed = with_coordinates(rgb)
        x = placed
        for pair in self.pairs:
            x = pair(x)
        both = self.close(x) + self.dense(placed)
        return self.tail(self.attention(both) + both)


def with_coordinates(image: Tensor) -> Tensor:
    """Two channels more, the row's and the column's place from −1 to 1 in this image or patch.

    Example:
        >>> with_coordinates(torch.zeros(1, 3, 2, 2))[0, 3:].tolist()
        [[[-1.0, -1.0], [1.0, 1.0]], [[-1.0, 1.0], [-1.0, 1.0]]]
    """
    n, _, rows, columns = image.shape
    down = torch.linspace(-1, 1, rows, dtype=image.dtype, device=image.device)
    across = torch.linspace(-1, 1, columns, dtype=image.dtype, device=image.device)
    places = [down[:, None].expand(n, 1, rows, columns), across.expand(n, 1, rows, columns)]
    return torch.cat([image, *places], dim=1)


def _conv(inputs: int, outputs: int, size: int = 3) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, padding=size // 2)


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.3)


class DenseBranch(nn.Module):
    """Four convolutions of growing view, each of the two before it, all joined."""

    def __init__(self, inputs: int, width: int, kernels: Sequence[int]) -> None:
        super().__init__()
        sizes = [inputs, width, 2 * width, 2 * width]
        *four, last = kernels
        self.convs = nn.ModuleList([_conv(i, width, k) for i, k in zip(sizes, four, strict=True)])
        self.join = _conv(4 * width, width, last)

    def forward(self, x: Tensor) -> Tensor:
        one = torch.relu(self.convs[0](x))
        two = torch.relu(self.convs[1](one))
        three = torch.relu(self.convs[2](torch.cat([one, two], dim=1)))
        four = torch.relu(self.convs[3](torch.cat([two, three], dim=1)))
        return self.join(torch.cat([one, two, three, four], dim=1))


class Pair(nn.Module):
    """A convolution and two dual residual blocks around a residual."""

    def __init__(self, inputs: int, width: int, reduction: int) -> None:
        super().__init__()
        self.head = _conv(inputs, width)
        self.blocks = nn.Sequential(*[DualResidual(width, reduction) for _ in range(2)])

    def forward(self, x: Tensor) -> Tensor:
        features = _leaky(self.head(x))
        return self.blocks(features) + features


class DualResidual(nn.Module):
    """DRCA: two residuals with the first features, a gate for each channel in the second."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList([_conv(width, width) for _ in range(3)])
        self.norm = nn.BatchNorm2d(width, eps=1e-3, momentum=0.01)
        self.gate = ChannelGate(width, reduction)

    def forward(self, x: Tensor) -> Tensor:
        shallow = _leaky(self.convs[0](x))
        features = _leaky(self.norm(self.convs[1](shallow))) + shallow
        features = _leaky(self.convs[2](features))
        return features * self.gate(features) + shallow


class ChannelGate(nn.Module):
    """A number for each channel from all channels' means and greatest values."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.shared = nn.Sequential(
            nn.Conv2d(width, width // reduction, 1),
            nn.ReLU(),
            nn.Conv2d(width // reduction, width, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        mean, greatest = x.mean((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
        return torch.sigmoid(self.shared(mean) + self.shared(greatest))


class PlaceAndChannel(nn.Module):
    """CBAM with both gates on the same input, their products added."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.channel = ChannelGate(width, reduction)
        self.place = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        seen = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
        return x * self.channel(x) + x * torch.sigmoid(self.place(seen))
