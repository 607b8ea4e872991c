import pytest
import torch

from respectra.networks.drcr_net import DRCRNet
from respectra.networks.layers import find_idle


def network(quarter: str) -> DRCRNet:
    torch.manual_seed(0)
    return DRCRNet(5, width=16, blocks=1, quarter=quarter).eval()


def test_the_quarter_scale_uses_the_half_scales_convolutions() -> None:
    """As in the public code, whose own ones for it never learn."""
    shared, rgb = network("shared"), torch.rand(1, 3, 16, 16)
    assert {n.rsplit(".", 1)[0] for n in find_idle(shared)} == {"purify.4.3x3", "purify.4.1x1"}
    with torch.no_grad():
        before = shared(rgb)
        shared.purify["4"]["3x3"].weight += 1
        torch.testing.assert_close(shared(rgb), before)


def test_in_the_paper_each_scale_has_its_own() -> None:
    own, rgb = network("own"), torch.rand(1, 3, 16, 16)
    assert find_idle(own) == {}
    with torch.no_grad():
        before = own(rgb)
        own.purify["4"]["3x3"].weight += 1
        assert not torch.allclose(own(rgb), before)


def test_rows_that_are_no_multiple_of_four_are_mirrored() -> None:
    made, rgb = network("shared"), torch.rand(1, 3, 18, 16)
    mirrored = torch.nn.functional.pad(rgb, (0, 0, 0, 2), mode="reflect")
    with torch.no_grad():
        torch.testing.assert_close(made(rgb), made(mirrored)[..., :18, :])


def test_an_unknown_branch_is_refused() -> None:
    with pytest.raises(ValueError, match="quarter both is neither shared nor own"):
        network("both")
