"""The kernels of attention compute softmax attention and its gradients."""

import pytest

from respectra.networks.attention import compute_attention
from tests.networks.on_kernels import KERNELS, compare, draw
from tests.networks.test_attention import SIZES, attend


@KERNELS
@pytest.mark.parametrize("size", SIZES)
def test_kernels_are_softmax_attention(size: tuple[int, ...]) -> None:
    tokens = [draw(*size, seed=seed) for seed in range(3)]
    compare(lambda q, k, v: compute_attention(q, k, v, scale=0.7), attend, *tokens)


@KERNELS
@pytest.mark.parametrize("size", [size for size in SIZES if size[1] > 1])
def test_large_products_do_not_overflow(size: tuple[int, ...]) -> None:
    tokens = [draw(*size, seed=seed) for seed in range(3)]
    tokens[0] *= 40
    compare(lambda q, k, v: compute_attention(q, k, v, scale=0.7), attend, *tokens)
