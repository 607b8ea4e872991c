"""Each fused operation equals its plain form; TRITON_INTERPRET=1 runs the kernels on a CPU."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

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


@KERNELS
@pytest.mark.parametrize("size", [(2, 31, 5, 7), (1, 62, 8, 8), (1, 7, 3, 3), (1, 130, 4, 5)])
def test_layer_norm_is_pytorchs(size: tuple[int, ...]) -> None:
    image, scale, shift = draw(*size) + 3, draw(size[1], seed=1), draw(size[1], seed=2)

    def fast(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        assert fused.uses_kernels(x)
        return fused._LayerNorm.apply(x, gamma, beta, 1e-5)

    def plain(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        rows = x.permute(0, 2, 3, 1)
        return F.layer_norm(rows, rows.shape[-1:], gamma, beta, 1e-5).permute(0, 3, 1, 2)

    compare(fast, plain, image, scale, shift)


@KERNELS
@pytest.mark.parametrize("gelus", [(False, False), (True, True), (False, True), (True, False)])
@pytest.mark.parametrize("size", [(2, 31, 5, 40), (1, 140, 18, 9), (1, 3, 35, 1), (1, 8, 1, 33)])
@pytest.mark.parametrize("with_bias", [False, True])
def test_depthwise_convolution_is_pytorchs(
    size: tuple[int, ...], gelus: tuple[bool, bool], with_bias: bool
) -> None:
    before, after = gelus
    image, weight = draw(*size), draw(size[1], 1, 3, 3, seed=1)
    bias = draw(size[1], seed=2) if with_bias else None

    def fast(x: Tensor, kernel: Tensor, shift: Tensor | None) -> Tensor:
        assert fused.uses_kernels(x)
        return fused.convolve_depthwise(x, kernel, shift, gelu_before=before, gelu_after=after)

    def plain(x: Tensor, kernel: Tensor, shift: Tensor | None) -> Tensor:
        x = F.gelu(x) if before else x
        x = F.conv2d(x, kernel, shift, padding=1, groups=len(kernel))
        return F.gelu(x) if after else x

    compare(fast, plain, image, weight, bias)


@KERNELS
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_read_and_written(dtype: torch.dtype) -> None:
    image, weight = draw(1, 31, 9, 9), draw(31, 1, 3, 3, seed=1)
    exact = fused.convolve_depthwise(image, weight, gelu_after=True)
    half = fused.convolve_depthwise(image.to(dtype), weight, gelu_after=True)
    assert half.dtype == dtype
    torch.testing.assert_close(half.float(), exact, rtol=0.02, atol=0.05)
    norm = nn.LayerNorm(31).to(DEVICE)
    assert fused.layer_norm(norm, image.to(dtype)).dtype == dtype
    with torch.autocast(DEVICE, dtype=dtype):
        assert fused.layer_norm(norm, image).dtype == dtype


def test_parts_are_those_of_the_whole_convolutions() -> None:
    mix = torch.nn.Conv2d(4, 6, 1, bias=False)
    look = torch.nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False)
    image = torch.rand(2, 4, 5, 7).to(DEVICE)
    mix.to(DEVICE)
    look.to(DEVICE)
    for part, wanted in zip(
        fused.convolve_in_parts(image, mix, look, 3), look(mix(image)).chunk(3, 1), strict=True
    ):
        torch.testing.assert_close(part, wanted)


def test_the_kernels_pass_their_tests_in_triton_interpreter() -> None:
    """The tests above, in a process in which Triton's kernels run on the CPU."""
    if not fused.HAS_TRITON or ON_KERNELS:
        pytest.skip("needs Triton, and is for machines without a GPU")
    command = [sys.executable, "-m", "pytest", __file__, "-q", "-n", "0", "-p", "no:cacheprovider"]
    done = subprocess.run(command, env={**os.environ, "TRITON_INTERPRET": "1"}, check=False)
    assert done.returncode == 0
