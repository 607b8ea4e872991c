"""UNet: five convolutions without padding, five transposed convolutions, no pooling.

Paper     Stiebel et al., "Reconstructing Spectral Images from RGB-images using a Convolutional
          Neural Network", CVPRW 2018 [stiebel2018unet]
Original  tastiSaher/SpectralReconstruction @ cd8d774, GenUNetNoPooling, MIT; written anew
Names     skip connection block: an index of `down` and `up`
Differs   Images with fewer than 11 rows or columns are padded by reflection to 11; nothing else.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.padding import pad_to_multiple


class UNet(nn.Module):
    """Stiebel's UNet: each convolution removes a border of one pixel, each transposed one adds it.

    A ReLU follows the last layer, too.

    Args:
        bands: number of bands of the cube.
        widths: widths of the convolutions, outermost first.
    """

    def __init__(self, bands: int, *, widths: tuple[Count, ...]) -> None:
        super().__init__()
        # The authors nest the blocks: block i contains block i + 1.
        self.RELEASED_NAMES = [
            (rf"^{direction}\.{i}\.", "model." + "inmodel.0." * i + name)
            for i in range(len(widths))
            for direction, name in (
                ("down", "down.0."),
                ("up", "inmodel.0." if i == len(widths) - 1 else "inmodel.1."),
            )
        ]
        self.down = nn.ModuleList(
            [nn.Conv2d(i, o, 3) for i, o in zip((3, *widths), widths, strict=False)]
        )
        outputs = (bands, *widths[:-1])
        self.up = nn.ModuleList(
            [
                nn.ConvTranspose2d(w if i == len(widths) - 1 else 2 * w, o, 3)
                for i, (w, o) in enumerate(zip(widths, outputs, strict=True))
            ]
        )

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        rows, columns = rgb.shape[-2:]
        x = pad_to_multiple(rgb, 1, least=2 * len(self.down) + 1)
        skips = []
        for down in self.down:
            x = F.leaky_relu(down(x), 0.2)
            skips.append(x)
        for i, up in reversed(list(enumerate(self.up))):
            x = torch.relu(up(x if i == len(self.up) - 1 else torch.cat([skips[i], x], dim=1)))
        return x[..., :rows, :columns]
