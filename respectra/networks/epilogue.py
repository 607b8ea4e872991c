"""What follows a convolution: bias, gate, residual, activation and padding, in one pass.

On a GPU a convolution takes less time than four passes over its result. The plain form is used
wherever `respectra.networks.fused.uses_kernels` says so.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from respectra.networks.constants import keep_constant
from respectra.networks.fused import HAS_TRITON, uses_kernels
from respectra.networks.padding import reflect

if HAS_TRITON:
    from respectra.networks import epilogue_kernels

Slope = nn.Module | Tensor | float | None


def convolve(
    conv: nn.Module,
    image: Tensor,
    slope: Slope = None,
    residual: Tensor | None = None,
    *,
    add_first: bool = False,
    scale: float = 1.0,
) -> Tensor:
    """Apply a convolution and what follows it.

    Args:
        conv: the convolution.
        image: (n, inputs, rows, columns).
        slope, residual, add_first, scale: see `finish`.

    Returns:
        (n, outputs, rows of the result, columns of the result).
    """
    assert isinstance(conv, nn.Conv2d)
    if conv.padding_mode == "reflect" and min(image.shape[-2:]) <= int(conv.padding[0]):
        padded = reflect(image, int(conv.padding[0]))  # PyTorch refuses images as small as that
        result = F.conv2d(padded, conv.weight, conv.bias, conv.stride)
        return finish(result, slope, residual, add_first=add_first, scale=scale)
    if not uses_kernels(image) or conv.padding_mode != "zeros":
        result = nn.Conv2d.forward(conv, image)  # without the activation of a subclass
        return finish(result, slope, residual, add_first=add_first, scale=scale)
    result = F.conv2d(
        image, conv.weight, None, conv.stride, conv.padding, conv.dilation, conv.groups
    )
    return finish(result, slope, residual, bias=conv.bias, add_first=add_first, scale=scale)


def finish(
    x: Tensor,
    slope: Slope = None,
    residual: Tensor | None = None,
    *,
    bias: Tensor | None = None,
    gate: Tensor | None = None,
    add_first: bool = False,
    scale: float = 1.0,
    padding: int = 0,
) -> Tensor:
    """Compute scale · activation(gate · x + bias) + residual, padded by reflection.

    Args:
        x: (n, channels, rows, columns).
        slope: of the activation below zero: 0 for a ReLU, a number for a leaky ReLU, an
            `nn.PReLU` with one parameter, or that parameter; None is no activation.
        residual: the shape of `x`, or that of `x` padded by reflection on all sides.
        bias: (channels,), or (n, channels).
        gate: (n, channels).
        add_first: add the residual before the activation instead of after it.
        scale: a factor of the activation.
        padding: rows and columns of padding on each side of the result.

    Returns:
        (n, channels, rows + 2 padding, columns + 2 padding).
    """
    if isinstance(slope, nn.Module):
        assert isinstance(slope, nn.PReLU)
        slope = slope.weight
    inner = 0 if residual is None else (residual.shape[-1] - x.shape[-1]) // 2
    if uses_kernels(x):
        if isinstance(slope, float):
            slope = keep_constant(_build_slope, slope, device=x.device)
            is_learned = False
        else:
            is_learned = slope is not None
        return _Epilogue.apply(  # type: ignore[no-untyped-call]
            x, bias, gate, residual, slope, is_learned, add_first, scale, inner, padding
        )
    if gate is not None:
        x = gate[..., None, None] * x
    if bias is not None:
        x = x + bias[..., None, None]
    if residual is not None and inner:
        residual = residual[..., inner:-inner, inner:-inner]
    if residual is not None and add_first:
        x = x + residual
    x = _activate(x, slope)
    if scale != 1:
        x = scale * x
    if residual is not None and not add_first:
        x = x + residual
    return reflect(x, padding) if padding else x


class Residual(nn.Sequential):
    """The residual block of EDSR, HDNet and HSCNN-R: x + conv3×3(ReLU(conv3×3(x)))."""

    def __init__(self, width: int) -> None:
        super().__init__(
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1)
        )

    def forward(self, input: Tensor) -> Tensor:
        """(n, width, rows, columns) → the same shape."""
        first, _, second = self
        return convolve(second, convolve(first, input, 0.0), residual=input)


def prepare_residual(padded: Tensor, padding: int) -> Tensor:
    """Return features for several calls of `finish`: as they are for the kernels, else cropped.

    Args:
        padded: features padded by reflection on all sides.
        padding: rows and columns of padding.
    """
    if uses_kernels(padded):
        return padded
    return padded[..., padding:-padding, padding:-padding]


def _activate(x: Tensor, slope: Tensor | float | None) -> Tensor:
    if slope is None:
        return x
    if isinstance(slope, Tensor):
        return F.prelu(x, slope)
    return F.leaky_relu(x, slope) if slope else torch.relu(x)


def _build_slope(value: float) -> Tensor:
    """A slope as the kernels read it, (1,)."""
    return torch.full((1,), value)


def _tile(channels: int, values: int) -> tuple[int, int]:
    """Columns and channels of a tile of about as many values."""
    width = min(1 << max(channels - 1, 1).bit_length(), 256)
    return max(values // width, 1), width


def _join_rows(shape: torch.Size, inner: int, padding: int) -> tuple[int, int]:
    """Rows and columns: one long row where nothing is padded and indices fit 32 bits."""
    _, channels, rows, columns = shape
    if inner or padding or channels * rows * columns >= 2**31:
        return rows, columns
    return 1, rows * columns


class _Epilogue(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, bias: Tensor | None, gate: Tensor | None, residual: Tensor | None,
        slope: Tensor | None, is_learned: bool, add_first: bool, scale: float,
        inner: int, padding: int,
    ) -> Tensor:  # fmt: skip
        x = x.contiguous(memory_format=torch.channels_last)
        if residual is not None:
            residual = residual.contiguous(memory_format=torch.channels_last)
        n, channels, rows, columns = x.shape
        shape = (n, channels, rows + 2 * padding, columns + 2 * padding)
        result = _empty(shape, x, x.dtype)
        # The sign of the result is that before the activation, so that x need not be kept.
        from_result = (
            not is_learned and gate is None and scale == 1 and (residual is None or add_first)
        )
        needed = None if slope is None and gate is None else result if from_result else x
        kept_residual = residual if add_first and not from_result else None
        ctx.save_for_backward(needed, bias, gate, kept_residual, slope)
        ctx.is_learned, ctx.add_first, ctx.scale = is_learned, add_first, scale
        ctx.inner, ctx.padding, ctx.from_result = inner, padding, from_result
        ctx.shape, ctx.has_residual = x.shape, residual is not None
        ctx.residual_dtype = None if residual is None else residual.dtype
        rows, columns = _join_rows(ctx.shape, inner, padding)
        length = (columns + 2 * padding) * channels
        epilogue_kernels.epilogue_forward[(-(-length // 1024), rows + 2 * padding, n)](
            x, _or(bias, x), _or(gate, x), _or(residual, x), _or(slope, x), result,
            rows, columns, scale, channels,
            BIAS=0 if bias is None else bias.dim(),
            GATE=gate is not None, RESIDUAL=residual is not None, SLOPE=slope is not None,
            FIRST=add_first, INNER=inner, PADDING=padding, SIZE=1024,
        )  # fmt: skip
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, bias, gate, residual, slope = ctx.saved_tensors
        grad = grad.contiguous(memory_format=torch.channels_last)
        n, channels, rows, columns = ctx.shape
        grad_x = _empty(ctx.shape, grad, grad.dtype)
        inner, padding = ctx.inner, ctx.padding
        grad_residual = None
        if ctx.has_residual:
            shape = (n, channels, rows + 2 * inner, columns + 2 * inner)
            grad_residual = _empty(shape, grad, ctx.residual_dtype)
            if inner:
                grad_residual.zero_()
        rows, columns = _join_rows(ctx.shape, inner, padding)
        (tile, width), steps = _tile(channels, 1024), 8
        blocks, chunks = -(-columns // (tile * steps)), -(-channels // width)
        sums = bias is not None or gate is not None or ctx.is_learned
        programs = n * rows * blocks if sums else 1
        partial = grad.new_empty((programs, 2, channels), dtype=torch.float32)
        partial_slope = grad.new_empty((programs, chunks), dtype=torch.float32)
        epilogue_kernels.epilogue_backward[(blocks * chunks, rows, n)](
            grad, _or(x, grad), _or(bias, grad), _or(gate, grad), _or(residual, grad),
            _or(slope, grad), grad_x, _or(grad_residual, grad), partial, partial_slope,
            rows, columns, channels, ctx.scale,
            BIAS=0 if bias is None else bias.dim(),
            GATE=gate is not None, RESIDUAL=ctx.has_residual,
            SLOPE=slope is not None, FIRST=ctx.add_first, INNER=inner, PADDING=padding,
            FROM_RESULT=x is not None and ctx.from_result, SUMS=sums,
            TILE=tile, WIDTH=width, STEPS=steps,
        )  # fmt: skip
        grad_bias = grad_gate = None
        if bias is not None:
            grad_bias = partial[:, 0].unflatten(0, (len(bias) if bias.dim() == 2 else 1, -1)).sum(1)
            grad_bias = grad_bias.reshape(bias.shape).to(bias.dtype)
        if gate is not None:
            grad_gate = partial[:, 1].unflatten(0, (n, -1)).sum(1).to(gate.dtype)
        grad_slope = partial_slope.sum().reshape(slope.shape) if ctx.is_learned else None
        return grad_x, grad_bias, grad_gate, grad_residual, grad_slope, *(None,) * 5


def _empty(shape: Sequence[int], like: Tensor, dtype: torch.dtype) -> Tensor:
    """A channels-last tensor on the device of another."""
    return torch.empty(shape, dtype=dtype, device=like.device, memory_format=torch.channels_last)


def _or(tensor: Tensor | None, other: Tensor) -> Tensor:
    """A kernel takes a tensor for each argument, also for those that it does not read."""
    return other if tensor is None else tensor
