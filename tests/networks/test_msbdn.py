import pytest
import torch

from respectra.losses import l1
from respectra.networks.msbdn import MSBDN, Fusion, Pair, Residual


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


def test_knowledge_transfer_is_equation_24() -> None:
    torch.manual_seed(0)
    pair = Pair(5, width=8, bottom=1, fusion="dense")
    rgb, cube = torch.rand(2, 3, 32, 32), torch.rand(2, 5, 32, 32)
    one, two = pair.first(rgb), pair.second(rgb)
    mean = ((one + two) / 2).detach()
    expected = sum(l1(y, cube) + l1(y, mean) for y in (one, two))
    loss = l1(*pair.transfer(rgb, cube))
    torch.testing.assert_close(4 * loss, expected)
    for part in (expected, 4 * loss):
        pair.zero_grad()
        part.backward()
        grads = [p.grad.clone() for p in pair.parameters() if p.grad is not None]
        if part is expected:
            wanted = grads
    for found, other in zip(grads, wanted, strict=True):
        torch.testing.assert_close(found, other, rtol=1e-4, atol=1e-7)


def test_either_network_learns_alone_and_their_mean_is_the_answer() -> None:
    pair = Pair(5, width=8, bottom=1, fusion="dense").eval()
    rgb, cube = torch.rand(1, 3, 32, 32), torch.rand(1, 5, 32, 32)
    with torch.no_grad():
        one, _ = pair.first_alone(rgb, cube)
        two, wanted = pair.second_alone(rgb, cube)
        assert wanted is cube
        assert not torch.allclose(one, two)
        torch.testing.assert_close(pair(rgb), (one + two) / 2)
