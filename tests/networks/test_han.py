import pytest
import torch

from respectra.networks.han import HAN, LayerAttention, LocalGate, VolumeAttention
from respectra.networks.layers import interpolate_channels

SMALL = {"width": 16, "groups": 2, "blocks": 1, "reduction": 4}


def test_the_layer_attention_weights_dissimilar_layers_most() -> None:
    torch.manual_seed(0)
    attend, layers = LayerAttention().double(), torch.rand(1, 3, 2, 4, 4, dtype=torch.float64)
    with torch.no_grad():
        attend.gamma.fill_(0.5)
        flat = layers.flatten(2)
        energy = flat @ flat.mT
        weights = (energy.max(-1, keepdim=True).values - energy).softmax(-1)
        expected = 0.5 * (weights @ flat) + flat
        torch.testing.assert_close(attend(layers), expected.reshape(1, 6, 4, 4))
        assert (weights.argmax(-1) != torch.arange(3)).all()


def test_sums_over_pixels_do_not_overflow_in_half_precision() -> None:
    layers = 30 * torch.rand(1, 3, 16, 32, 32)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.float16):
        assert LayerAttention()(layers.half()).isfinite().all()


def test_both_new_attentions_return_their_input() -> None:
    x = torch.rand(1, 4, 5, 5)
    with torch.no_grad():
        torch.testing.assert_close(VolumeAttention()(x), x)
        torch.testing.assert_close(LayerAttention()(x[:, None]), x)


def test_the_last_layer_comes_first_in_the_attention() -> None:
    torch.manual_seed(0)
    network = HAN(5, **SMALL, gate="channel", stretched=False)
    stacks, last = [], []
    network.layers.register_forward_pre_hook(lambda module, args: stacks.append(args[0]))
    network.close.register_forward_hook(lambda module, args, output: last.append(output))
    with torch.no_grad():
        network(torch.rand(1, 3, 8, 8))
    torch.testing.assert_close(stacks[0][:, 0], last[0])


def test_the_form_of_team_ssr_adds_the_interpolated_image() -> None:
    network, rgb = HAN(31, **SMALL, gate="local", stretched=True), torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        network.tail.weight.zero_()
        network.tail.bias.zero_()
        torch.testing.assert_close(network(rgb), interpolate_channels(rgb.flip(1), 31))


def test_a_local_gate_depends_on_neighbouring_channels_only() -> None:
    torch.manual_seed(0)
    gate, x = LocalGate(), torch.rand(1, 9, 4, 4)
    with torch.no_grad():
        gate.place.weight.zero_()
        before, residual = gate(x, torch.zeros_like(x)), torch.ones_like(x)
        x[:, 0] += 1
        changed = (gate(x, residual) - residual - before).abs().amax((0, 2, 3)) > 1e-6
    assert changed.tolist() == [True, True] + [False] * 7


def test_an_unknown_gate_raises_an_error() -> None:
    with pytest.raises(ValueError, match="gate all is neither channel nor local"):
        HAN(31, **SMALL, gate="all", stretched=False)


def test_gradients_of_attention_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    attend = LayerAttention().double()
    torch.nn.init.constant_(attend.gamma, 0.3)
    layers = torch.rand(1, 3, 2, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(attend, layers)


def test_a_normalised_network_does_not_depend_on_the_brightness() -> None:
    torch.manual_seed(0)
    network, rgb = (
        HAN(5, **SMALL, gate="channel", stretched=False, normalised=True),
        torch.rand(2, 3, 12, 12),
    )
    with torch.no_grad():
        cube = network(rgb)
        torch.testing.assert_close(network(0.3 * rgb), cube)
    torch.testing.assert_close(cube.amax((1, 2, 3)), torch.ones(2))
