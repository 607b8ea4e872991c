import torch
from torch import nn

from respectra.networks.mprnet import ChannelBlock, MPRNet


def network() -> MPRNet:
    torch.manual_seed(0)
    return MPRNet(8, step=4, original_blocks=1).eval()


def test_one_slope_serves_the_whole_network() -> None:
    assert sum(isinstance(module, nn.PReLU) for module in network().modules()) == 1


def test_the_first_stage_sees_quadrants_alone() -> None:
    made, image = network(), torch.rand(1, 8, 16, 16)
    with torch.no_grad():
        whole = made.encoder_1(made.shallow[0](image))[0]
        corner = made.encoder_1(made.shallow[0](image[..., :8, :8]))[0]
    assert not torch.allclose(whole[..., :8, :8], corner)  # so they must be cut first


def test_halving_is_the_mean_of_four() -> None:
    made, x = network(), torch.rand(1, 8, 8, 8)
    half = made.encoder_1.down[0][0](x)
    torch.testing.assert_close(half, nn.functional.avg_pool2d(x, 2))


def test_a_closed_gate_leaves_the_input() -> None:
    block = ChannelBlock(4, nn.PReLU())
    with torch.no_grad():
        block.body[2].weight.zero_()
        x = torch.rand(1, 4, 5, 5)
        torch.testing.assert_close(block(x), x)
