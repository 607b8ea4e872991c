"""Yuelushan: stepwise recovery by denoising, removal of white balance, and reconstruction.

Paper     section 6.6 of [arad2022ntire]; blocks of Zhang et al., "Image Super-Resolution Using Very
          Deep Residual Channel Attention Networks", ECCV 2018 [zhang2018rcan]
Original  None published; RCAN's block (yulunzhang/RCAN @ f722e5d, no licence), written anew
Names     RCAB ResidualBlock
Differs   Widths, connections and the exact targets are assumptions (see the method's departures).
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.epilogue import convolve, finish
from respectra.networks.gates import build_gate, compute_gate
from respectra.networks.layers import project_without_noise


class Yuelushan(nn.Module):
    """Yuelushan: three networks in sequence, trained one after another.

    Each network is trained on the output of the networks before it, which are trained already.

    Args:
        bands: number of bands of the cube.
        width: number of channels of every block.
        blocks: number of residual blocks of each of the three networks.
        reduction: the width inside a channel gate is width // reduction.

    References:
        [arad2022ntire], section 6.6.
    """

    NAMES: ClassVar = [
        (r"^denoise\.", "dn."),
        (r"^unbalance\.", "dwb."),
        (r"^recover\.", "isr."),
        (r"\.(head|tail)\.", r".\1.0."),
        (r"\.blocks\.(\d+)\.gate\.", r".body.\1.body.3.conv_du."),
        (r"\.blocks\.(\d+)\.(\d)\.", r".body.\1.body.\2."),
    ]

    def __init__(
        self, bands: int, *, width: Count, blocks: tuple[Count, Count, Count], reduction: Count
    ) -> None:
        super().__init__()
        denoise, unbalance, recover = blocks
        self.denoise = Stage(3, 3, width, denoise, reduction)
        self.unbalance = Stage(3, 3, width, unbalance, reduction)
        self.recover = Stage(3, bands, width, recover, reduction)
        released = {"denoise": "dn", "unbalance": "dwb", "recover": "isr"}
        self.RELEASED_NAMES = [
            *(
                (rf"^{name}\.close\.", f"{released[name]}.body.{count}.")
                for name, count in zip(released, blocks, strict=True)
            ),
            *self.NAMES,
        ]

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        return self.recover(self.unbalance(self.denoise(rgb)))

    def denoised(
        self, rgb: Tensor, cube: Tensor, response: Tensor, gain: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the first network's image and its target: the first phase's objective.

        The target is the camera's image without noise and compression: the projection of the cube
        with the gain of the whole scene, clipped at 1.

        Args:
            rgb: (n, 3, rows, columns).
            cube: (n, bands, rows, columns).
            response: the camera's response, (3, bands).
            gain: of each patch's whole scene, (n,).

        Returns:
            Image and target, both (n, 3, rows, columns).
        """
        return self.denoise(rgb), project_without_noise(cube, response, gain)

    def unbalanced(
        self, rgb: Tensor, cube: Tensor, sensor_response: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the second network's image and its target: the second phase's objective.

        The target is the projection of the cube by the sensor alone: without the gains of the white
        balance, exposure and clipping. The channels keep their relative efficiencies; one constant
        for all scenes, the greatest sum of a channel, brings a cube in [0, 1] to [0, 1].

        Args:
            rgb: (n, 3, rows, columns).
            cube: (n, bands, rows, columns).
            sensor_response: the response without gains, (3, bands).

        Returns:
            Image and target, both (n, 3, rows, columns).
        """
        normalised = sensor_response / sensor_response.sum(1).max()
        target = torch.einsum("cb,nbhw->nchw", normalised, cube)
        return self.unbalance(self.denoise(rgb)), target


class Stage(nn.Module):
    """A sequence of residual blocks with a long skip connection."""

    def __init__(self, inputs: int, outputs: int, width: int, blocks: int, reduction: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(inputs, width, 3, padding=1)
        self.blocks = nn.Sequential(*[ResidualBlock(width, reduction) for _ in range(blocks)])
        self.close = nn.Conv2d(width, width, 3, padding=1)
        self.tail = nn.Conv2d(width, outputs, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """(n, inputs, rows, columns) → (n, outputs, rows, columns)."""
        shallow = self.head(image)
        return self.tail(self.close(self.blocks(shallow)) + shallow)


class ResidualBlock(nn.ModuleDict):
    """RCAB: x + g f with f = conv3×3(ReLU(conv3×3(x))) and a gate g per channel of f."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__(
            {
                "0": nn.Conv2d(width, width, 3, padding=1),
                "2": nn.Conv2d(width, width, 3, padding=1),
                "gate": build_gate(width, width // reduction),
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        features = convolve(self["2"], convolve(self["0"], x, 0.0))
        return finish(features, None, x, gate=compute_gate(self["gate"], features))
