"""The kernels compute what PyTorch computes; TRITON_INTERPRET=1 runs them on a CPU."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from respectra.networks import fused
from tests.networks.on_kernels import DEVICE, KERNELS, ON_KERNELS, compare, draw


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


def test_the_kernels_pass_their_tests_in_triton_interpreter() -> None:
    """The tests of both modules of kernels, in a process in which the kernels run on the CPU."""
    if not fused.HAS_TRITON or ON_KERNELS:
        pytest.skip("needs Triton, and is for machines without a GPU")
    files = [__file__, str(Path(__file__).with_name("test_epilogue_kernels.py"))]
    command = [sys.executable, "-m", "pytest", *files, "-q", "-n", "0", "-p", "no:cacheprovider"]
    done = subprocess.run(command, env={**os.environ, "TRITON_INTERPRET": "1"}, check=False)
    assert done.returncode == 0
