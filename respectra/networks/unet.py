"""UNet: five valid convolutions in, five transposed ones out, no pooling.

Paper     Stiebel et al., "Reconstructing Spectral Images from RGB-images using a Convolutional
          Neural Network", CVPRW 2018 [stiebel2018unet]
Original  tastiSaher/SpectralReconstruction @ cd8d774, GenUNetNoPooling, MIT; written anew
Names     skip connection block Level
Differs   Images of fewer than 11 rows or columns are mirrored to that; nothing else.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.networks.layers import pad_to_multiple


class UNet(nn.Module):
    """Each step in takes a pixel off every side, each step out puts it back.

    Args:
        bands: of the cube.
        widths: of the five steps, outermost first.
    """

    def __init__(self, bands: int, *, widths: tuple[int, ...]) -> None:
        super().__init__()
        # A nest of blocks, as the authors' keys have it: from the innermost out.
        self.RELEASED_NAMES = [
            (rf"^{way}\.{i}\.", "model." + "inmodel.0." * i + name)
            for i in range(len(widths))
            for way, name in (
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
        """(n, 3, h, w) → (n, bands, h, w)."""
        rows, columns = rgb.shape[-2:]
        x = pad_to_multiple(rgb, 1, least=2 * len(self.down) + 1)
        skips = []
        for down in self.down:
            x = F.leaky_relu(down(x), 0.2)
            skips.append(x)
        for i, up in reversed(list(enumerate(self.up))):
            x = torch.relu(up(x if i == len(self.up) - 1 else torch.cat([skips[i], x], dim=1)))
        return x[..., :rows, :columns]
