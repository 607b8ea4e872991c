import torch

from respectra.networks.hdnet import HDNet, SpatialSpectralAttention, Subspace


def test_a_group_is_made_stronger_and_by_one_in_all() -> None:
    torch.manual_seed(0)
    group, x = Subspace(6).eval(), torch.rand(1, 6, 5, 7)
    with torch.no_grad():
        where = group(x) / x - 1
    torch.testing.assert_close(where[:, 0].sum(), torch.tensor(1.0))
    torch.testing.assert_close(where, where[:, :1].expand_as(where))


def test_the_gate_over_pixels_sits_just_above_one_half() -> None:
    """A sigmoid of a softmax, as in the public code."""
    torch.manual_seed(0)
    attend, x = SpatialSpectralAttention(8), torch.rand(1, 8, 9, 9)
    with torch.no_grad():
        attend.right_output.weight.zero_()  # then the channels' gate is one half
        by_pixel = attend(x) / x - 0.5
    assert (by_pixel > 0.5).all()
    assert (by_pixel < 0.75).all()


def test_at_test_the_norms_do_not_see_the_image() -> None:
    """The public challenge script never calls eval()."""
    torch.manual_seed(0)
    network = HDNet(5, width=8, blocks=2, groups=2)
    network.train()(torch.rand(2, 3, 12, 12))
    network.eval()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    with torch.no_grad():
        network(torch.rand(2, 3, 12, 12))
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())


def test_gradients_of_attention_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    attend = SpatialSpectralAttention(4).double()
    x = torch.rand(1, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(attend, x)
