"""HAN: Holistic attention over layers, channels and places, without its upsampler.

Paper     Niu et al., "Single Image Super-Resolution via a Holistic Attention Network", ECCV 2020
          [niu2020han]; teams MIALGO (7 groups of 13) and SSR (6 of 12), sections 6.2 and 6.5 of
          [arad2022ntire]
Original  wwlCape/HAN @ 0595e23, Apache-2.0, for the parts; neither team published code, so sizes
          are assumptions; written anew
Names     RCAB ResidualBlock · LAM LayerAttention · CSAM VolumeAttention
Differs   `gate: local` is team SSR's block: ECA over channels, then an attention over places.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.networks.layers import disable_autocast, interpolate_channels

FAINT = 1e-3  # what is darker everywhere is not brightened without bounds


class HAN(nn.Module):
    """Residual groups whose results are weighed against one another.

    Args:
        bands: of the cube.
        width: of every block.
        groups: residual groups.
        blocks: residual blocks in each.
        reduction: of the width inside a channel gate.
        gate: `channel` (HAN's own) or `local` (team SSR's).
        stretched: see the image stretched to as many bands as the cube has, and add it to the
            output (team SSR's).
        normalised: divide every image by its greatest value before, and every cube after (team
            MIALGO's): where no pixel is clipped, the brightest of both are the same.
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
        width: int,
        groups: int,
        blocks: int,
        reduction: int,
        gate: str,
        stretched: bool,
        normalised: bool = False,
    ) -> None:
        super().__init__()
        counts = {"{blocks}": str(blocks), "{groups}": str(groups)}
        names = [(p, _filled(r, counts)) for p, r in self.NAMES]
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
        """(n, 3, h, w) → (n, bands, h, w)."""
        rgb = _to_maximum(rgb) if self.normalised else rgb
        # Blue, green, red: ascending wavelengths.
        image = interpolate_channels(rgb.flip(1), self.bands) if self.stretched else rgb
        shallow = x = self.head(image)
        found = []
        for group in self.groups:
            x = group(x)
            found.append(x)
        x = self.close(x)
        layers = self.join_layers(self.layers(torch.stack([x, *reversed(found)], dim=1)))
        features = self.join(torch.cat([self.volume(x), layers], dim=1)) + shallow
        cube = self.tail(features)
        cube = cube + image if self.stretched else cube
        return _to_maximum(cube) if self.normalised else cube


def _to_maximum(x: Tensor) -> Tensor:
    """Every image or cube of a batch, (n, c, h, w), divided by its greatest value."""
    return x / x.amax((1, 2, 3), keepdim=True).clamp_min(FAINT)


def _filled(name: str, counts: dict[str, str]) -> str:
    for key, value in counts.items():
        name = name.replace(key, value)
    return name


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


class Group(nn.Module):
    """Residual blocks and a convolution around a residual."""

    def __init__(self, width: int, blocks: int, reduction: int, gate: str) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*[ResidualBlock(width, reduction, gate) for _ in range(blocks)])
        self.close = _conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.close(self.blocks(x)) + x


class ResidualBlock(nn.ModuleDict):
    """RCAB: 3×3, ReLU, 3×3, a gate, and the input added."""

    def __init__(self, width: int, reduction: int, gate: str) -> None:
        gates = {"channel": lambda: ChannelGate(width, reduction), "local": LocalGate}
        if gate not in gates:
            raise ValueError(f"HAN: gate {gate} is neither channel nor local")
        super().__init__(
            {"0": _conv(width, width), "2": _conv(width, width), "gate": gates[gate]()}
        )

    def forward(self, x: Tensor) -> Tensor:
        return self["gate"](self["2"](torch.relu(self["0"](x)))) + x


class ChannelGate(nn.Module):
    """A gate for each channel from all channels' means."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.channel = nn.Sequential(
            nn.Conv2d(width, width // reduction, 1),
            nn.ReLU(),
            nn.Conv2d(width // reduction, width, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.channel(x.mean((2, 3), keepdim=True)))


class LocalGate(nn.Module):
    """ECA: a gate for each channel from its neighbours' means; then one for each place."""

    def __init__(self) -> None:
        super().__init__()
        self.local = nn.Conv1d(1, 1, 3, padding=1, bias=False)
        self.place = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        means = x.mean((2, 3))[:, None]
        x = x * torch.sigmoid(self.local(means))[:, 0, :, None, None]
        seen = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
        return x * torch.sigmoid(self.place(seen))


class LayerAttention(nn.Module):
    """LAM: each layer's features plus those of the layers it is least like, by a learned share."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, layers: Tensor) -> Tensor:
        """(n, layers, channels, h, w) → (n, layers · channels, h, w)."""
        flat = layers.flatten(2)
        with disable_autocast(flat.device):
            exact = flat.to(torch.promote_types(flat.dtype, torch.float32))
            energy = exact @ exact.mT  # sums over all pixels: too large for half precision
            weights = (energy.amax(-1, keepdim=True) - energy).softmax(-1)
        mixed = weights.to(flat.dtype) @ flat
        return (self.gamma * mixed + flat).unflatten(-1, layers.shape[2:]).flatten(1, 2)


class VolumeAttention(nn.Module):
    """CSAM: a 3-D convolution over channels and places says what to strengthen."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1))
        self.conv = nn.Conv3d(1, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        strength = torch.sigmoid(self.conv(x[:, None])[:, 0])
        return x * (self.gamma * strength) + x
