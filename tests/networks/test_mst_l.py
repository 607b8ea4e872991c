import torch

from respectra.networks.mst_l import MSTL, MaskGuide


def network(mask: str) -> MSTL:
    torch.manual_seed(0)
    return MSTL(31, blocks=(1, 1, 1), mask=mask).eval()


def test_each_image_is_guided_by_its_mask() -> None:
    """The public code guides the whole batch by the mask of the first image."""
    rgb = torch.rand(2, 3, 16, 24)
    with torch.no_grad():
        single = network("own")(rgb[1:])
        torch.testing.assert_close(network("own")(rgb)[1:], single, rtol=1e-4, atol=1e-5)
        assert not torch.allclose(network("first")(rgb)[1:], single, rtol=1e-3)


def test_both_masks_agree_on_a_batch_of_one() -> None:
    rgb = torch.rand(1, 3, 16, 24)
    with torch.no_grad():
        torch.testing.assert_close(network("own")(rgb), network("first")(rgb))


def test_the_guide_is_one_to_two_times_its_projection() -> None:
    torch.manual_seed(0)
    guide, mask = MaskGuide(8), torch.rand(1, 8, 6, 6)
    with torch.no_grad():
        ratio = guide(mask) / guide.conv1(mask)
    assert (ratio > 1).all()
    assert (ratio < 2).all()


def test_gradients_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    guide = MaskGuide(3).double()
    assert torch.autograd.gradcheck(
        guide, torch.rand(1, 3, 3, 3, dtype=torch.float64, requires_grad=True)
    )
