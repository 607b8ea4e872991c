import pytest
import torch

from respectra.networks.msbdn import MSBDN, Fusion, Residual


def test_a_tenth_of_what_a_block_finds_is_added() -> None:
    torch.manual_seed(0)
    block, x = Residual(4), torch.rand(1, 4, 5, 5)
    with torch.no_grad():
        found = block.conv2(block.relu(block.conv1(x)))
        torch.testing.assert_close(block(x), x + 0.1 * found)


def test_fusion_compares_with_the_finest_level_first() -> None:
    torch.manual_seed(0)
    fusion = Fusion([4, 8, 16], towards="finer").double()
    finest, fine, own = (
        torch.rand(1, w, s, s, dtype=torch.float64) for w, s in ((4, 16), (8, 8), (16, 4))
    )
    up, down = fusion.up_convs, fusion.down_convs
    with torch.no_grad():
        first = own + down[0](down[1](up[1](up[0](own)) - finest))
        second = first + down[0](up[0](first) - fine)
        torch.testing.assert_close(fusion(own, [finest, fine]), second)


def test_fusion_of_what_agrees_changes_nothing_but_biases() -> None:
    torch.manual_seed(0)
    fusion = Fusion([4, 8], towards="coarser")
    with torch.no_grad():
        fusion.up_convs[0].deconv.bias.zero_()
        x = torch.rand(1, 4, 8, 8)
        torch.testing.assert_close(fusion(x, [fusion.down_convs[0](x)]), x)


def test_an_unknown_fusion_is_refused() -> None:
    with pytest.raises(ValueError, match="fusion none is neither dense nor residual"):
        MSBDN(31, width=4, bottom=1, fusion="none")


def test_gradients_of_fusion_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    fusion = Fusion([2, 4], towards="finer").double()
    own = torch.rand(1, 4, 2, 2, dtype=torch.float64, requires_grad=True)
    other = torch.rand(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a, b: fusion(a, [b]), (own, other))
