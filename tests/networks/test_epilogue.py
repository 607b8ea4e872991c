import pytest
import torch
from torch import nn

from respectra.networks.epilogue import Residual, convolve, finish
from tests.networks.on_kernels import DEVICE, draw


@pytest.mark.parametrize("slope", [None, 0.0, 0.2])
def test_a_convolution_and_its_epilogue_are_pytorchs(slope: float | None) -> None:
    torch.manual_seed(0)
    conv, x = nn.Conv2d(3, 5, 3, padding=1).to(DEVICE), draw(2, 3, 6, 7)
    residual = draw(2, 5, 6, 7, seed=1)
    result = conv(x)
    if slope is not None:
        result = torch.where(result > 0, result, slope * result)
    torch.testing.assert_close(
        convolve(conv, x, slope, residual, scale=0.1), 0.1 * result + residual
    )
    result = conv(x) + residual
    if slope is not None:
        result = torch.where(result > 0, result, slope * result)
    torch.testing.assert_close(convolve(conv, x, slope, residual, add_first=True), result)


def test_the_parts_of_an_epilogue_follow_one_another() -> None:
    x, residual = draw(2, 3, 4, 5), draw(2, 3, 6, 7, seed=1)
    bias, gate = draw(3, seed=2), draw(2, 3, seed=3)
    prelu = nn.PReLU().to(DEVICE)
    value = gate[..., None, None] * x + bias[:, None, None]
    expected = 0.5 * prelu(value) + residual[..., 1:-1, 1:-1]
    result = finish(x, prelu, residual, bias=bias, gate=gate, scale=0.5)
    torch.testing.assert_close(result, expected)
    padded = finish(x, prelu, residual, bias=bias, gate=gate, scale=0.5, padding=2)
    mirrored = torch.nn.functional.pad(expected, (2, 2, 2, 2), mode="reflect")
    torch.testing.assert_close(padded, mirrored)


def test_a_residual_block_adds_its_input() -> None:
    torch.manual_seed(0)
    block, x = Residual(4).to(DEVICE), draw(1, 4, 5, 6)
    first, relu, second = block
    torch.testing.assert_close(block(x), second(relu(first(x))) + x)
