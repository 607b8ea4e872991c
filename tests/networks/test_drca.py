import pytest
import torch

from respectra.networks import drca
from respectra.networks.drca import DRCA, DualResidual, add_coordinates
from tests.networks.golden import deviation, golden_images


def test_coordinates_are_those_of_the_public_layer() -> None:
    assert deviation(add_coordinates(golden_images()), "hprn/coordconv_addcoords") <= 1e-6


def test_the_output_depends_on_the_position(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles must therefore have the size of the training patches."""
    torch.manual_seed(0)
    network = DRCA(5, width=8, kernels=(1, 3, 3, 3, 3), pairs=1, reduction=4).eval()
    flat, interior = (
        torch.full((1, 3, 48, 48), 0.5),
        slice(16, 32),
    )  # zero padding reaches 12 pixels
    with torch.no_grad():
        cube = network(flat)[0, :, interior, interior]
        assert cube.flatten(1).std(1).max() > 1e-4
        monkeypatch.setattr(
            drca, "add_coordinates", lambda rgb: torch.cat([rgb, torch.zeros_like(rgb[:, :2])], 1)
        )
        cube = network(flat)[0, :, interior, interior]
        assert cube.flatten(1).std(1).max() < 1e-6


def test_a_dual_residual_block_has_447248_parameters() -> None:
    assert sum(p.numel() for p in DualResidual(128, 8).parameters()) == 447_248


def test_two_convolutions_of_a_block_see_its_input() -> None:
    """The paper's Figure 18: leaky(BN(conv(x))) + leaky(conv(x)), not BN of the first's output."""
    torch.manual_seed(0)
    block, x = DualResidual(4, 2).eval(), torch.randn(2, 4, 6, 6)
    inputs: dict[int, torch.Tensor] = {}
    for i, conv in enumerate(block.convs):
        conv.register_forward_hook(lambda _, args, __, i=i: inputs.update({i: args[0]}))
    with torch.no_grad():
        block(x)
        third_input = inputs[2]
        shallow = torch.nn.functional.leaky_relu(block.convs[0](x), 0.3)
        normed = torch.nn.functional.leaky_relu(block.norm(block.convs[1](x)), 0.3)
    assert torch.equal(inputs[0], x)
    assert torch.equal(inputs[1], x)
    torch.testing.assert_close(third_input, normed + shallow)


def test_gradients_of_the_gates_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    block = DualResidual(4, 2).double().eval()
    x = torch.rand(1, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(block, x)
