import torch

from respectra.networks.unet import UNet


def network() -> UNet:
    torch.manual_seed(0)
    return UNet(31, widths=(8, 8, 8, 8, 8))


def test_the_output_has_the_size_of_the_input() -> None:
    assert network()(torch.rand(1, 3, 11, 23)).shape == (1, 31, 11, 23)


def test_no_output_is_negative() -> None:
    assert (network()(torch.randn(1, 3, 16, 16)) >= 0).all()


def test_the_receptive_field_is_21_by_21_pixels() -> None:
    unet, rgb = network().double(), torch.rand(1, 3, 41, 41, dtype=torch.float64)
    with torch.no_grad():
        before = unet(rgb)
        rgb[..., 20, 20] += 5
        changed = (unet(rgb) != before).any(1)[0].nonzero()
    assert (changed - 20).abs().max() == 10
