"""Features that grow by channels, as dense connections need them, without a copy for each layer.

A concatenation for each layer copies all features so far, which takes longer than the convolutions
on a GPU. Here the features lie in one array from the start; a layer reads its first channels and
writes the next ones. Their gradients lie in one array in the same way.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from respectra.networks.channels import as_pixels


class GrowingFeatures:
    """Features of an image, to which layers append channels.

    Args:
        first: the first features, (n, channels, rows, columns).
        width: number of channels in the end.
    """

    def __init__(self, first: Tensor, width: int) -> None:
        self._features: Tensor = _Begin.apply(first, width)  # type: ignore[no-untyped-call]

    def multiply(self, weight: Tensor) -> Tensor:
        """Apply a 1×1 convolution without bias to all features so far.

        Args:
            weight: (outputs, channels so far, 1, 1).

        Returns:
            (n, outputs, rows, columns), channels-last.
        """
        matrix = weight.flatten(1).to(self._features.dtype)
        self._features, product = _Multiply.apply(self._features, matrix)  # type: ignore[no-untyped-call]
        return product

    def append(self, channels: Tensor) -> None:
        """Append channels, (n, channels, rows, columns)."""
        self._features = _Append.apply(self._features, channels)  # type: ignore[no-untyped-call]


def _pixels(features: Tensor) -> Tensor:
    """The pixels of all images as a matrix (pixels, channels)."""
    return as_pixels(features).flatten(0, 1)


def _select(features: Tensor, first: int, count: int) -> Tensor:
    """Some channels of the array in which features lie; autograd does not connect the two."""
    n, _, rows, columns = features.shape
    offset = features.storage_offset() + first
    return features.data.as_strided((n, count, rows, columns), features.stride(), offset)


class _Begin(torch.autograd.Function):
    """Copy the first features into an array of the final width."""

    @staticmethod
    def forward(ctx: Any, first: Tensor, width: int) -> Tensor:
        n, channels, rows, columns = first.shape
        array = torch.empty(
            (n, width, rows, columns), dtype=first.dtype, device=first.device,
            memory_format=torch.channels_last,
        )  # fmt: skip
        array[:, :channels] = first
        return _select(array, 0, channels)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad.contiguous(memory_format=torch.channels_last), None


class _Multiply(torch.autograd.Function):
    """Pass features on, and multiply their pixels by a matrix (outputs, channels)."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, matrix: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(matrix)
        ctx.set_materialize_grads(False)
        # Not saved: channels that are appended later would count as a change of the features.
        ctx.features = _select(features, 0, features.shape[1])
        n, _, rows, columns = features.shape
        product = (_pixels(features) @ matrix.mT).unflatten(0, (n, rows, columns))
        return _select(features, 0, features.shape[1]), product.permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, grad: Tensor | None, grad_product: Tensor | None
    ) -> tuple[Tensor | None, Tensor | None]:
        if grad_product is None:
            return grad, None
        (matrix,) = ctx.saved_tensors
        grad_pixels = _pixels(grad_product)
        if grad is None:  # the last layer, after which no channels are appended
            n, _, rows, columns = ctx.features.shape
            grad = (grad_pixels @ matrix).unflatten(0, (n, rows, columns)).permute(0, 3, 1, 2)
        else:  # nothing else reads this array, so that the sum may lie in it
            grad.permute(0, 2, 3, 1).view(-1, grad.shape[1]).addmm_(grad_pixels, matrix)
        return grad, grad_pixels.mT @ _pixels(ctx.features)


class _Append(torch.autograd.Function):
    """Write channels beside the features so far."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, channels: Tensor) -> Tensor:
        ctx.count = features.shape[1]
        _select(features, ctx.count, channels.shape[1]).copy_(channels)
        return _select(features, 0, ctx.count + channels.shape[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        return grad[:, : ctx.count], grad[:, ctx.count :]
