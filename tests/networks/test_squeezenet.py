from pathlib import Path

import pytest
import torch

from respectra.networks.squeezenet import Squeeze, SqueezeNet
from tests.networks.golden import choose_filling, deviation, fill, golden_images, translate_keys


@pytest.mark.parametrize("golden", ["hprn/squeezenet1_1_n1", "hprn/squeezenet1_1_n1__he"])
def test_it_computes_the_public_networks_function(golden: str) -> None:
    network = SqueezeNet(0.5)
    fill(network, choose_filling(golden), translate_keys(network))
    with torch.no_grad():
        assert deviation(network(golden_images()), golden) <= 1e-4


def test_released_keys_are_those_of_torchvision(shared: Path) -> None:
    network = SqueezeNet(0.5)
    named = translate_keys(network)
    table = (shared / "state_dicts/squeezenet1_1_n1.tsv").read_text().splitlines()[1:]
    assert {named(key) for key in network.state_dict()} == {line.split("\t")[0] for line in table}
    assert sum(p.numel() for p in network.parameters()) == 723_009


def test_the_initial_scale_is_positive() -> None:
    """A last ReLU at zero has no gradient."""
    torch.manual_seed(0)
    scale = SqueezeNet(0.0)(torch.rand(4, 3, 64, 64))
    assert scale.shape == (4, 1)
    assert (scale > 0).all()


def test_a_small_scale_has_a_gradient() -> None:
    """A ReLU would return zero and have no gradient."""
    torch.manual_seed(0)
    network, rgb = Squeeze(5, size=32, dropout=0.0), torch.rand(1, 3, 8, 8)
    estimate = torch.rand(1, 5, 8, 8)
    with torch.no_grad():
        network.scale.tail.bias.fill_(-8.0)
    network(rgb, estimate).square().mean().backward()
    assert network.scale.tail.bias.grad.abs().item() > 0


def test_one_scale_multiplies_the_whole_estimate() -> None:
    torch.manual_seed(0)
    network, rgb = Squeeze(31, size=64, dropout=0.5).eval(), torch.rand(1, 3, 20, 30)
    estimate = torch.rand(1, 31, 20, 30) + 0.1
    with torch.no_grad():
        ratio = network(rgb, estimate) / estimate
    torch.testing.assert_close(ratio, ratio[:, :1, :1, :1].expand_as(ratio))
