import torch

from respectra.networks.hdnet import HDNet, SpatialSpectralAttention, Subspace


def test_the_amplification_of_a_group_sums_to_one() -> None:
    torch.manual_seed(0)
    group, x = Subspace(6).eval(), torch.rand(1, 6, 5, 7)
    with torch.no_grad():
        weights = group(x) / x - 1
    torch.testing.assert_close(weights[:, 0].sum(), torch.tensor(1.0))
    torch.testing.assert_close(weights, weights[:, :1].expand_as(weights))


def test_the_gate_per_pixel_lies_just_above_one_half() -> None:
    """A sigmoid of a softmax, as in the public code."""
    torch.manual_seed(0)
    attend, x = SpatialSpectralAttention(8), torch.rand(1, 8, 9, 9)
    with torch.no_grad():
        attend.right_output.weight.zero_()  # then the gate per channel is one half
        pixel_gate = attend(x) / x - 0.5
    assert (pixel_gate > 0.5).all()
    assert (pixel_gate < 0.75).all()


def test_in_evaluation_mode_the_norms_do_not_depend_on_the_image() -> None:
    """The public challenge script does not call eval()."""
    torch.manual_seed(0)
    network = HDNet(5, width=8, blocks=2, groups=2)
    network.train()(torch.rand(2, 3, 12, 12))
    network.eval()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    rgb = torch.rand(2, 3, 12, 12)
    with torch.no_grad():
        torch.testing.assert_close(network(rgb)[:1], network(rgb[:1]))
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())


def test_gradients_of_attention_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    attend = SpatialSpectralAttention(4).double()
    x = torch.rand(1, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(attend, x)
