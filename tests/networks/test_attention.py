"""Attention without the weights in memory is softmax attention."""

import pytest
import torch
from torch import Tensor

from respectra.networks.attention import compute_attention

SIZES = [(2, 70, 3), (1, 33, 1), (3, 64, 2), (1, 1, 4), (2, 130, 4)]


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    weights = (0.7 * query @ key.mT).softmax(-1)
    return weights @ value


@pytest.mark.parametrize("size", [*SIZES, (2, 20, 9)])
def test_attention_is_softmax_attention(size: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    tokens = [torch.randn(size, dtype=torch.float64) for _ in range(3)]
    torch.testing.assert_close(compute_attention(*tokens, scale=0.7), attend(*tokens))
