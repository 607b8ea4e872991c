"""HAN: Holistic attention over layers, channels and pixels, without the upsampler.

Paper     Niu et al., "Single Image Super-Resolution via a Holistic Attention Network", ECCV 2020
          [niu2020han]; teams MIALGO (7 groups of 13) and SSR (6 of 12), sections 6.2 and 6.5 of
          [arad2022ntire]
Original  wwlCape/HAN @ 0595e23, Apache-2.0, for the modules; neither team published code, so sizes
          are assumptions; written anew
Names     RCAB ResidualBlock · LAM LayerAttention · CSAM VolumeAttention
Differs   `gate: local` is team SSR's block: ECA over channels, then a gate per pixel.
"""

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.epilogue import convolve, finish
from respectra.networks.gates import build_gate, compute_gate, convolve_two_maps
from respectra.networks.layers import disable_autocast, interpolate_channels

MINIMUM_PEAK = 1e-3  # a lower maximum is not scaled to 1: this bounds the gain of dark images


class HAN(nn.Module):
    """HAN: residual groups, attention among the groups' outputs, and a 3-D channel-spatial gate.

    Args:
        bands: number of bands of the cube.
        width: number of channels of every block.
        groups: number of residual groups.
        blocks: number of residual blocks in a group.
        reduction: the width inside a channel gate is width // reduction.
        gate: gate of a residual block, `channel` (HAN) or `local` (team SSR).
        stretched: if true, the network receives the image interpolated to `bands` channels and adds
            it to the output (team SSR).
        normalised: if true, each image is divided by its maximum before the network and each cube
            after it (team MIALGO). If no pixel is clipped, the image's maximum corresponds to the
            cube's maximum.

    References:
        [arad2022ntire], section 6.2 (team MIALGO) and section 6.5 (team SSR).
    """

    NAMES: ClassVar = [
        (r"^(head|tail)\.", r"\1.0."),
        (r"^groups\.(\d+)\.blocks\.(\d+)\.", r"body.\1.body.\2.body."),
        (r"^groups\.(\d+)\.close\.", r"body.\1.body.{blocks}."),
        (r"^close\.", "body.{groups}."),
        (r"\.gate\.channel\.", ".3.conv_du."),
        (r"\.gate\.local\.", ".3.conv."),
        (r"\.gate\.place\.", ".4.conv."),
        (r"^volume\.", "csa."),
        (r"^layers\.", "la."),
        (r"^join_layers\.", "last_conv."),
        (r"^join\.", "last."),
    ]

    def __init__(
        self,
        bands: int,
        *,
        width: Count,
        groups: Count,
        blocks: Count,
        reduction: Count,
        gate: Literal["channel", "local"],
        stretched: bool,
        normalised: bool = False,
    ) -> None:
        super().__init__()
        counts = {"{blocks}": str(blocks), "{groups}": str(groups)}
        names = [(p, _fill_counts(r, counts)) for p, r in self.NAMES]
        self.RELEASED_NAMES = [*names, (r"^", "net.")] if stretched else names
        self.bands, self.stretched, self.normalised = bands, stretched, normalised
        self.head = _conv(bands if stretched else 3, width)
        self.groups = nn.ModuleList([Group(width, blocks, reduction, gate) for _ in range(groups)])
        self.close = _conv(width, width)
        self.volume = VolumeAttention()
        self.layers = LayerAttention()
        self.join_layers = _conv((groups + 1) * width, width)
        self.join = _conv(2 * width, width)
        self.tail = _conv(width, bands)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        rgb = _divide_by_maximum(rgb) if self.normalised else rgb
        # Blue, green, red: ascending wavelengths, like the bands.
        image = interpolate_channels(rgb.flip(1), self.bands) if self.stretched else rgb
        shallow = x = self.head(image)
        outputs = []
        for group in self.groups:
            x = group(x)
            outputs.append(x)
        x = self.close(x)
        layers = self.join_layers(self.layers(torch.stack([x, *reversed(outputs)], dim=1)))
        features = self.join(torch.cat([self.volume(x), layers], dim=1)) + shallow
        cube = self.tail(features)
        cube = cube + image if self.stretched else cube
        return _divide_by_maximum(cube) if self.normalised else cube


def _divide_by_maximum(x: Tensor) -> Tensor:
    """Divide each image or cube of a batch, (n, channels, rows, columns), by its maximum."""
    return x / x.amax((1, 2, 3), keepdim=True).clamp_min(MINIMUM_PEAK)


def _fill_counts(name: str, counts: dict[str, str]) -> str:
    for key, value in counts.items():
        name = name.replace(key, value)
    return name


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


class Group(nn.Module):
    """Residual blocks and a convolution, with a residual connection."""

    def __init__(self, width: int, blocks: int, reduction: int, gate: str) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*[ResidualBlock(width, reduction, gate) for _ in range(blocks)])
        self.close = _conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        return self.close(self.blocks(x)) + x


class ResidualBlock(nn.ModuleDict):
    """RCAB: x + gate(conv3×3(ReLU(conv3×3(x))))."""

    def __init__(self, width: int, reduction: int, gate: str) -> None:
        gates = {"channel": lambda: ChannelGate(width, reduction), "local": LocalGate}
        if gate not in gates:
            raise ValueError(f"HAN: gate {gate} is neither channel nor local")
        super().__init__(
            {"0": _conv(width, width), "2": _conv(width, width), "gate": gates[gate]()}
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        return self["gate"](convolve(self["2"], convolve(self["0"], x, 0.0)), x)


class ChannelGate(nn.Module):
    """Multiply each channel by a gate that is computed from the channel means, and add."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.channel = build_gate(width, width // reduction)

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        """Features and what is added to them, (n, width, rows, columns) → the same shape."""
        return finish(x, None, residual, gate=compute_gate(self.channel, x))


class LocalGate(nn.Module):
    """ECA: a gate per channel from the means of neighbouring channels; then a gate per pixel.

    The gated features are added to others.
    """

    def __init__(self) -> None:
        super().__init__()
        self.local = nn.Conv1d(1, 1, 3, padding=1, bias=False)
        self.place = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        """Features and what is added to them, (n, width, rows, columns) → the same shape."""
        x = finish(x, gate=torch.sigmoid(self.local(x.mean((2, 3))[:, None]))[:, 0])
        place = convolve_two_maps(self.place, x.mean(1), x.amax(1))
        return torch.addcmul(residual, x, torch.sigmoid(place))


class LayerAttention(nn.Module):
    """LAM: attention among layers, added to the layers with a learned factor γ.

    For layers F as rows and E = F Fᵀ, the weights are softmax(max(E) - E) over each row, as in the
    public code: layers with small products have large weights.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, layers: Tensor) -> Tensor:
        """(n, layers, channels, rows, columns) → (n, layers · channels, rows, columns)."""
        flat = layers.flatten(2)
        with disable_autocast(flat.device):
            # Sums over all pixels overflow in half precision.
            features = flat.to(torch.promote_types(flat.dtype, torch.float32))
            energy = features @ features.mT
            weights = (energy.amax(-1, keepdim=True) - energy).softmax(-1)
        mixed = weights.to(flat.dtype) @ flat
        return (self.gamma * mixed + flat).unflatten(-1, layers.shape[2:]).flatten(1, 2)


class VolumeAttention(nn.Module):
    """CSAM: x + γ g x, with the gate g from a 3-D convolution over channels, rows and columns."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1))
        self.conv = nn.Conv3d(1, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        gate = torch.sigmoid(self.conv(x[:, None])[:, 0])
        return x * (self.gamma * gate) + x
