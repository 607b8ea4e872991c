import torch
from torch import nn

from respectra.networks.mprnet import ChannelBlock, MPRNet


def network() -> MPRNet:
    torch.manual_seed(0)
    return MPRNet(8, step=4, original_blocks=1).eval()


def test_all_blocks_share_one_slope() -> None:
    assert sum(isinstance(module, nn.PReLU) for module in network().modules()) == 1


def test_stages_encode_quadrants_halves_and_the_whole_image() -> None:
    mprnet, sizes = network(), dict[str, list[tuple[int, int]]]()
    for name in ("encoder_1", "decoder_1", "encoder_2", "decoder_2", "full"):
        sizes[name] = []

        def record(module: nn.Module, args: tuple, name: str = name) -> None:
            features = args[0][0] if isinstance(args[0], list) else args[0]
            sizes[name].append(tuple(features.shape[-2:]))

        mprnet.get_submodule(name).register_forward_pre_hook(record)
    with torch.no_grad():
        mprnet(torch.rand(1, 3, 16, 32))
    assert sizes == {
        "encoder_1": [(8, 16)] * 4,
        "decoder_1": [(8, 32)] * 2,
        "encoder_2": [(8, 32)] * 2,
        "decoder_2": [(16, 32)],
        "full": [(16, 32)],
    }


def test_downsampling_is_the_mean_of_four_pixels() -> None:
    mprnet, x = network(), torch.rand(1, 8, 8, 8)
    half = mprnet.encoder_1.down[0][0](x)
    torch.testing.assert_close(half, nn.functional.avg_pool2d(x, 2))


def test_a_block_without_features_returns_its_input() -> None:
    block = ChannelBlock(4, nn.PReLU())
    with torch.no_grad():
        block.body[2].weight.zero_()
        x = torch.rand(1, 4, 5, 5)
        torch.testing.assert_close(block(x), x)
