"""What several networks compute: products of pixels, means of regions, interpolation, slabs."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.networks.constants import keep_constant


def pool_to_grid(image: Tensor, grid: int) -> Tensor:
    """Compute the means of grid × grid regions of an image.

    The result equals `adaptive_avg_pool2d(image, grid)`, whose CUDA kernel takes longer for
    channels-last features than all convolutions of a network.

    Args:
        image: (n, channels, rows, columns).
        grid: rows and columns of the result.

    Returns:
        (n, channels, grid, grid).
    """
    if not image.is_cuda:
        return F.adaptive_avg_pool2d(image, grid)
    features = image.permute(0, 2, 3, 1)  # (n, rows, columns, channels)
    features = _average_regions(features.flatten(2), grid).unflatten(2, (image.shape[-1], -1))
    return (
        _average_regions(features.flatten(0, 1), grid).unflatten(0, (-1, grid)).permute(0, 3, 1, 2)
    )


def _average_regions(features: Tensor, grid: int) -> Tensor:
    """Average regions of the middle axis by a matrix product: (n, side, m) → (n, grid, m)."""
    side = features.shape[1]
    device, dtype = features.device, features.dtype
    regions = keep_constant(_build_regions, side, grid, device=device, dtype=dtype)
    factors = keep_constant(_build_region_factors, side, grid, device=device, dtype=dtype)
    return (regions @ features) * factors


def _build_regions(side: int, grid: int) -> Tensor:
    """A matrix that sums regions, (grid, side).

    It holds a power of two, which is exact in half precision; `_build_region_factors` corrects it.
    """
    regions = F.adaptive_avg_pool1d(torch.eye(side)[None], grid)[0].mT > 0
    return regions / 2.0 ** (side // grid).bit_length()


def _build_region_factors(side: int, grid: int) -> Tensor:
    """The factors that make means of the sums of regions, (grid, 1)."""
    return 1 / _build_regions(side, grid).sum(1, keepdim=True)


def interpolate_channels(image: Tensor, bands: int) -> Tensor:
    """Interpolate three channels linearly to `bands` channels.

    The first, middle and last input channels lie at the first, middle and last positions of the
    channel axis.

    Args:
        image: (n, 3, rows, columns).
        bands: number of output channels.

    Returns:
        (n, bands, rows, columns).

    Example:
        >>> image = torch.tensor([0.0, 1.0, 0.0]).reshape(1, 3, 1, 1)
        >>> interpolate_channels(image, 5).ravel().tolist()
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    matrix = keep_constant(_build_interpolation, bands, device=image.device, dtype=image.dtype)
    return F.conv2d(image, matrix[..., None, None])


def _build_interpolation(bands: int) -> Tensor:
    """The matrix of `interpolate_channels`, (bands, 3), in float64."""
    position = torch.linspace(0, 2, bands, dtype=torch.float64)
    left = position.floor().clamp(max=1)
    matrix = torch.zeros(bands, 3, dtype=torch.float64)
    matrix.scatter_(1, left.long()[:, None], (1 - (position - left))[:, None])
    return matrix.scatter_(1, left.long()[:, None] + 1, (position - left)[:, None])


def initialise_xavier(network: nn.Module, gain: float, *, normal: bool = False) -> None:
    """Draw the weights of all convolutions as Glorot and Bengio do; biases become zero.

    Weights that are zero, such as those of an output that starts as the identity, stay zero.

    Args:
        network: changed in place.
        gain: factor of the deviation.
        normal: draw from a normal distribution; else from a uniform one.
    """
    draw = nn.init.xavier_normal_ if normal else nn.init.xavier_uniform_
    for module in network.modules():
        if not isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            continue
        if module.weight.is_meta or module.weight.any():
            draw(module.weight, gain=gain)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def project_without_noise(cube: Tensor, response: Tensor, gain: Tensor) -> Tensor:
    """Return the pictures of a camera without noise and compression.

    Args:
        cube: (n, bands, rows, columns), patches of scenes.
        response: the camera's response, (3, bands).
        gain: the gain of each patch's whole scene, (n,).

    Returns:
        (n, 3, rows, columns), clipped at 1.
    """
    projection = torch.einsum("cb,nbhw->nchw", response, cube)
    return (gain[:, None, None, None] * projection).clamp(0.0, 1.0)


def disable_autocast(device: torch.device) -> AbstractContextManager[Any]:
    """Return a context without autocast, for sums that overflow in half precision."""
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    return torch.autocast(device.type, enabled=False)


def apply_pointwise(layer: nn.Module, image: Tensor) -> Tensor:
    """Apply a linear layer, or a 1×1 convolution, at each pixel.

    On a CPU a convolution of oneDNN takes half of the time of the equivalent matrix product; on a
    GPU the product takes half of the time of the convolution.

    Args:
        layer: its weight is (outputs, inputs) or (outputs, inputs, 1, 1).
        image: (n, inputs, rows, columns).

    Returns:
        (n, outputs, rows, columns).
    """
    assert isinstance(layer, nn.Linear | nn.Conv2d)
    return multiply_pixels(image, layer.weight.flatten(1), layer.bias)


def multiply_pixels(image: Tensor, matrix: Tensor, bias: Tensor | None = None) -> Tensor:
    """Multiply each pixel by a matrix (outputs, inputs) and add a bias; see `apply_pointwise`."""
    if image.is_cuda:
        return F.linear(image.permute(0, 2, 3, 1), matrix, bias).permute(0, 3, 1, 2)
    # The dilation has no effect on one pixel; see `respectra.device.choose_convolutions`.
    return F.conv2d(image, matrix[..., None, None], bias, dilation=2)


def apply_to_vectors(layers: nn.Module, vectors: Tensor) -> Tensor:
    """Apply 1×1 convolutions, and activations between them, to images of one pixel.

    A matrix product is one kernel on a GPU, a convolution of one pixel several.

    Args:
        layers: a 1×1 convolution, or a sequence of them and activations.
        vectors: (n, inputs).

    Returns:
        (n, outputs).
    """
    for layer in [layers] if isinstance(layers, nn.Conv2d) else layers.children():
        if isinstance(layer, nn.Conv2d):
            vectors = F.linear(vectors, layer.weight.flatten(1), layer.bias)
        else:
            vectors = layer(vectors)
    return vectors


def apply_to_pair(conv: nn.Conv2d, first: Tensor, second: Tensor) -> Tensor:
    """Apply a 1×1 convolution to the concatenation of two images.

    On a GPU the two are multiplied one after the other, without copying them into one.

    Args:
        conv: a 1×1 convolution.
        first: (n, a, rows, columns).
        second: (n, b, rows, columns); a + b are the convolution's inputs.

    Returns:
        (n, outputs, rows, columns).
    """
    if not first.is_cuda:
        return conv(torch.cat([first, second], dim=1))
    matrices = conv.weight.flatten(1).split([first.shape[1], second.shape[1]], dim=1)
    return multiply_pixels(first, matrices[0], conv.bias) + multiply_pixels(second, matrices[1])


def upsample_and_mix(upsample: nn.Module, pointwise: nn.Module, image: Tensor) -> Tensor:
    """Resize an image, then apply a 1×1 convolution without bias, in the faster order.

    Both are linear, one in space and one in the channels, so that their order does not matter.

    Args:
        upsample: enlarges the image.
        pointwise: the convolution.
        image: (n, inputs, rows, columns).

    Returns:
        (n, outputs, rows of the result, columns of the result).
    """
    if image.is_meta:  # multiplications are counted as the papers state them
        return pointwise(upsample(image))
    return upsample(pointwise(image))


LARGE = 2**21  # values per image; the intermediate features of a larger image exceed the caches


def apply_in_slabs(
    layer: Callable[[Tensor], Tensor], image: Tensor, *, reach: int, rows: int = 16
) -> Tensor:
    """Apply a layer to a large image in slabs of rows, so that intermediate features fit the cache.

    The result equals `layer(image)`. Small images, images on a GPU, and forward passes that record
    gradients are computed at once: gradients keep all intermediate features in memory anyway.

    Args:
        layer: a layer whose output has the rows and columns of its input.
        image: (n, channels, rows, columns).
        reach: number of rows above and below a pixel on which its output depends.
        rows: height of a slab in pixels.

    Returns:
        The layer's output, (n, channels, rows, columns).
    """
    if torch.is_grad_enabled() or image.device.type != "cpu" or image[0].numel() < LARGE:
        return layer(image)
    slabs = []
    for first in range(0, image.shape[-2], rows):
        top, last = max(first - reach, 0), min(first + rows, image.shape[-2])
        slab = layer(image[..., top : last + reach, :])
        slabs.append(slab[..., first - top : last - top, :])
    return torch.cat(slabs, dim=-2)
