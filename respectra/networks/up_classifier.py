"""The pixel classifier of HPRN's Table XI: three convolutions and two linear layers.

Paper     section IV-E of [wu2023hprn], after its reference [63]
Original  None available; our reading
Differs   Widths and kernels are assumptions; the paper gives the numbers of layers and the
          neighbourhood of 11×11 pixels.
"""

from torch import Tensor, nn

from respectra.arguments import Count, Fraction


class UPClassifier(nn.Module):
    """A classifier of a pixel from the pixel's neighbourhood.

    Args:
        bands: number of bands of the cube; 3 for an rgb image.
        classes: number of classes; 9 for University of Pavia.
        side: side of the neighbourhood in pixels; 11 in the paper.
        dropout: dropout probability between the linear layers.
    """

    def __init__(self, bands: int, *, classes: Count, side: Count, dropout: Fraction) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(bands, 64, 3),
            nn.ReLU(),
            nn.Conv2d(64, 128, 3),
            nn.ReLU(),
            nn.Conv2d(128, 128, 3),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.classify = nn.Sequential(
            nn.Linear(128 * (side - 6) ** 2, 128), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(128, classes),
        )  # fmt: skip

    def forward(self, neighbourhood: Tensor) -> Tensor:
        """Return the logits of the classes: (n, bands, side, side) → (n, classes)."""
        return self.classify(self.features(neighbourhood))
