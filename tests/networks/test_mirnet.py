import torch
from torch.nn.functional import pad

from respectra.networks.mirnet import BlurPool, MIRNet, SelectiveFusion
from respectra.networks.released import find_idle


def test_idle_parameters_are_declared_and_do_not_affect_the_output() -> None:
    """They are 40 % of the public code's parameters."""
    network = MIRNet(31, groups=3)
    unused = find_idle(network)
    assert sum(p.numel() for p in unused.values()) == 1_497_900
    rgb = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        before = network(rgb)
        for parameter in unused.values():
            parameter += 1
        torch.testing.assert_close(network(rgb), before)


def test_all_dual_attentions_share_one_slope() -> None:
    network = MIRNet(8, groups=2)
    slopes = [level.body[1] for g in network.groups for level in g.block.levels]
    assert len({id(slope) for slope in slopes}) == 1


def test_blurring_preserves_a_flat_image_and_halves_the_size() -> None:
    flat = torch.full((1, 4, 6, 8), 0.7)
    torch.testing.assert_close(BlurPool(4)(flat), torch.full((1, 4, 3, 4), 0.7))


def test_blurring_is_the_binomial_kernel() -> None:
    image = torch.rand(1, 1, 8, 8)
    line = torch.tensor([0.25, 0.5, 0.25])
    padded = pad(image, (1, 1, 1, 1), mode="reflect")[0, 0].unfold(0, 3, 2).unfold(1, 3, 2)
    expected = torch.einsum("rcij,i,j->rc", padded, line, line)
    torch.testing.assert_close(BlurPool(1)(image)[0, 0], expected)


def test_fusing_three_equal_tensors_returns_that_tensor() -> None:
    x = torch.rand(1, 16, 5, 5)
    with torch.no_grad():
        torch.testing.assert_close(SelectiveFusion(16)([x, x, x]), x)
