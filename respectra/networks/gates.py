"""Gates of channels and of pixels: factors between 0 and 1 that are computed from the features."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.networks.layers import apply_to_vectors


def build_gate(width: int, inner: int, *, bias: bool = True) -> nn.Sequential:
    """Return the layers of a gate per channel: a 1×1 convolution, a ReLU, a 1×1 convolution.

    Args:
        width: number of channels.
        inner: number of channels between the convolutions.
        bias: if true, the convolutions have biases.
    """
    return nn.Sequential(
        nn.Conv2d(width, inner, 1, bias=bias), nn.ReLU(), nn.Conv2d(inner, width, 1, bias=bias)
    )


def build_deep_gate(width: int, inner: int) -> nn.Sequential:
    """Return a gate per channel of three linear layers: (n, width) → (n, width), between 0 and 1.

    Args:
        width: number of channels.
        inner: number of channels between the layers.
    """
    return nn.Sequential(
        nn.Linear(width, inner, bias=False),
        nn.ReLU(),
        nn.Linear(inner, inner, bias=False),
        nn.ReLU(),
        nn.Linear(inner, width, bias=False),
        nn.Sigmoid(),
    )


def compute_gate(gate: nn.Module, image: Tensor) -> Tensor:
    """Compute a gate per channel from the channels' means.

    Args:
        gate: the layers, as `build_gate` returns them.
        image: (n, width, rows, columns).

    Returns:
        (n, width), between 0 and 1.
    """
    return torch.sigmoid(apply_to_vectors(gate, image.mean((2, 3))))


def convolve_two_maps(conv: nn.Conv2d, first: Tensor, second: Tensor) -> Tensor:
    """Apply a convolution without bias from two channels to one, for a gate of each pixel.

    A GPU's convolutions take as long for two channels as for many; two depth-wise ones are faster.

    Args:
        conv: keeps the size.
        first, second: (n, rows, columns).

    Returns:
        (n, 1, rows, columns).
    """
    maps = torch.stack([first, second], dim=1)
    if not maps.is_cuda:
        return conv(maps)
    kernels = conv.weight.transpose(0, 1).contiguous()
    return F.conv2d(maps, kernels, padding=conv.padding, groups=2).sum(1, keepdim=True)
