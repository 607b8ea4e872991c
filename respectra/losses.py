"""What training minimises. Each takes a reconstruction and a cube, (n, bands, rows, columns)."""

import torch
from torch import Tensor
from torch.nn.functional import conv2d

WINDOW, DEVIATION = 11, 1.5  # of SSIM: pixels, and of its Gaussian
C1, C2 = 0.01**2, 0.03**2


def mrae(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Mean relative absolute error over everything.

    The cube must be positive; there is no small number in the denominator.

    Example:
        >>> import torch
        >>> cube = torch.full((1, 31, 2, 2), 0.5)
        >>> round(mrae(1.1 * cube, cube).item(), 6)
        0.1

    References:
        [arad2022ntire], equation 1; [cai2022mstpp], equation 8.
    """
    return ((reconstruction - cube).abs() / cube).mean()


def l1(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Mean absolute error over everything: the first term of [wu2023hprn], equation 15."""
    return (reconstruction - cube).abs().mean()


def mse(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Mean squared error over everything."""
    return (reconstruction - cube).square().mean()


def edges(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Mean absolute difference of the two gradients, from pixel to pixel down and across.

    Example:
        >>> import torch
        >>> cube = torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])
        >>> edges(torch.zeros_like(cube), cube).item(), edges(cube + 3, cube).item()
        (0.5, 0.0)

    References:
        [arad2022ntire], section 6.10 names an edge-preserving loss and no formula.
    """
    difference = reconstruction - cube
    down, across = difference.diff(dim=-2).abs().mean(), difference.diff(dim=-1).abs().mean()
    return (down + across) / 2


def dissimilarity(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """1 - SSIM, the average over bands and whole windows, for a range of 1.0.

    Gaussian windows of deviation 1.5 over 11×11 pixels, K1 0.01, K2 0.03, in float32 or better.

    References:
        [wang2004ssim]; a term of team MIALGO's loss, [arad2022ntire], section 6.2.
    """
    luminance, structure = _similarities(reconstruction, cube)
    return 1 - (luminance * structure).mean()


def luminance_dissimilarity(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """1 - the luminance part of SSIM: whether local means agree.

    References:
        [wang2004ssim], equation 6; team MIALGO's loss late in training: [arad2022ntire],
        section 6.2.
    """
    return 1 - _similarities(reconstruction, cube)[0].mean()


def _similarities(one: Tensor, two: Tensor) -> tuple[Tensor, Tensor]:
    """The two factors of SSIM at every whole window: of the means, and of what varies around."""
    bands = one.shape[1]
    place = torch.arange(WINDOW, device=one.device) - WINDOW // 2
    weights = torch.exp(-(place**2) / (2 * DEVIATION**2)).to(one.dtype)
    weights = (weights / weights.sum()).expand(bands, 1, 1, WINDOW)

    def mean(x: Tensor) -> Tensor:
        return conv2d(conv2d(x, weights, groups=bands), weights.mT, groups=bands)

    with torch.autocast(one.device.type, enabled=False):
        mu_one, mu_two = mean(one), mean(two)
        spread = mean(one * one) - mu_one**2 + mean(two * two) - mu_two**2
        together = mean(one * two) - mu_one * mu_two
        luminance = (2 * mu_one * mu_two + C1) / (mu_one**2 + mu_two**2 + C1)
        return luminance, (2 * together + C2) / (spread + C2)


def second_order(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """SOPC: mean absolute difference of the two covariances between bands.

    Covariances are taken per image over its pixels, in float32 whatever the precision around.

    References:
        [wu2023hprn], equations 14 and 15.
    """
    return (_covariance(reconstruction) - _covariance(cube)).abs().mean()


def _covariance(cube: Tensor) -> Tensor:
    """How the bands of each image vary together: (n, bands, rows, columns) → (n, bands, bands)."""
    pixels = cube.flatten(2)
    with torch.autocast(cube.device.type, enabled=False):
        pixels = pixels.to(torch.promote_types(pixels.dtype, torch.float32))
        centred = pixels - pixels.mean(-1, keepdim=True)
        return centred @ centred.mT / pixels.shape[-1]
