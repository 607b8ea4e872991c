import pytest
import torch
from torch import nn

from respectra.networks.gates import build_deep_gate, build_gate, compute_gate, convolve_two_maps


@pytest.mark.parametrize("bias", [True, False])
def test_a_gate_is_computed_from_the_means_of_the_channels(bias: bool) -> None:
    torch.manual_seed(0)
    gate, image = build_gate(6, 2, bias=bias), torch.rand(2, 6, 3, 4)
    assert set(gate.state_dict()) == {
        f"{layer}.{name}" for layer in (0, 2) for name in ("weight", *(["bias"] if bias else []))
    }
    expected = torch.sigmoid(gate(image.mean((2, 3), keepdim=True)))
    torch.testing.assert_close(compute_gate(gate, image)[..., None, None], expected)


def test_a_deep_gate_has_three_linear_layers() -> None:
    torch.manual_seed(0)
    gate, vectors = build_deep_gate(6, 2), 100 * torch.randn(5, 6)
    first, second, third = (layer.weight for layer in gate if isinstance(layer, nn.Linear))
    hidden = torch.relu(torch.relu(vectors @ first.T) @ second.T)
    torch.testing.assert_close(gate(vectors), torch.sigmoid(hidden @ third.T))
    assert [tuple(weight.shape) for weight in (first, second, third)] == [(2, 6), (2, 2), (6, 2)]


def test_two_maps_are_the_channels_of_a_convolution() -> None:
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    conv = nn.Conv2d(2, 1, 5, padding=2, bias=False).to(device)
    first, second = torch.rand(2, 3, 6, 7, device=device)
    result = convolve_two_maps(conv, first, second)
    torch.testing.assert_close(result, conv(torch.stack([first, second], dim=1)))
