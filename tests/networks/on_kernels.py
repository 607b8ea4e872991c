"""Comparison of Triton's kernels with PyTorch; TRITON_INTERPRET=1 runs the kernels on a CPU."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from respectra.networks import fused

ON_KERNELS = fused.HAS_TRITON and (fused.INTERPRETED or torch.cuda.is_available())
KERNELS = pytest.mark.skipif(not ON_KERNELS, reason="needs Triton, and a GPU or TRITON_INTERPRET=1")
DEVICE = "cuda" if torch.cuda.is_available() and not fused.INTERPRETED else "cpu"


def draw(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    image = torch.randn(shape, generator=generator).to(DEVICE)
    return image.contiguous(memory_format=torch.channels_last) if len(shape) == 4 else image


def compare(
    fast: Callable[..., Tensor], plain: Callable[..., Tensor], *arguments: Tensor | None
) -> None:
    """Results and gradients of `fast` are those of `plain` in float64."""
    copies = [
        [None if t is None else t.detach().to(dtype).requires_grad_() for t in arguments]
        for dtype in (torch.float32, torch.float64)
    ]
    results = [function(*given) for function, given in zip((fast, plain), copies, strict=True)]
    torch.testing.assert_close(results[0].double(), results[1], rtol=1e-4, atol=2e-5)
    cotangent = draw(*results[1].shape, seed=9)
    for result in results:
        result.backward(cotangent.to(result.dtype))
    for one, two in zip(*copies, strict=True):
        if one is not None:
            assert one.grad is not None
            assert two.grad is not None
            scale = float(two.grad.abs().max())
            torch.testing.assert_close(
                one.grad.double(), two.grad, rtol=1e-4, atol=1e-5 * scale + 1e-6
            )
