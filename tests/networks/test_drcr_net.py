import pytest
import torch

from respectra.networks.drcr_net import DRCRNet
from respectra.networks.released import find_idle


def network(quarter: str) -> DRCRNet:
    torch.manual_seed(0)
    return DRCRNet(5, width=16, blocks=1, quarter=quarter).eval()


def test_shared_convolutions_leave_those_of_the_quarter_scale_idle() -> None:
    """The public code has convolutions of the quarter scale that it does not use."""
    shared, rgb = network("shared"), torch.rand(1, 3, 16, 16)
    assert {n.rsplit(".", 1)[0] for n in find_idle(shared)} == {"purify.4.3x3", "purify.4.1x1"}
    with torch.no_grad():
        before = shared(rgb)
        shared.purify["4"]["3x3"].weight += 1
        torch.testing.assert_close(shared(rgb), before)


def test_separate_convolutions_of_the_quarter_scale_affect_the_output() -> None:
    separate, rgb = network("own"), torch.rand(1, 3, 16, 16)
    assert find_idle(separate) == {}
    with torch.no_grad():
        before = separate(rgb)
        separate.purify["4"]["3x3"].weight += 1
        assert not torch.allclose(separate(rgb), before)


def test_the_image_is_padded_by_reflection_to_a_multiple_of_four() -> None:
    drcr, rgb = network("shared"), torch.rand(1, 3, 18, 16)
    padded = torch.nn.functional.pad(rgb, (0, 0, 0, 2), mode="reflect")
    with torch.no_grad():
        torch.testing.assert_close(drcr(rgb), drcr(padded)[..., :18, :])


def test_an_unknown_branch_raises_an_error() -> None:
    with pytest.raises(ValueError, match="quarter both is neither shared nor own"):
        network("both")
