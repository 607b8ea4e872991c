"""Losses: each takes a reconstruction and its true cube, (n, bands, rows, columns)."""

import torch
from torch import Tensor
from torch.nn.functional import conv2d

WINDOW, DEVIATION = 11, 1.5  # of SSIM's window and its Gaussian, in pixels
C1, C2 = 0.01**2, 0.03**2


def mrae(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Return the mean relative absolute error.

    The cube must be positive; nothing is added to the denominator.

    Example:
        >>> import torch
        >>> cube = torch.full((1, 31, 2, 2), 0.5)
        >>> round(mrae(1.1 * cube, cube).item(), 6)
        0.1

    References:
        [arad2022ntire], equation 1; [cai2022mstpp], equation 8.
    """
    return ((reconstruction - cube).abs() / cube).mean()


def log_mrae(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Return the mean over the images of the natural logarithm of an image's MRAE.

    A step then lowers each image's error in proportion. In the mean of MRAE itself, images with
    almost black bands outweigh all others. 0.01 is added to each MRAE, so that the logarithm of
    a perfect image is finite.

    Example:
        >>> import torch
        >>> cube = torch.full((2, 31, 2, 2), 0.5)
        >>> reconstruction = torch.tensor([1.09, 1.99]).reshape(2, 1, 1, 1) * cube
        >>> round(log_mrae(reconstruction, cube).exp().item() ** 2, 4)  # 0.1 times 1
        0.1
    """
    errors = ((reconstruction - cube).abs() / cube).mean((1, 2, 3))
    return (errors + 0.01).log().mean()


def l1(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Return the mean absolute error: the first term of [wu2023hprn], equation 15."""
    return (reconstruction - cube).abs().mean()


def mse(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Return the mean squared error."""
    return (reconstruction - cube).square().mean()


def angle(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Return the mean angle between spectra in radians, the metric `sam` of each pixel.

    Below 0.0014 rad an angle counts as 0.0014 rad, where its gradient would become infinite.

    Example:
        >>> import torch
        >>> one, two = torch.tensor([[1.0, 0.0], [1.0, 1.0]]).reshape(2, 1, 2, 1, 1)
        >>> round(angle(one, two).item(), 4)
        0.7854
    """
    cosine = torch.cosine_similarity(reconstruction.float(), cube.float(), dim=1)
    return torch.arccos(cosine.clamp(-1 + 1e-6, 1 - 1e-6)).mean()


def edges(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Return the mean absolute difference of the cubes' gradients along rows and columns.

    Example:
        >>> import torch
        >>> cube = torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])
        >>> edges(torch.zeros_like(cube), cube).item(), edges(cube + 3, cube).item()
        (0.5, 0.0)

    References:
        [arad2022ntire], section 6.10, names an edge-preserving loss without a formula.
    """
    difference = reconstruction - cube
    vertical = difference.diff(dim=-2).abs().mean()
    horizontal = difference.diff(dim=-1).abs().mean()
    return (vertical + horizontal) / 2


def dissimilarity(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Return 1 - SSIM, averaged over bands and windows, for a range of 1.0.

    Gaussian windows of 11×11 pixels with deviation 1.5, K1 0.01, K2 0.03, in float32 or float64.

    References:
        [wang2004ssim]; a term of team MIALGO's loss, [arad2022ntire], section 6.2.
    """
    luminance, structure = _similarities(reconstruction, cube)
    return 1 - (luminance * structure).mean()


def luminance_dissimilarity(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Return 1 - the luminance factor of SSIM, which compares local means.

    References:
        [wang2004ssim], equation 6; team MIALGO's loss late in training: [arad2022ntire],
        section 6.2.
    """
    return 1 - _similarities(reconstruction, cube)[0].mean()


def _similarities(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The two factors of SSIM at every window: of the means, and of variances and covariance."""
    bands = x.shape[1]
    position = torch.arange(WINDOW, device=x.device) - WINDOW // 2
    weights = torch.exp(-(position**2) / (2 * DEVIATION**2)).to(x.dtype)
    weights = (weights / weights.sum()).expand(bands, 1, 1, WINDOW)

    def blur(image: Tensor) -> Tensor:
        return conv2d(conv2d(image, weights, groups=bands), weights.mT, groups=bands)

    with torch.autocast(x.device.type, enabled=False):
        mean_x, mean_y = blur(x), blur(y)
        variances = blur(x * x) - mean_x**2 + blur(y * y) - mean_y**2
        covariance = blur(x * y) - mean_x * mean_y
        luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
        return luminance, (2 * covariance + C2) / (variances + C2)


def second_order(reconstruction: Tensor, cube: Tensor) -> Tensor:
    """Return SOPC: the mean absolute difference of the cubes' covariances between bands.

    The covariances are those of an image's pixels, in float32 even under mixed precision.

    References:
        [wu2023hprn], equations 14 and 15.
    """
    return (_covariance(reconstruction) - _covariance(cube)).abs().mean()


def _covariance(cube: Tensor) -> Tensor:
    """The covariances between bands: (n, bands, rows, columns) → (n, bands, bands)."""
    pixels = cube.flatten(2)
    with torch.autocast(cube.device.type, enabled=False):
        pixels = pixels.to(torch.promote_types(pixels.dtype, torch.float32))
        centred = pixels - pixels.mean(-1, keepdim=True)
        return centred @ centred.mT / pixels.shape[-1]
