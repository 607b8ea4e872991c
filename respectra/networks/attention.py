"""Softmax attention among all pixels, without the (tokens, tokens) weights in memory."""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch.autograd.function import once_differentiable

from respectra.networks.fused import HAS_TRITON, uses_kernels

if HAS_TRITON:
    from respectra.networks import attention_kernels

LARGEST_WIDTH = 4  # features of a token in the kernels
# Tokens that a program computes, forwards and backwards, and tokens that it reads at a time; more
# of them need more registers than a program has.
ROWS, ROWS_BACKWARD, COLUMNS = 32, 16, 64


def compute_attention(query: Tensor, key: Tensor, value: Tensor, *, scale: float) -> Tensor:
    """Compute softmax attention.

    PyTorch's kernels multiply matrices of at least 32 features. Tokens of up to four features have
    kernels of their own on a GPU.

    Args:
        query: (n, tokens, features).
        key: (n, tokens, features).
        value: (n, tokens, features).
        scale: factor of the products of queries and keys.

    Returns:
        (n, tokens, features).
    """
    width = value.shape[-1]
    if uses_kernels(query) and width <= LARGEST_WIDTH:
        return _NarrowAttention.apply(query, key, value, scale)  # type: ignore[no-untyped-call]
    # Fused GPU kernels require a width that is a multiple of 8; zeros leave the products unchanged.
    padding = -width % 8 if query.is_cuda else 0
    q, k, v = (F.pad(tokens, (0, padding))[:, None] for tokens in (query, key, value))
    return F.scaled_dot_product_attention(q, k, v, scale=scale)[:, 0, :, :width]


class _NarrowAttention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        query, key, value = query.contiguous(), key.contiguous(), value.contiguous()
        n, count, width = query.shape
        result = torch.empty_like(value)
        logarithms = torch.empty((n, count), dtype=torch.float32, device=query.device)
        attention_kernels.attention_forward[(-(-count // ROWS), n)](
            query, key, value, result, logarithms, count, scale, D=width, ROWS=ROWS, COLUMNS=COLUMNS
        )
        ctx.save_for_backward(query, key, value, result, logarithms)
        ctx.scale = scale
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, result, logarithms = ctx.saved_tensors
        grad = grad.contiguous()
        n, count, width = query.shape
        shares = (grad.float() * result.float()).sum(-1)
        grad_query, grad_key, grad_value = (torch.empty_like(t) for t in (query, key, value))
        grid = (-(-count // ROWS_BACKWARD), n)
        common = (query, key, value, grad, logarithms, shares)
        sizes = {"D": width, "ROWS": ROWS_BACKWARD, "COLUMNS": COLUMNS}
        attention_kernels.attention_backward_query[grid](
            *common, grad_query, count, ctx.scale, **sizes
        )
        attention_kernels.attention_backward_key[grid](
            *common, grad_key, grad_value, count, ctx.scale, **sizes
        )
        return grad_query, grad_key, grad_value, None
