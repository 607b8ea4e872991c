"""Growing features give the results and the gradients of concatenations."""

import pytest
import torch
from torch import Tensor

from respectra.networks.dense import GrowingFeatures

SIZES = [(2, 4, 5, 6), (1, 3, 1, 7), (3, 2, 4, 1), (1, 1, 1, 1)]


def concatenate(first: Tensor, weights: list[Tensor]) -> Tensor:
    features = first
    for weight in weights[:-1]:
        new = torch.conv2d(features, weight).sin()
        features = torch.cat([features, new], dim=1)
    return torch.conv2d(features, weights[-1])


def grow(first: Tensor, weights: list[Tensor]) -> Tensor:
    features = GrowingFeatures(first, weights[-1].shape[1])
    for weight in weights[:-1]:
        features.append(features.multiply(weight).sin())
    return features.multiply(weights[-1])


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("size", SIZES)
def test_results_and_gradients_are_those_of_concatenations(
    size: tuple[int, ...], layout: torch.memory_format
) -> None:
    torch.manual_seed(0)
    widths = [size[1] + 3 * i for i in range(4)]
    tensors = [
        torch.randn(size, dtype=torch.float64).contiguous(memory_format=layout),
        *[torch.randn(3, width, 1, 1, dtype=torch.float64) for width in widths],
    ]
    results = []
    cotangent = torch.randn(size[0], 3, *size[2:], dtype=torch.float64)
    for function in (concatenate, grow):
        first, *weights = (tensor.clone().requires_grad_() for tensor in tensors)
        result = function(first, weights)
        (result * cotangent).sum().backward()
        results.append((result, first.grad, *[weight.grad for weight in weights]))
    for expected, value in zip(*results, strict=True):
        torch.testing.assert_close(value, expected)


def test_finite_differences_agree() -> None:
    torch.manual_seed(0)
    first = torch.randn(1, 2, 2, 3, dtype=torch.float64, requires_grad=True)
    weights = [
        torch.randn(2, width, 1, 1, dtype=torch.float64, requires_grad=True) for width in (2, 4, 6)
    ]
    assert torch.autograd.gradcheck(lambda first, *rest: grow(first, [*rest]), (first, *weights))
