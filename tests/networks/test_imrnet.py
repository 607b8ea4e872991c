import pytest
import torch

from respectra.networks.imrnet import IMRnet


def network() -> IMRnet:
    torch.manual_seed(0)
    return IMRnet(
        31, width=16, encoder_blocks=1, decoder_blocks=1, reduction=4, non_local=8, levels=[8, 16]
    )


def test_the_autoencoder_has_a_code_of_three_channels() -> None:
    imrnet, cube = network(), torch.rand(2, 31, 10, 12)
    with torch.no_grad():
        code = imrnet.encoder(cube)
        assert code.shape == (2, 3, 10, 12)
        decoded, target = imrnet.autoencode(cube)
        torch.testing.assert_close(decoded, imrnet.decoder(code))
    assert target is cube


def test_autoencoding_trains_encoder_and_decoder_only() -> None:
    imrnet = network()
    imrnet.autoencode(torch.rand(1, 31, 8, 8))[0].square().mean().backward()
    for module in (imrnet.encoder, imrnet.decoder):
        assert all(p.grad is not None for p in module.parameters())
    assert all(p.grad is None for p in imrnet.translator.parameters())


def test_gain_and_bias_apply_to_the_output_of_the_unet() -> None:
    translator, rgb = network().translator, torch.rand(1, 3, 9, 7)
    with torch.no_grad():
        before = translator(rgb)
        translator.gain.mul_(2)
        translator.bias.add_(0.5)
        torch.testing.assert_close(translator(rgb), 2 * before + 0.5)


def test_xavier_initialises_the_convolutions() -> None:
    imrnet = network()
    convolutions = [m for m in imrnet.modules() if isinstance(m, torch.nn.Conv2d)]
    for conv in convolutions:
        size = conv.kernel_size[0] * conv.kernel_size[1]
        bound = (6 / (size * (conv.in_channels + conv.out_channels))) ** 0.5
        assert conv.weight.abs().max() <= bound
        if conv.weight.numel() > 500:
            assert conv.weight.abs().max() > 0.9 * bound
            assert conv.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.1)
        assert conv.bias is None or not conv.bias.any()
    assert not imrnet.decoder.non_local.output.weight.any()  # starts as the identity
