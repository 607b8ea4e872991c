"""PoNet+: an unrolled gradient descent with cross-dimensional attention, team SGG_RS_Whu.

Paper     section 6.8 of [arad2022ntire]
Original  None published; modules of HSRnet, written anew
Names     CDCA CrossAttention · CDFF fusion · prox Prior
Differs   The number of stages, the kernel over bands, the prior and the scale of the correlations
          are assumptions (see the method's departures).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from respectra.arguments import Count
from respectra.networks.hsrnet import Initial, Prior, conv3, leaky, scale_groups
from respectra.networks.layers import disable_autocast


class PoNetPlus(nn.Module):
    """PoNet+: an initial cube by spectral grouping, then unrolled gradient steps.

    The input of each stage is a fusion of all previous cubes (CDFF).

    Args:
        bands: number of bands of the cube.
        groups: number of bands in the blue, the green and the red group.
        stages: number of unrolled steps.
        width: number of channels inside the prior.
        kernel: size of the attention's convolution over neighbouring bands (k).

    References:
        [arad2022ntire], section 6.8, equations 16 to 23.
    """

    def __init__(
        self, bands: int, *, groups: Sequence[Count], stages: Count, width: Count, kernel: Count
    ) -> None:
        super().__init__()
        self.initial = Initial(scale_groups(groups, bands))
        self.fusion = nn.ModuleList(
            [nn.Conv2d((k + 1) * bands, bands, 3, padding=1) for k in range(stages)]
        )
        self.stages = nn.ModuleList([Stage(bands, width, kernel) for _ in range(stages)])
        self.tail = nn.Conv2d(2 * bands, bands, 1)

    def forward(self, rgb: Tensor) -> Tensor:
        """Reconstruct the cube: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        initial = cube = self.initial(rgb)
        cubes = [initial]
        for fuse, stage in zip(self.fusion, self.stages, strict=True):
            cube = stage(torch.relu(fuse(torch.cat(cubes, dim=1))), initial)
            cubes.append(cube)
        return leaky(self.tail(torch.cat([initial, cube + initial], dim=1)))


class Stage(nn.Module):
    """A gradient step, equation 18: (1 - εμ) X - ε X Φ Φᵀ + ε Y Φᵀ + εμ prox(X).

    A convolution computes the first two terms. The initial cube stands for Y Φᵀ, with Y the rgb
    image (printed M_H); the attention modules compute the factors ε and εμ per band.
    """

    def __init__(self, bands: int, width: int, kernel: int) -> None:
        super().__init__()
        self.step = conv3(bands, bands)
        self.observed = CrossAttention(bands, kernel)
        self.prior = Prior(bands, width)
        self.trusted = CrossAttention(bands, kernel)

    def forward(self, cube: Tensor, initial: Tensor) -> Tensor:
        """Fused cube and initial cube, both (n, bands, rows, columns) → the same shape."""
        prior = self.prior(cube)
        observed = initial * self.observed(initial)
        return leaky(self.step(cube)) + observed + prior * self.trusted(prior)


class CrossAttention(nn.Module):
    """CDCA: a weight per band from the correlations of the bands (equations 20 and 21).

    The weights sum to one.
    """

    def __init__(self, bands: int, kernel: int) -> None:
        super().__init__()
        self.rows = nn.Conv2d(bands, bands, 1)
        self.columns = nn.Conv2d(bands, bands, 1)
        self.along = nn.Conv1d(bands, 1, kernel, padding=kernel // 2)

    def forward(self, cube: Tensor) -> Tensor:
        """(n, bands, rows, columns) → (n, bands, 1, 1)."""
        r, s = self.rows(cube).flatten(2), self.columns(cube).flatten(2)  # equation 20
        with disable_autocast(cube.device):
            dtype = torch.promote_types(r.dtype, torch.float32)
            # The mean over pixels does not depend on the size of the image or patch.
            correlations = r.to(dtype) @ s.to(dtype).mT / r.shape[-1]
        return self.along(correlations.to(r.dtype)).softmax(-1).mT[..., None]
