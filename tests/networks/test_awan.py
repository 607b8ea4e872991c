import pytest
import torch

from respectra.networks.attention import compute_attention
from respectra.networks.awan import PatchNonLocal, WeightedChannelAttention


def attend_directly(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scale: float
) -> torch.Tensor:
    return (query @ key.mT * scale).softmax(-1) @ value


@pytest.mark.parametrize("size", [3, 8, 20])
def test_fused_attention_equals_the_direct_product(size: int) -> None:
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, 700, size) for _ in range(3))
    torch.testing.assert_close(
        compute_attention(q, k, v, scale=0.3), attend_directly(q, k, v, 0.3), rtol=1e-5, atol=1e-5
    )


def test_the_non_local_layer_follows_its_formula_in_a_quadrant() -> None:
    torch.manual_seed(0)
    layer = PatchNonLocal(31, 8).double()
    torch.nn.init.normal_(layer.output.weight)
    cube = torch.rand(1, 31, 9, 10, dtype=torch.float64)
    with torch.no_grad():
        output = layer(cube)
        quadrant = cube[..., 4:, :5]  # floor(9 / 2) = 4 rows lie above it
        theta = layer.theta(quadrant).flatten(2).mT
        centred = theta - theta.mean(-1, keepdim=True)
        values = layer.value(quadrant).flatten(2).mT
        mixed = attend_directly(centred, theta, values, 1 / 3).mT.reshape(1, 3, 5, 5)
        torch.testing.assert_close(output[..., 4:, :5], layer.output(mixed) + quadrant)


def test_a_new_non_local_layer_returns_its_input() -> None:
    cube = torch.rand(1, 31, 6, 6)
    with torch.no_grad():
        torch.testing.assert_close(PatchNonLocal(31, 8)(cube), cube)


def test_channel_attention_averages_with_weights_per_pixel() -> None:
    torch.manual_seed(0)
    attend = WeightedChannelAttention(16, 4)
    with torch.no_grad():
        attend.place.weight.zero_()  # equal weights give the mean
        x = torch.rand(2, 16, 5, 6)
        gate = torch.sigmoid(attend.gate(x.mean((2, 3))))[..., None, None]
        torch.testing.assert_close(attend(x), x * gate)
        attend.place.weight[0, 0] = 100.0  # almost all weight lies on the pixel of a large value
        x[:, 0, 2, 3] = 5.0
        gate = torch.sigmoid(attend.gate(x[:, :, 2, 3]))[..., None, None]
        torch.testing.assert_close(attend(x), x * gate)


def test_gradients_of_attention_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    layer = PatchNonLocal(8, 4).double()
    torch.nn.init.normal_(layer.output.weight)
    cube = torch.rand(1, 8, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, cube)
