import pytest
import torch

from respectra.networks.awan import PatchNonLocal, WeightedChannelAttention, compute_attention


def direct(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scale: float
) -> torch.Tensor:
    return (query @ key.mT * scale).softmax(-1) @ value


@pytest.mark.parametrize("size", [3, 8, 20])
def test_streamed_attention_is_the_direct_one(size: int) -> None:
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, 700, size) for _ in range(3))
    torch.testing.assert_close(
        compute_attention(q, k, v, scale=0.3), direct(q, k, v, 0.3), rtol=1e-5, atol=1e-5
    )


def test_the_non_local_layer_is_its_formula_in_every_quadrant() -> None:
    torch.manual_seed(0)
    layer = PatchNonLocal(31, 8).double()
    torch.nn.init.normal_(layer.output.weight)
    cube = torch.rand(1, 31, 9, 10, dtype=torch.float64)
    with torch.no_grad():
        found = layer(cube)
        quadrant = cube[..., 4:, :5]  # floor(9 / 2) rows above it
        theta = layer.theta(quadrant).flatten(2).mT
        centred = theta - theta.mean(-1, keepdim=True)
        values = layer.value(quadrant).flatten(2).mT
        mixed = direct(centred, theta, values, 1 / 3).mT.reshape(1, 3, 5, 5)
        torch.testing.assert_close(found[..., 4:, :5], layer.output(mixed) + quadrant)


def test_it_starts_without_the_non_local_layer() -> None:
    assert not PatchNonLocal(31, 8).output.weight.any()


def test_channel_attention_weighs_places() -> None:
    torch.manual_seed(0)
    attend = WeightedChannelAttention(16, 4)
    with torch.no_grad():
        attend.place.weight.zero_()  # equal weights: the mean
        x = torch.rand(2, 16, 5, 6)
        gate = torch.sigmoid(attend.gate(x.mean((2, 3))))[..., None, None]
        torch.testing.assert_close(attend(x), x * gate)


def test_gradients_of_attention_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    layer = PatchNonLocal(8, 4).double()
    torch.nn.init.normal_(layer.output.weight)
    cube = torch.rand(1, 8, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, cube)
