import torch

from respectra.networks.galliani import DenseBlock, Galliani


def test_a_dense_block_returns_only_its_new_channels() -> None:
    block = DenseBlock(10, 4, 0.0)
    assert block(torch.rand(2, 10, 6, 6)).shape == (2, 16, 6, 6)
    assert [unit.conv.in_channels for unit in block.units.values()] == [10, 14, 18, 22]


def test_channels_are_dropped_in_training_only() -> None:
    torch.manual_seed(0)
    block, x = DenseBlock(10, 8, 0.5), torch.rand(1, 10, 6, 6)
    dropped = (block.train()(x) == 0).all(-1).all(-1)
    assert 0 < dropped.sum() < 32
    assert not (block.eval()(x) == 0).all(-1).all(-1).any()


def test_the_image_is_padded_by_reflection_to_a_multiple_of_32() -> None:
    torch.manual_seed(0)
    network = Galliani(5, width=16, growth=4, levels=5, dropout=0.5).eval()
    rgb = torch.rand(1, 3, 33, 40)
    padded = torch.nn.functional.pad(rgb, (0, 24, 0, 31), mode="reflect")
    with torch.no_grad():
        torch.testing.assert_close(network(rgb), network(padded)[..., :33, :40])
