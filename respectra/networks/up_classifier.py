"""The classifier of HPRN's Table XI: three convolutions and two linear layers on a neighbourhood.

Paper     section IV-E of [wu2023hprn], after its reference [63]
Original  None found; our reading
Differs   Widths and kernels are assumptions; the paper gives the numbers of layers and 11×11.
"""

from torch import Tensor, nn


class UPClassifier(nn.Module):
    """A pixel's neighbourhood → scores of its classes.

    Args:
        bands: of the cube, 3 for an rgb image.
        classes: nine at the University of Pavia.
        side: of the neighbourhood; 11.
        dropout: between the linear layers.
    """

    def __init__(self, bands: int, *, classes: int, side: int, dropout: float) -> None:
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
        """(n, bands, side, side) → (n, classes)."""
        return self.classify(self.features(neighbourhood))
