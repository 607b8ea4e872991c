import pytest
import torch

from respectra.networks.hrnet import GlobalBlock, HRNet
from respectra.networks.released import find_idle


def test_a_dropped_gate_does_not_affect_the_output() -> None:
    """195,840 of the published parameters belong to dropped gates."""
    torch.manual_seed(0)
    dropped, x = GlobalBlock(8, "zeros", gated=False), torch.rand(1, 8, 4, 4)
    with torch.no_grad():
        before = dropped(x)
        dropped.gate[0].weight += 1
        torch.testing.assert_close(dropped(x), before)
    network = HRNet(31, width=64, padding="zeros", gate="dropped")
    assert sum(p.numel() for p in find_idle(network).values()) == 195_840


def test_a_used_gate_affects_the_output() -> None:
    torch.manual_seed(0)
    used, x = GlobalBlock(8, "reflect", gated=True), torch.rand(1, 8, 4, 4)
    with torch.no_grad():
        used.gate[0].weight.fill_(1)
        used.gate[2].weight.fill_(1)
        before = used(x)
        used.gate[4].weight += 5
        assert not torch.allclose(used(x), before)
    assert find_idle(HRNet(31, width=8, padding="reflect", gate="used")) == {}


def test_the_last_convolution_is_activated_too() -> None:
    """Negative outputs are multiplied by 0.2."""
    torch.manual_seed(0)
    network = HRNet(5, width=8, padding="zeros", gate="dropped")
    with torch.no_grad():
        network.main.tail.weight.zero_()
        network.main.tail.bias.fill_(-1.0)
        cube = network(torch.rand(1, 3, 16, 16))
    torch.testing.assert_close(cube, torch.full_like(cube, -0.2))


def test_an_unknown_gate_raises_an_error() -> None:
    with pytest.raises(ValueError, match="gate open is neither dropped nor used"):
        HRNet(31, width=8, padding="zeros", gate="open")


def test_the_authors_initialisation_has_a_gain_of_a_fiftieth() -> None:
    torch.manual_seed(0)
    settings = {"width": 16, "padding": "reflect", "gate": "used"}
    weight = HRNet(31, **settings, xavier_gain=0.02).top.head.weight
    deviation = 0.02 * (2 / (9 * (192 + 128))) ** 0.5
    assert weight.std().item() == pytest.approx(deviation, rel=0.02)
    assert HRNet(31, **settings).top.head.weight.std() > 10 * deviation
