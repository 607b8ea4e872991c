"""PoNet+: an unfolded descent with cross-dimensional attention and dense fusion, SGG_RS_Whu.

Paper     section 6.8 of [arad2022ntire]
Original  None published; HSRnet's parts written anew
Names     CDCA CrossAttention · CDFF fusion · prox Prior
Differs   The number of stages, the kernel over bands, the prior and the scale of the correlations
          are assumptions (see the method's departures).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from respectra.networks.hsrnet import Initial, Prior, conv3, grouped, leaky
from respectra.networks.layers import disable_autocast


class PoNetPlus(nn.Module):
    """An initial cube from grouped colours; before each stage all cubes so far are fused.

    Args:
        bands: of the cube.
        groups: how many bands the blue, the green and the red group have.
        stages: of the unfolded descent.
        width: inside the prior.
        kernel: over neighbouring bands in the attention.
    """

    def __init__(
        self, bands: int, *, groups: Sequence[int], stages: int, width: int, kernel: int
    ) -> None:
        super().__init__()
        self.initial = Initial(grouped(groups, bands))
        self.fusion = nn.ModuleList(
            [nn.Conv2d((k + 1) * bands, bands, 3, padding=1) for k in range(stages)]
        )
        self.stages = nn.ModuleList([Stage(bands, width, kernel) for _ in range(stages)])
        self.tail = nn.Conv2d(2 * bands, bands, 1)

    def forward(self, rgb: Tensor) -> Tensor:
        """(n, 3, h, w) → (n, bands, h, w)."""
        first = cube = self.initial(rgb)
        known = [first]
        for fuse, stage in zip(self.fusion, self.stages, strict=True):
            cube = stage(torch.relu(fuse(torch.cat(known, dim=1))), first)
            known.append(cube)
        return leaky(self.tail(torch.cat([first, cube + first], dim=1)))


class Stage(nn.Module):
    """(1 − εμ) X − ε X Φ Φᵀ as a convolution, + ε Y Φᵀ from the first cube, + εμ prox(X)."""

    def __init__(self, bands: int, width: int, kernel: int) -> None:
        super().__init__()
        self.step = conv3(bands, bands)
        self.observed = CrossAttention(bands, kernel)
        self.prior = Prior(bands, width)
        self.trusted = CrossAttention(bands, kernel)

    def forward(self, cube: Tensor, first: Tensor) -> Tensor:
        prior = self.prior(cube)
        return leaky(self.step(cube)) + first * self.observed(first) + prior * self.trusted(prior)


class CrossAttention(nn.Module):
    """CDCA: how bands correlate over the image, convolved along the bands, as shares of one."""

    def __init__(self, bands: int, kernel: int) -> None:
        super().__init__()
        self.rows = nn.Conv2d(bands, bands, 1)
        self.columns = nn.Conv2d(bands, bands, 1)
        self.along = nn.Conv1d(bands, 1, kernel, padding=kernel // 2)

    def forward(self, cube: Tensor) -> Tensor:
        one, other = self.rows(cube).flatten(2), self.columns(cube).flatten(2)
        with disable_autocast(cube.device):
            exact = torch.promote_types(one.dtype, torch.float32)
            # Divided by the pixels, so that a patch and a whole image agree.
            related = one.to(exact) @ other.to(exact).mT / one.shape[-1]
        return self.along(related.to(one.dtype)).softmax(-1).mT[..., None]
