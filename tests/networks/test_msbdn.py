import pytest
import torch

from respectra.losses import l1
from respectra.networks.msbdn import MSBDN, Fusion, Pair, Residual


def test_a_residual_block_adds_a_tenth_of_its_features() -> None:
    torch.manual_seed(0)
    block, x = Residual(4), torch.rand(1, 4, 5, 5)
    with torch.no_grad():
        features = block.conv2(block.relu(block.conv1(x)))
        torch.testing.assert_close(block(x), x + 0.1 * features)


def test_fusion_starts_with_the_finest_level() -> None:
    torch.manual_seed(0)
    fusion = Fusion([4, 8, 16], towards="finer").double()
    finest, fine, features = (
        torch.rand(1, w, s, s, dtype=torch.float64) for w, s in ((4, 16), (8, 8), (16, 4))
    )
    up, down = fusion.up_convs, fusion.down_convs
    with torch.no_grad():
        first = features + down[0](down[1](up[1](up[0](features)) - finest))
        second = first + down[0](up[0](first) - fine)
        torch.testing.assert_close(fusion(features, [finest, fine]), second)


def test_fusion_without_a_difference_returns_its_input() -> None:
    torch.manual_seed(0)
    fusion = Fusion([4, 8], towards="coarser")
    with torch.no_grad():
        fusion.up_convs[0].deconv.bias.zero_()
        x = torch.rand(1, 4, 8, 8)
        torch.testing.assert_close(fusion(x, [fusion.down_convs[0](x)]), x)


def test_an_unknown_fusion_raises_an_error() -> None:
    with pytest.raises(ValueError, match="fusion none is neither dense nor residual"):
        MSBDN(31, width=4, bottom=1, fusion="none")


def test_gradients_of_fusion_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    fusion = Fusion([2, 4], towards="finer").double()
    coarse = torch.rand(1, 4, 2, 2, dtype=torch.float64, requires_grad=True)
    fine = torch.rand(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, other: fusion(x, [other]), (coarse, fine))


def test_knowledge_transfer_is_equation_24() -> None:
    torch.manual_seed(0)
    pair = Pair(5, width=8, bottom=1, fusion="dense")
    rgb, cube = torch.rand(2, 3, 32, 32), torch.rand(2, 5, 32, 32)
    first, second = pair.first(rgb), pair.second(rgb)
    mean = ((first + second) / 2).detach()
    expected = sum(l1(y, cube) + l1(y, mean) for y in (first, second))
    loss = 4 * l1(*pair.transfer(rgb, cube))
    torch.testing.assert_close(loss, expected)
    parameters = list(pair.parameters())
    gradients = torch.autograd.grad(loss, parameters)
    for gradient, reference in zip(
        gradients, torch.autograd.grad(expected, parameters), strict=True
    ):
        torch.testing.assert_close(gradient, reference, rtol=1e-4, atol=1e-7)


def test_a_pair_returns_the_mean_of_its_networks() -> None:
    pair = Pair(5, width=8, bottom=1, fusion="dense").eval()
    rgb, cube = torch.rand(1, 3, 32, 32), torch.rand(1, 5, 32, 32)
    with torch.no_grad():
        first, first_target = pair.first_alone(rgb, cube)
        second, second_target = pair.second_alone(rgb, cube)
        assert first_target is cube
        assert second_target is cube
        torch.testing.assert_close(first, pair.first(rgb))
        torch.testing.assert_close(second, pair.second(rgb))
        assert not torch.allclose(first, second)
        torch.testing.assert_close(pair(rgb), (first + second) / 2)
