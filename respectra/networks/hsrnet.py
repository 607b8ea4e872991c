"""HSRnet: an unrolled gradient descent with spectral grouping; PoNet+ reuses its modules.

Paper     He et al., "Spectral Response Function-Guided Deep Optimization-Driven Network for
          Spectral Super-Resolution", TNNLS 2021 [he2021hsrnet]
Original  JiangHe96/HSRnet @ 1d535f1, no licence; written anew
Names     HSI prior Prior · channel attention ChannelAttention
Differs   Nothing in the function.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from respectra.arguments import Count


class HSRnet(nn.Module):
    """HSRnet: an initial cube by spectral grouping, then unrolled gradient steps with a prior.

    Args:
        bands: number of bands of the cube.
        groups: number of bands in the blue, the green and the red group.
        stages: number of unrolled steps.
        width: number of channels inside the prior.
    """

    NAMES: ClassVar = [
        (r"^initial\.views\.0\.", "conv_B.1."),
        (r"^initial\.views\.1\.", "conv_G.1."),
        (r"^initial\.views\.2\.", "conv_R.1."),
        (r"^initial\.mixes\.0\.", "convinputb.1."),
        (r"^initial\.mixes\.1\.", "convinputg.1."),
        (r"^initial\.mixes\.2\.", "convinputr.1."),
        (r"^tail\.", "convf.1."),
    ]

    def __init__(self, bands: int, *, groups: Sequence[Count], stages: Count, width: Count) -> None:
        super().__init__()
        self.RELEASED_NAMES = [
            *self.NAMES,
            *(
                (rf"^stages\.{i}\.{name}\.", released.format(i + 1))
                for i in range(stages)
                for name, released in (
                    ("step", "conv{}.1."),
                    ("step_gate", "e{}."),
                    ("prior_gate", "en{}."),
                    (r"prior\.wide", "HSI{}.conv1.1."),
                    (r"prior\.narrow", "HSI{}.conv2."),
                    (r"prior\.mix", "HSI{}.conv3.1."),
                )
            ),
        ]
        self.initial = Initial(scale_groups(groups, bands))
        self.stages = nn.ModuleList([Stage(bands, width) for _ in range(stages)])
        self.tail = nn.Conv2d(2 * bands, bands, 1)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        initial = cube = self.initial(rgb)
        for stage in self.stages:
            cube = stage(cube)
        return leaky(self.tail(torch.cat([initial, cube + initial], dim=1)))


def group_bands(response: NDArray[np.floating]) -> list[int]:
    """Group the bands by the channel of the camera that responds most to them.

    Args:
        response: (3, bands), the channels R, G and B.

    Returns:
        The number of bands in the blue, the green and the red group.

    Raises:
        ValueError: the bands of a group are not neighbours, or a group is empty.

    Example:
        >>> group_bands(np.array([[0, 0, 0, 1], [0, 0, 2, 0], [1, 1, 1, 0]]))
        [2, 1, 1]

    References:
        [arad2022ntire], section 6.8.4.
    """
    channels = response.argmax(axis=0)
    if (np.diff(channels) > 0).any() or len(set(channels.tolist())) != 3:
        raise ValueError(
            "group_bands: the channels B, G and R do not respond most to neighbouring bands; "
            "state the groups"
        )
    return [int((channels == channel).sum()) for channel in (2, 1, 0)]


def scale_groups(groups: Sequence[int], bands: int) -> list[int]:
    """Scale the sizes of groups to another number of bands, in about the same proportion.

    Args:
        groups: sizes of the groups.
        bands: sum of the scaled sizes.

    Returns:
        One size per group, each at least 1.

    Raises:
        ValueError: there are fewer bands than groups.

    Example:
        >>> scale_groups([6, 10, 15], 31), scale_groups([6, 10, 15], 16)
        ([6, 10, 15], [3, 5, 8])
    """
    if bands < len(groups):
        raise ValueError(f"{len(groups)} groups need as many bands, but there are {bands}")
    ends = [round(sum(groups[: i + 1]) * bands / sum(groups)) for i in range(len(groups))]
    sizes = [max(1, end - start) for start, end in zip([0, *ends], ends, strict=False)]
    sizes[-1] += bands - sum(sizes)
    return sizes


def leaky(x: Tensor) -> Tensor:
    """Apply a LeakyReLU with slope 0.2."""
    return F.leaky_relu(x, 0.2)


def conv3(inputs: int, outputs: int) -> nn.Conv2d:
    """Return a 3×3 convolution with replication padding and bias."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="replicate")


class Initial(nn.Module):
    """Spectral grouping: separate convolutions reconstruct the blue, green and red groups of bands.

    Args:
        groups: number of bands in the blue, the green and the red group.
    """

    def __init__(self, groups: Sequence[int]) -> None:
        super().__init__()
        self.views = nn.ModuleList([conv3(5, size) for size in groups])
        self.mixes = nn.ModuleList([nn.Conv2d(size, size, 1) for size in groups])

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, rows, columns) → (n, bands, rows, columns)."""
        red, green, blue = rgb.split(1, dim=1)
        channels = torch.cat([red, red - green, green, green - blue, blue], dim=1)
        pairs = zip(self.views, self.mixes, strict=True)
        return torch.cat([leaky(mix(leaky(view(channels)))) for view, mix in pairs], dim=1)


class Stage(nn.Module):
    """A gradient step: conv(X) + g₁ X + g₂ prior(X), with gates g₁ and g₂ per band."""

    def __init__(self, bands: int, width: int) -> None:
        super().__init__()
        self.step = conv3(bands, bands)
        self.step_gate = ChannelAttention(bands)
        self.prior = Prior(bands, width)
        self.prior_gate = ChannelAttention(bands)

    def forward(self, cube: Tensor) -> Tensor:
        """(n, bands, rows, columns) → the same shape."""
        step = leaky(self.step(cube)) + cube * self.step_gate(cube)
        return step + self.prior(cube) * self.prior_gate(cube)


class Prior(nn.Module):
    """The learned prior: two 3×3 convolutions with a residual, then a 1×1 convolution."""

    def __init__(self, bands: int, width: int) -> None:
        super().__init__()
        self.wide = conv3(bands, width)
        self.narrow = nn.Conv2d(width, bands, 3, padding=1)
        self.mix = nn.Conv2d(bands, bands, 1)

    def forward(self, cube: Tensor) -> Tensor:
        """(n, bands, rows, columns) → the same shape."""
        return leaky(self.mix(leaky(self.narrow(leaky(self.wide(cube))) + cube)))


class ChannelAttention(nn.Module):
    """A gate per band, computed from the bands' means and maxima."""

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(bands, bands, 1, bias=False)
        self.fc2 = nn.Conv2d(bands, bands, 1, bias=False)

    def forward(self, cube: Tensor) -> Tensor:
        """(n, bands, rows, columns) → (n, bands, 1, 1), between 0 and 1."""
        mean, maximum = cube.mean((2, 3), keepdim=True), cube.amax((2, 3), keepdim=True)
        return torch.sigmoid(self._gate(mean) + self._gate(maximum))

    def _gate(self, vector: Tensor) -> Tensor:
        return self.fc2(torch.relu(self.fc1(vector)))
