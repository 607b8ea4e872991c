"""Smoothing before every second pixel is taken, in plain PyTorch and in one kernel."""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch.autograd.function import once_differentiable

from respectra.networks.fused import HAS_TRITON, uses_kernels
from respectra.networks.padding import reflect

if HAS_TRITON:
    from respectra.networks import blur_kernels

SIZE = 1024  # values that a program computes


def halve_smoothed(image: Tensor, kernel: Tensor) -> Tensor:
    """Smooth an image that is padded by reflection and take every second pixel.

    Args:
        image: (n, channels, rows, columns).
        kernel: [1 2 1] ⊗ [1 2 1] / 16 for each channel, (channels, 1, 3, 3).

    Returns:
        (n, channels, rows / 2, columns / 2), sizes rounded up.
    """
    if uses_kernels(image) and min(image.shape[-2:]) > 1:
        return _HalveSmoothed.apply(image)  # type: ignore[no-untyped-call]
    return F.conv2d(reflect(image, 1), kernel, stride=2, groups=image.shape[1])


class _HalveSmoothed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, image: Tensor) -> Tensor:
        image = image.contiguous(memory_format=torch.channels_last)
        n, channels, rows, columns = ctx.shape = image.shape
        result = torch.empty(
            (n, channels, -(-rows // 2), -(-columns // 2)), dtype=image.dtype, device=image.device,
            memory_format=torch.channels_last,
        )  # fmt: skip
        grid = (-(-result.shape[-1] * channels // SIZE), result.shape[-2], n)
        blur_kernels.blur_forward[grid](image, result, rows, columns, channels, SIZE=SIZE)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        grad = grad.contiguous(memory_format=torch.channels_last)
        n, channels, rows, columns = ctx.shape
        image_grad = torch.empty(
            ctx.shape, dtype=grad.dtype, device=grad.device, memory_format=torch.channels_last
        )
        grid = (-(-columns * channels // SIZE), rows, n)
        blur_kernels.blur_backward[grid](grad, image_grad, rows, columns, channels, SIZE=SIZE)
        return image_grad
