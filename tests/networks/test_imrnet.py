import torch

from respectra.networks.imrnet import IMRnet


def network() -> IMRnet:
    torch.manual_seed(0)
    return IMRnet(
        31, width=16, encoder_blocks=1, decoder_blocks=1, reduction=4, non_local=8, levels=[8, 16]
    )


def test_a_cube_goes_through_three_channels_and_back() -> None:
    made, cube = network(), torch.rand(2, 31, 10, 12)
    assert made.encoder(cube).shape == (2, 3, 10, 12)
    found, wanted = made.autoencode(cube)
    assert found.shape == cube.shape
    assert wanted is cube


def test_autoencoding_teaches_encoder_and_decoder_alone() -> None:
    made = network()
    made.autoencode(torch.rand(1, 31, 8, 8))[0].square().mean().backward()
    assert all(p.grad is not None for p in made.encoder.parameters())
    assert all(p.grad is None for p in made.translator.parameters())


def test_gain_and_bias_act_on_the_unets_output() -> None:
    made, rgb = network().translator, torch.rand(1, 3, 9, 7)
    with torch.no_grad():
        before = made(rgb)
        made.gain.mul_(2)
        made.bias.add_(0.5)
        torch.testing.assert_close(made(rgb), 2 * before + 0.5)
