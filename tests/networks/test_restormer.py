import pytest
import torch

from respectra.networks.layers import interpolate_channels
from respectra.networks.restormer import ChannelAttention, GatedFeedForward, Restormer


def network(form: str) -> Restormer:
    torch.manual_seed(0)
    return Restormer(31, width=8, blocks=(1, 1, 1, 1), refinement=1, form=form).eval()


def test_the_stretched_form_adds_the_image_in_ascending_wavelengths() -> None:
    restormer, rgb = network("stretched"), torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        restormer.tail.weight.zero_()
        cube = restormer(rgb)
    torch.testing.assert_close(cube, interpolate_channels(rgb.flip(1), 31))
    torch.testing.assert_close(cube[:, 0], rgb[:, 2])  # the blue channel stands for 400 nm


def test_the_form_of_the_toolbox_adds_no_image() -> None:
    restormer = network("skip")
    with torch.no_grad():
        restormer.tail.weight.zero_()
        assert not restormer(torch.rand(1, 3, 16, 16)).any()


def test_an_unknown_form_raises_an_error() -> None:
    with pytest.raises(ValueError, match="form both is neither skip nor stretched"):
        network("both")


def test_the_softmax_of_attention_runs_over_the_keys() -> None:
    """In MST++ the softmax runs over the queries."""
    torch.manual_seed(0)
    attend = ChannelAttention(4, 1).double()
    x = torch.rand(1, 4, 3, 5, dtype=torch.float64)
    with torch.no_grad():
        q, k, v = (p.flatten(2) for p in attend.qkv_around(attend.qkv(x)).chunk(3, dim=1))
        unit = torch.nn.functional.normalize
        weights = (unit(q, dim=-1) @ unit(k, dim=-1).mT * attend.temperature[0]).softmax(-1)
        expected = attend.output((weights @ v).reshape(1, 4, 3, 5))
        torch.testing.assert_close(attend(x), expected)


def test_the_hidden_width_is_rounded_down() -> None:
    assert [GatedFeedForward(w).output.in_channels for w in (48, 96, 384)] == [127, 255, 1021]


def test_gradients_of_attention_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    attend = ChannelAttention(4, 2).double()
    x = torch.rand(1, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(attend, x)
