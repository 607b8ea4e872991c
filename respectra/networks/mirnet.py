"""MIRNet: Multi-scale residual blocks with selective kernel fusion, in the MST++ toolbox's width.

Paper     Zamir et al., "Learning Enriched Features for Real Image Restoration and Enhancement",
          ECCV 2020 [zamir2020mirnet]; a member of [arad2022ntire], section 6.1
Original  caiyuanhao1998/MST-plus-plus @ 18e2032, architecture/MIRNet.py, MIT; written anew
Names     RRG Group · MSRB MultiScaleBlock · DAU DualAttention · SKFF SelectiveFusion
Differs   Nothing in the function. 1,497,900 parameters of the public code do not affect its output,
          because only one column of the block's grid is computed; modules named `idle` hold them,
          so that released weights load strictly.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.blur import halve_smoothed
from respectra.networks.channels import mix_channels
from respectra.networks.epilogue import convolve, finish
from respectra.networks.gates import build_gate, compute_gate, convolve_two_maps
from respectra.networks.layers import apply_to_vectors, multiply_pixels, upsample_and_mix
from respectra.networks.padding import pad_to_multiple
from respectra.networks.widening import Widening


class MIRNet(nn.Module):
    """MIRNet: a sequence of recursive residual groups between two 3×3 convolutions.

    Args:
        bands: number of bands of the cube; also the width of the finest scale, which doubles from
            scale to scale.
        groups: number of recursive residual groups (n_RRG).
    """

    RELEASED_NAMES: ClassVar = [
        (r"^head\.", "conv_in."),
        (r"^tail\.", "conv_out."),
        (r"^groups\.(\d+)\.block\.", r"body.\1.body.0."),
        (r"^groups\.(\d+)\.conv\.", r"body.\1.body.1."),
        (r"\.levels\.(\d)\.(?=body)", r".blocks.\1.0."),
        (r"\.levels\.(\d)\.spatial\.", r".blocks.\1.0.SA.spatial.conv."),
        (r"\.levels\.(\d)\.channel\.", r".blocks.\1.0.CA.conv_du."),
        (r"\.levels\.(\d)\.fuse\.", r".blocks.\1.0.conv1x1."),
        (r"\.down\.0\.", ".down.31_2.body.0."),
        (r"\.down\.1\.", ".down.62_2.body.0."),
        (r"\.back\.0\.", ".last_up.1.body."),
        (r"\.back\.1\.", ".last_up.2.body."),
        (r"\.fusion\.", ".selective_kernel.0."),
        (r"\.fusion_(\d)\.", r".selective_kernel.\1."),
        (r"\.down_both\.", ".down.31_4.body."),
        (r"\.up_(\d+_\d)\.", r".up.\1.body."),
        (r"\.idle\.", "."),
        (r"\.squeeze\.", ".conv_du."),
        (r"\.gates\.", ".fcs."),
        (r"\.merge\.", ".conv_out."),
    ]
    IDLE: ClassVar = r"\.idle\."

    def __init__(self, bands: int, *, groups: Count) -> None:
        super().__init__()
        activation = nn.PReLU()  # all dual attention units share one slope, as in the public code
        self.head = nn.Conv2d(3, bands, 3, padding=1, bias=False)
        self.groups = nn.Sequential(*[Group(bands, activation) for _ in range(groups)])
        self.tail = nn.Conv2d(bands, bands, 3, padding=1, bias=False)
        self.widening = Widening(self, bands, lambda wide: self._widen(wide, groups))

    def _widen(self, bands: int, groups: int) -> "MIRNet":
        """Build the network for more bands; its features have as many real channels as before."""
        wide = MIRNet(bands, groups=groups)
        for module in wide.modules():
            if isinstance(module, DualAttention):
                module.block, module.real = bands, self.head.out_channels
        return wide

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        if self.widening.applies_to(rgb):
            return self.widening(rgb)
        rows, columns = rgb.shape[-2:]
        shallow = self.head(pad_to_multiple(rgb, 8))
        return (self.tail(self.groups(shallow)) + shallow)[..., :rows, :columns]


class Group(nn.Module):
    """RRG: a multi-scale block and a convolution, with a residual connection."""

    def __init__(self, width: int, activation: nn.PReLU) -> None:
        super().__init__()
        self.block = MultiScaleBlock(width, activation)
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        return self.conv(self.block(x)) + x


class MultiScaleBlock(nn.Module):
    """MSRB with one column: a dual attention unit per scale, fused at full size.

    Each scale receives the output of the next finer scale. `idle` holds the modules that the
    public code creates but does not use.
    """

    def __init__(self, width: int, activation: nn.PReLU) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width]
        self.levels = nn.ModuleList([DualAttention(w, activation) for w in widths])
        self.back = nn.ModuleList(
            [nn.Sequential(Up(widths[1])), nn.Sequential(Up(widths[2]), Up(widths[1]))]
        )
        self.down = nn.ModuleList([Down(widths[0]), Down(widths[1])])
        self.merge = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.fusion = SelectiveFusion(width)
        self.idle = nn.ModuleDict(
            {
                "down_both": nn.Sequential(Down(widths[0]), Down(widths[1])),
                "up_124_4": nn.Sequential(Up(widths[2]), Up(widths[1])),
                "up_124_2": nn.Sequential(Up(widths[2])),
                "up_62_2": nn.Sequential(Up(widths[1])),
                "fusion_1": SelectiveFusion(widths[1]),
                "fusion_2": SelectiveFusion(widths[2]),
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        fine = self.levels[0](x)
        middle = self.levels[1](self.down[0](fine))
        coarse = self.levels[2](self.down[1](middle))
        return self.merge(self.fusion([fine, self.back[0](middle), self.back[1](coarse)])) + x


class DualAttention(nn.Module):
    """DAU: features gated per pixel and features gated per channel, fused by a 1×1 convolution."""

    def __init__(self, width: int, activation: nn.PReLU) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            activation,
            nn.Conv2d(width, width, 3, padding=1, bias=False),
        )
        self.spatial = nn.Conv2d(2, 1, 5, padding=2, bias=False)
        self.channel = build_gate(width, max(1, width // 8), bias=False)
        self.fuse = nn.Conv2d(2 * width, width, 1, bias=False)
        self.block = self.real = width  # of every `block` channels the first `real` count

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        first, slope, second = self.body
        features = second(convolve(first, x, slope))
        blocks = features.unflatten(1, (-1, self.block))[:, :, : self.real]
        maps = blocks.amax((1, 2)), blocks.mean((1, 2))
        pixel_gate = torch.sigmoid(convolve_two_maps(self.spatial, *maps))
        channel_gate = compute_gate(self.channel, features)
        # The fusion of pixel-gated and channel-gated features, without building both: a pixel's
        # gate may follow the 1×1 convolution, a channel's gate may multiply its weights.
        of_pixels, of_channels = self.fuse.weight.flatten(1).chunk(2, dim=1)
        pixel_gated = multiply_pixels(features, of_pixels) * pixel_gate
        return pixel_gated + mix_channels(features, of_channels * channel_gate[:, None]) + x


class SelectiveFusion(nn.Module):
    """SKFF: a weighted sum of three scales, with softmax weights for each channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        hidden = max(width // 8, 4)
        self.squeeze = nn.Sequential(nn.Conv2d(width, hidden, 1, bias=False), nn.PReLU())
        self.gates = nn.ModuleList([nn.Conv2d(hidden, width, 1, bias=False) for _ in range(3)])

    def forward(self, scales: list[Tensor]) -> Tensor:
        """Three tensors (n, width, rows, columns) → one of that shape."""
        mean = scales[0].mean((2, 3)) + scales[1].mean((2, 3)) + scales[2].mean((2, 3))
        squeezed = apply_to_vectors(self.squeeze, mean)
        weights = [apply_to_vectors(gate, squeezed) for gate in self.gates]
        fine, middle, coarse = torch.stack(weights).softmax(0)
        fused = finish(scales[2], gate=coarse)
        return finish(scales[0], None, finish(scales[1], None, fused, gate=middle), gate=fine)


class Down(nn.Module):
    """Half the size and twice the width: two branches with a blur before subsampling, summed."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.top = nn.Sequential(
            nn.Conv2d(width, width, 1, bias=False),
            nn.PReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.PReLU(),
            BlurPool(width),
            nn.Conv2d(width, 2 * width, 1, bias=False),
        )
        self.bot = nn.Sequential(BlurPool(width), nn.Conv2d(width, 2 * width, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → (n, 2 width, rows / 2, columns / 2)."""
        mix, slope, look, slope_2, blur, widen = self.top
        top = convolve(look, convolve(mix, x, slope), slope_2)
        return widen(blur(top)) + self.bot(x)


class BlurPool(nn.Module):
    """Every second pixel of an image that is smoothed by [1 2 1] ⊗ [1 2 1] / 16.

    The smoothing prevents aliasing. Edges are padded by reflection.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        line = torch.tensor([1.0, 2.0, 1.0])
        kernel = line[:, None] * line / 16
        self.register_buffer("filt", kernel.expand(width, 1, 3, 3).clone())

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → (n, width, rows / 2, columns / 2), sizes rounded up."""
        return halve_smoothed(x, self.get_buffer("filt"))


class Up(nn.Module):
    """Twice the size and half the width: a deconvolution plus a bilinear branch."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.top = nn.Sequential(
            nn.Conv2d(width, width, 1, bias=False),
            nn.PReLU(),
            nn.ConvTranspose2d(width, width, 3, stride=2, padding=1, output_padding=1, bias=False),
            nn.PReLU(),
            nn.Conv2d(width, width // 2, 1, bias=False),
        )
        self.bot = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
            nn.Conv2d(width, width // 2, 1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → (n, width / 2, 2 rows, 2 columns)."""
        mix, slope, double, slope_2, narrow = self.top
        top = narrow(finish(double(convolve(mix, x, slope)), slope_2))
        return top + upsample_and_mix(self.bot[0], self.bot[1], x)
