"""The wider form of a network computes the network's function and its gradients."""

from pathlib import Path

import pytest
import torch
from torch import nn

from respectra.build import build
from respectra.config import Config
from respectra.networks import widening

CONFIG = Config(Path(__file__).parents[2])
METHODS = ["hinet", "hinet-image_attention", "mprnet", "mirnet"]


def build_network(name: str, bands: int = 31) -> nn.Module:
    method = CONFIG.method(name, small=True)
    torch.manual_seed(0)
    return build("network", method.network, bands=bands).double()


@pytest.fixture
def widened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Widen networks on a CPU, too."""
    monkeypatch.setattr(widening, "uses_kernels", lambda image: True)


@pytest.mark.parametrize("name", METHODS)
def test_result_and_gradients_are_those_of_the_network(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rgb = torch.rand(2, 3, 16, 24, dtype=torch.float64)
    cotangent = torch.rand(2, 31, 16, 24, dtype=torch.float64)
    results = []
    for is_wide in (False, True):
        monkeypatch.setattr(widening, "uses_kernels", lambda image, wide=is_wide: wide)
        network = build_network(name)
        cube = network(rgb)
        (cube * cotangent).sum().backward()
        gradients = {
            key: torch.zeros_like(p) if p.grad is None else p.grad
            for key, p in network.named_parameters()
        }
        results.append((cube, gradients))
    torch.testing.assert_close(results[1][0], results[0][0])
    for key, gradient in results[0][1].items():
        torch.testing.assert_close(results[1][1][key], gradient, msg=key)


@pytest.mark.usefixtures("widened")
def test_changed_weights_are_widened_again() -> None:
    network, rgb = build_network("hinet"), torch.rand(1, 3, 16, 16, dtype=torch.float64)
    with torch.no_grad():
        before = network(rgb)
        torch.testing.assert_close(network(rgb), before)
        network.tail.bias += 1
        torch.testing.assert_close(network(rgb), before + 1)


def test_networks_of_aligned_widths_stay() -> None:
    network = build_network("hinet", bands=16)
    assert not network.widening.applies_to(torch.rand(1, 3, 16, 16))


@pytest.mark.usefixtures("widened")
def test_a_network_is_trained_after_an_image() -> None:
    network, rgb = build_network("hinet"), torch.rand(1, 3, 16, 16, dtype=torch.float64)
    with torch.inference_mode():
        cube = network(rgb)
    network(rgb).sum().backward()
    assert network.tail.bias.grad is not None
    torch.testing.assert_close(network(rgb), cube.clone())
