import torch
from torch import nn

from respectra.costs.network import count_multiply_accumulates, count_parameters


def count(network: nn.Module, *shape: int) -> int:
    return count_multiply_accumulates(network, {"input": torch.empty(*shape)})


def test_a_convolution_multiplies_each_kernel_at_each_place() -> None:
    assert count(nn.Conv2d(4, 8, 3, padding=1), 1, 4, 10, 12) == 4 * 8 * 9 * 120
    assert count(nn.Conv2d(8, 8, 3, padding=1, groups=8), 1, 8, 10, 12) == 8 * 9 * 120


def test_a_transposed_convolution_is_counted_on_its_input() -> None:
    """The published figures count three networks' on their output."""
    assert count(nn.ConvTranspose2d(8, 4, 2, stride=2), 1, 8, 5, 6) == 8 * 4 * 4 * 30


def test_norms_and_resizing_count_as_stated() -> None:
    assert count(nn.LayerNorm(16), 1, 10, 16) == 2 * 160
    twice = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
    assert count(twice, 1, 3, 4, 4) == 4 * 3 * 64


def test_a_batch_of_two_costs_twice() -> None:
    conv = nn.Conv2d(3, 3, 1)
    assert count(conv, 2, 3, 5, 5) == 2 * count(conv, 1, 3, 5, 5)


def test_nothing_of_the_network_changes() -> None:
    conv = nn.Conv2d(3, 3, 1)
    before = conv.weight.clone()
    count(conv, 1, 3, 5, 5)
    assert torch.equal(conv.weight, before)
    assert conv.weight.device.type == "cpu"


def test_shared_parameters_count_once() -> None:
    slope = nn.PReLU()
    assert count_parameters(nn.Sequential(slope, nn.Conv2d(1, 1, 1), slope)) == 3
