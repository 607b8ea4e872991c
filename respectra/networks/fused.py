"""Operations between the convolutions, in plain PyTorch and, on a GPU with Triton, in one kernel.

Each public function chooses by itself. The plain form runs on a CPU, without Triton, under
`torch.compile` (whose compiler fuses by itself), in exports and on `meta` tensors. Both forms agree
to rounding; the kernels compute in float32 whatever the dtype of the features.
"""

import os
from importlib.util import find_spec
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from respectra.networks.layers import multiply_pixels

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"  # Triton's kernels run in Python, on a CPU
HAS_TRITON = find_spec("triton") is not None
if HAS_TRITON:
    from respectra.networks import kernels

HALF = (torch.bfloat16, torch.float16)


def uses_kernels(x: Tensor) -> bool:
    """Return whether the kernels compute an operation on `x`."""
    return (
        HAS_TRITON
        and (x.is_cuda or (INTERPRETED and x.device.type == "cpu"))
        and x.dtype in (torch.float32, *HALF)
        and not torch.compiler.is_compiling()
    )


def layer_norm(norm: nn.LayerNorm, image: Tensor) -> Tensor:
    """Apply a layer norm over the channels of each pixel.

    Args:
        norm: its normalised shape is (channels,).
        image: (n, channels, rows, columns).

    Returns:
        The shape of `image`.
    """
    if uses_kernels(image):
        return _LayerNorm.apply(image, norm.weight, norm.bias, norm.eps)  # type: ignore[no-untyped-call]
    return norm(image.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def convolve_depthwise(
    image: Tensor,
    kernel: nn.Module | Tensor,
    bias: Tensor | None = None,
    *,
    gelu_before: bool = False,
    gelu_after: bool = False,
) -> Tensor:
    """Convolve each channel with its own kernel, zero-padded to the same size.

    Args:
        image: (n, channels, rows, columns).
        kernel: (channels, 1, side, side), or a convolution without bias that has it; kernels of
            other sides than 3 take the plain form.
        bias: (channels,), or None.
        gelu_before: apply a GELU to the image first.
        gelu_after: apply a GELU to the result.

    Returns:
        The shape of `image`.
    """
    weight = kernel if isinstance(kernel, Tensor) else kernel.weight
    assert isinstance(weight, Tensor)
    if weight.shape[-1] == 3 and uses_kernels(image):
        return _Depthwise.apply(image, weight, bias, gelu_before, gelu_after)  # type: ignore[no-untyped-call]
    if gelu_before:
        image = F.gelu(image)
    padding = weight.shape[-1] // 2
    image = F.conv2d(image, weight, bias, padding=padding, groups=len(weight))
    return F.gelu(image) if gelu_after else image


def convolve_in_parts(
    image: Tensor, pointwise: nn.Conv2d, depthwise: nn.Conv2d, count: int, *, gelu: bool = False
) -> list[Tensor]:
    """Apply a 1×1 and a depth-wise convolution and return the output channels in equal parts.

    The result equals `depthwise(pointwise(image)).chunk(count, dim=1)`. Convolving part by part
    avoids the concatenation of the parts' gradients, which takes as long as a convolution.

    Args:
        image: (n, channels, rows, columns).
        pointwise: a 1×1 convolution without bias.
        depthwise: a depth-wise convolution without bias, as wide as the output of `pointwise`.
        count: number of parts.
        gelu: apply a GELU to the first part.

    Returns:
        `count` tensors (n, width / count, rows, columns).
    """
    return [
        convolve_depthwise(
            multiply_pixels(image, mixing.flatten(1)), kernel, gelu_after=gelu and part == 0
        )
        for part, (mixing, kernel) in enumerate(
            zip(pointwise.weight.chunk(count), depthwise.weight.chunk(count), strict=True)
        )
    ]


def _rows_of(image: Tensor) -> tuple[Tensor, int, int, int, int]:
    """The channels-last memory of an image, and its (n, channels, rows, columns)."""
    image = image.contiguous(memory_format=torch.channels_last)
    n, channels, rows, columns = image.shape
    return image, n, channels, rows, columns


def _like(image: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    return torch.empty_like(image, dtype=dtype, memory_format=torch.channels_last)


def _working_dtype(image: Tensor) -> torch.dtype:
    """The dtype of the results: that of autocast where it is on, else the image's."""
    device = image.device.type
    if torch.is_autocast_enabled(device):
        return torch.get_autocast_dtype(device)
    return image.dtype


def _width(channels: int) -> int:
    """The channels of a tile: a power of two."""
    return 1 << max(channels - 1, 1).bit_length()


class _LayerNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, image: Tensor, scale: Tensor, shift: Tensor, epsilon: float) -> Tensor:
        image, n, channels, rows, columns = _rows_of(image)
        ctx.save_for_backward(image, scale)
        ctx.epsilon = epsilon
        result = _like(image, _working_dtype(image))
        pixels, width = n * rows * columns, _width(channels)
        tile = max(2048 // width, 1)
        kernels.norm_forward[(-(-pixels // tile),)](
            image, scale, shift, result, pixels, channels, epsilon, TILE=tile, WIDTH=width
        )
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        image, scale = ctx.saved_tensors
        grad, n, channels, rows, columns = _rows_of(grad)
        pixels, width = n * rows * columns, _width(channels)
        tile = max(1024 // width, 1)
        programs = min(-(-pixels // tile), PROGRAMS)
        result = _like(image)
        partial = torch.empty((programs, 2, channels), dtype=torch.float32, device=image.device)
        kernels.norm_backward[(programs,)](
            image, scale, grad, result, partial, pixels, channels, ctx.epsilon,
            TILE=tile, WIDTH=width,
        )  # fmt: skip
        scale_grad, shift_grad = partial.sum(0).to(scale.dtype)
        return result, scale_grad, shift_grad, None


PROGRAMS = 1024  # programs that each add up the gradients of many tiles


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, image: Tensor, weight: Tensor, bias: Tensor | None, before: bool, after: bool
    ) -> Tensor:
        image = _rows_of(image)[0]
        ctx.save_for_backward(image, weight, bias)
        ctx.before, ctx.after = before, after
        result = _like(image, _working_dtype(image))
        end = kernels.GELU if after else kernels.PLAIN
        _convolve(image, weight, result, end, bias=bias, before=before)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        image, weight, bias = ctx.saved_tensors
        grad = _rows_of(grad)[0]
        if ctx.after:  # the gradient of the sum, which is computed again
            inner = _like(grad)
            _convolve(
                image, weight, inner, kernels.TIMES_SLOPE, bias=bias, other=grad, before=ctx.before
            )
            grad = inner
        image_grad, sums = _convolve_backward(grad, image, weight, ctx.before)
        weight_grad = sums[:9].T.reshape(weight.shape).to(weight.dtype)
        bias_grad = None if bias is None else sums[9].to(bias.dtype)
        return image_grad, weight_grad, bias_grad, None, None


def _convolve(
    image: Tensor, weight: Tensor, result: Tensor, end: Any,
    *, bias: Tensor | None = None, other: Tensor | None = None, before: bool = False,
) -> None:  # fmt: skip
    n, channels, rows, columns = image.shape
    width = min(_width(channels), 128)
    tile, height = max(512 // width, 1), 8
    grid = (-(-columns // tile) * -(-channels // width), -(-rows // height), n)
    kernels.depthwise[grid](
        image, weight.reshape(channels, 9).contiguous(), weight if bias is None else bias,
        image if other is None else other, result, rows, columns, channels,
        BIAS=bias is not None, GELU_BEFORE=before, END=end, ROWS=height, TILE=tile, WIDTH=width,
    )  # fmt: skip


def _convolve_backward(
    grad: Tensor, image: Tensor, weight: Tensor, before: bool
) -> tuple[Tensor, Tensor]:
    """Gradients of the image, and of kernel (nine rows) and bias (one row)."""
    n, channels, rows, columns = image.shape
    width = min(_width(channels), 128)
    tile, height = (2 if width == 128 else 512 // width), 16
    blocks, bands = -(-columns // tile), -(-rows // height)
    partial = torch.empty((n * bands * blocks, 10, channels), device=image.device)
    image_grad = _like(image)
    grid = (blocks * -(-channels // width), bands, n)
    kernels.depthwise_backward[grid](
        grad, image, weight.reshape(channels, 9).contiguous(), image_grad, partial,
        rows, columns, channels,
        GELU_BEFORE=before, ROWS=height, TILE=tile, WIDTH=width,
    )  # fmt: skip
    return image_grad, partial.sum(0)
