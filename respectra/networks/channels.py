"""Arithmetic of attention among channels: sums over pixels, and a matrix for each image.

A relation of channels is a sum over all pixels of an image, a small matrix. Small matrices are
computed in float64, so that their products do not add to the rounding of the features.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from respectra.networks.fused import HALF
from respectra.networks.layers import disable_autocast, multiply_pixels

PART = 1024  # pixels of a part of a sum over pixels


def sum_products(image: Tensor) -> Tensor:
    """Sum the products of every pair of channels over the pixels of each image.

    The pixels are cut into parts whose products run side by side, and the parts are added in
    float64. One product along all pixels keeps few processors of a GPU busy and rounds more.

    Args:
        image: (n, channels, rows, columns).

    Returns:
        (n, channels, channels), float64.
    """
    return _SumProducts.apply(image)  # type: ignore[no-untyped-call]


def correlate_channels(x: Tensor, y: Tensor, heads: int) -> tuple[Tensor, Tensor, Tensor]:
    """Sum products of two images' channels, head by head, and their squares, over the pixels.

    Args:
        x: (n, channels, rows, columns).
        y: the shape of `x`.
        heads: number of equal groups of channels; a divisor of `channels`.

    Returns:
        Products (n, heads, channels / heads of x, channels / heads of y), squares of x and squares
        of y, both (n, channels); float64.
    """
    return _Correlate.apply(x, y, heads)  # type: ignore[no-untyped-call]


def compute_cosines(x: Tensor, y: Tensor, heads: int) -> Tensor:
    """Compute the cosines between the channels of two images, each channel a vector over pixels.

    Args:
        x: (n, channels, rows, columns).
        y: the shape of `x`.
        heads: see `correlate_channels`.

    Returns:
        (n, heads, channels / heads of x, channels / heads of y), float64.
    """
    with disable_autocast(x.device):
        products, *squares = correlate_channels(x, y, heads)
        rates = (s.clamp_min(1e-24).rsqrt().unflatten(-1, (heads, -1)) for s in squares)
        x_rate, y_rate = rates
        return products * x_rate[..., None] * y_rate[..., None, :]


def mix_channels(image: Tensor, matrix: Tensor) -> Tensor:
    """Multiply each pixel of each image by the matrix of that image.

    Args:
        image: (n, inputs, rows, columns).
        matrix: (n, outputs, inputs).

    Returns:
        (n, outputs, rows, columns), channels-last.
    """
    if len(image) == 1 and image.device.type == "cpu" and image.dtype == torch.float32:
        return multiply_pixels(image, matrix[0].to(image.dtype))  # half of the product's time
    pixels = as_pixels(image)
    mixed = pixels @ matrix.to(pixels.dtype).mT
    return mixed.unflatten(1, image.shape[-2:]).permute(0, 3, 1, 2)


def as_pixels(image: Tensor) -> Tensor:
    """(n, channels, rows, columns) → (n, pixels, channels), a view of channels-last memory."""
    return image.permute(0, 2, 3, 1).flatten(1, 2)


def _sum_over_pixels(x: Tensor, y: Tensor) -> Tensor:
    """xᵀy in float64 for x (n, pixels, a) and y (n, pixels, b): (n, a, b)."""
    whole = x.shape[1] - x.shape[1] % PART
    sums = []
    if whole:
        parts = (t[:, :whole].unflatten(1, (-1, PART)).flatten(0, 1) for t in (x, y))
        products = _multiply(*parts).unflatten(0, (len(x), -1))
        sums.append(products.sum(1, dtype=torch.float64))
    if whole < x.shape[1]:
        sums.append(_multiply(x[:, whole:], y[:, whole:]).double())
    return sums[0] if len(sums) == 1 else sums[0] + sums[1]


def _multiply(x: Tensor, y: Tensor) -> Tensor:
    """xᵀy of each part, added in float32 or finer."""
    if x.is_cuda and x.dtype in HALF:
        return torch.bmm(x.mT, y, out_dtype=torch.float32)
    dtype = torch.promote_types(x.dtype, torch.float32)
    return torch.bmm(x.to(dtype).mT, y.to(dtype))


def _gradient_dtype(dtype: torch.dtype) -> torch.dtype:
    """The dtype of products in a backward pass: sums over pixels have tiny gradients."""
    return torch.float32 if dtype == torch.float16 else dtype


class _SumProducts(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, image: Tensor) -> Tensor:
        ctx.save_for_backward(image)
        with disable_autocast(image.device):
            return _sum_over_pixels(as_pixels(image), as_pixels(image))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (image,) = ctx.saved_tensors
        dtype = _gradient_dtype(image.dtype)
        with disable_autocast(image.device):
            return mix_channels(image.to(dtype), grad + grad.mT).to(image.dtype)


class _Correlate(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor, heads: int) -> tuple[Tensor, Tensor, Tensor]:
        ctx.save_for_backward(x, y)
        ctx.heads = heads
        pixels = as_pixels(x), as_pixels(y)
        with disable_autocast(x.device):
            parts = zip(*(p.chunk(heads, dim=-1) for p in pixels), strict=True)
            products = torch.stack([_sum_over_pixels(*part) for part in parts], dim=1)
            return products, _sum_squares(pixels[0]), _sum_squares(pixels[1])

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, grad: Tensor, grad_x: Tensor, grad_y: Tensor
    ) -> tuple[Tensor, Tensor, None]:
        x, y = ctx.saved_tensors
        dtype = _gradient_dtype(x.dtype)
        with disable_autocast(x.device):
            gradients = [
                mix_channels(b.to(dtype), _block_diagonal(matrix)).addcmul_(
                    a.to(dtype), 2 * squares.to(dtype)[..., None, None]
                )
                for a, b, matrix, squares in ((x, y, grad, grad_x), (y, x, grad.mT, grad_y))
            ]
        return gradients[0].to(x.dtype), gradients[1].to(y.dtype), None


def _sum_squares(pixels: Tensor) -> Tensor:
    """Sum the squares over pixels: (n, pixels, channels) → (n, channels), float64."""
    dtype = torch.promote_types(pixels.dtype, torch.float32)
    if pixels.is_cuda:  # reads the features once
        return torch.linalg.vector_norm(pixels, dim=1, dtype=dtype).double().square()
    pixels = pixels.to(dtype)  # on a CPU a sum of squares takes half the time of a norm
    return (pixels * pixels).sum(1).double()


def _block_diagonal(blocks: Tensor) -> Tensor:
    """(n, heads, a, a) → (n, heads · a, heads · a), zero between the heads."""
    heads = blocks.shape[1]
    eye = torch.eye(heads, dtype=blocks.dtype, device=blocks.device)
    return (blocks[:, :, :, None] * eye[:, None, :, None]).flatten(3, 4).flatten(1, 2)


def attend(relation: Tensor, output: Tensor, values: Tensor) -> Tensor:
    """Mix the values' channels within each head, then join the heads by a linear layer.

    Args:
        relation: of each head, (n, heads, channels / heads, channels / heads), float64.
        output: weight of the linear layer, (outputs, channels).
        values: (n, channels, rows, columns).

    Returns:
        (n, outputs, rows, columns).
    """
    heads = relation.shape[1]
    if values.is_meta:  # multiplications are counted as the papers state them, pixel by pixel
        tokens = as_pixels(values).unflatten(-1, (heads, -1)).transpose(1, 2)
        attended = (tokens @ relation.to(tokens.dtype).mT).transpose(1, 2).flatten(2)
        return (attended @ output.T).mT.unflatten(-1, values.shape[-2:])
    return mix_channels(values, join_heads(relation, output))


def join_heads(relation: Tensor, output: Tensor) -> Tensor:
    """Multiply the heads' relations by a linear layer: the matrix of `attend`, float64.

    Args and shapes are those of `attend`.

    Returns:
        (n, outputs, channels).
    """
    with disable_autocast(relation.device):
        layers = output.double().unflatten(1, (relation.shape[1], -1)).transpose(0, 1)
        return (layers @ relation).transpose(1, 2).flatten(2)
