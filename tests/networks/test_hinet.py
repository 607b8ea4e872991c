import pytest
import torch

from respectra.networks.hinet import HalfNorm, HINet


def test_of_31_channels_16_are_normalised() -> None:
    norm, x = HalfNorm(31), 3 + 2 * torch.randn(1, 31, 20, 20)
    out = norm(x)
    torch.testing.assert_close(out[:, :16].mean((2, 3)), torch.zeros(1, 16), atol=1e-5, rtol=0)
    assert torch.equal(out[:, 16:], x[:, 16:])


def test_normalising_sees_no_other_image() -> None:
    norm, x = HalfNorm(8).train(), torch.randn(2, 8, 6, 6)
    torch.testing.assert_close(norm(x)[:1], norm(x[:1]))


def test_the_published_rows_count_is_that_of_an_attention_through_the_image() -> None:
    network = HINet(31, depth=4, attention="image")
    assert sum(p.numel() for p in network.parameters()) == 5_208_036
    assert network(torch.rand(1, 3, 20, 20)).shape == (1, 31, 20, 20)


def test_an_unknown_attention_is_refused() -> None:
    with pytest.raises(ValueError, match="attention none is neither features nor image"):
        HINet(31, depth=3, attention="none")
