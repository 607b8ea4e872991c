import torch

from respectra.networks.hscnn_plus import FusionBlock, HSCNNPlus, Path


def test_a_block_adds_and_keeps_what_was_there() -> None:
    network = HSCNNPlus(31, blocks=3, width=16, path=8)
    assert network.tail.in_channels == 4 * 8 + 3 * 8
    assert [block.squeeze.in_channels for block in network.blocks] == [32, 40, 48]


def test_what_a_block_adds_is_not_negative() -> None:
    torch.manual_seed(0)
    assert (FusionBlock(12, 16, 8, 8)(torch.randn(1, 12, 5, 5)) >= 0).all()


def test_a_path_hands_on_both_of_its_looks() -> None:
    wide, narrow = Path(3, 8, 4)(torch.rand(1, 3, 5, 5))
    assert (wide.shape[1], narrow.shape[1]) == (8, 4)
