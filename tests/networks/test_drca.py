import torch

from respectra.networks.drca import DRCA, DualResidual, add_coordinates
from tests.networks.golden import deviation, images


def test_coordinates_are_the_public_layers() -> None:
    assert deviation(add_coordinates(images()), "hprn/coordconv_addcoords") <= 1e-6


def test_a_place_matters() -> None:
    """So patches at test must have the size of those in training."""
    torch.manual_seed(0)
    network = DRCA(5, width=8, kernels=(1, 3, 3, 3, 3), pairs=1, reduction=4).eval()
    flat = torch.full((1, 3, 32, 32), 0.5)
    with torch.no_grad():
        inner = network(flat)[0, :, 10:22, 10:22]
    assert inner.flatten(1).std(1).max() > 1e-4


def test_one_dual_block_has_the_sheets_parameters() -> None:
    assert sum(p.numel() for p in DualResidual(128, 8).parameters()) == 447_248


def test_gradients_of_the_gates_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    block = DualResidual(4, 2).double().eval()
    x = torch.rand(1, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(block, x)
