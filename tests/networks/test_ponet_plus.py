import torch

from respectra.networks.ponet_plus import CrossAttention, PoNetPlus


def test_the_attentions_numbers_sum_to_one() -> None:
    torch.manual_seed(0)
    shares = CrossAttention(31, 3)(torch.rand(2, 31, 6, 6))
    assert shares.shape == (2, 31, 1, 1)
    torch.testing.assert_close(shares.sum(1).flatten(), torch.ones(2))


def test_a_patch_and_its_repetition_agree() -> None:
    """Sums over pixels would grow with the image."""
    torch.manual_seed(0)
    attend, patch = CrossAttention(8, 3), torch.rand(1, 8, 4, 4)
    with torch.no_grad():
        torch.testing.assert_close(attend(patch.repeat(1, 1, 3, 3)), attend(patch))


def test_each_stage_is_told_of_all_cubes_before() -> None:
    network = PoNetPlus(31, groups=[6, 10, 15], stages=3, width=16, kernel=3)
    assert [conv.in_channels for conv in network.fusion] == [31, 62, 93]


def test_gradients_of_attention_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    attend = CrossAttention(4, 3).double()
    x = torch.rand(1, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(attend, x)
