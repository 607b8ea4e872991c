import pytest
import torch

from respectra.networks.hinet import HalfNorm, HINet


def test_of_31_channels_16_are_normalised() -> None:
    norm, x = HalfNorm(31), 3 + 2 * torch.randn(1, 31, 20, 20)
    out = norm(x)
    torch.testing.assert_close(out[:, :16].mean((2, 3)), torch.zeros(1, 16), atol=1e-5, rtol=0)
    assert torch.equal(out[:, 16:], x[:, 16:])


def test_normalisation_does_not_depend_on_other_images() -> None:
    norm, x = HalfNorm(8).train(), torch.randn(2, 8, 6, 6)
    torch.testing.assert_close(norm(x)[:1], norm(x[:1]))


def test_an_attention_with_the_rgb_image_has_the_published_count() -> None:
    network = HINet(31, depth=4, attention="image")
    assert sum(p.numel() for p in network.parameters()) == 5_208_036
    assert network(torch.rand(1, 3, 20, 20)).shape == (1, 31, 20, 20)


def test_an_unknown_attention_raises_an_error() -> None:
    with pytest.raises(ValueError, match="attention none is neither features nor image"):
        HINet(31, depth=3, attention="none")
