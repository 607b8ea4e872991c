import torch

from respectra.networks.edsr import EDSR
from respectra.networks.epilogue import Residual


def test_a_block_without_features_returns_its_input() -> None:
    block, x = Residual(4), torch.rand(1, 4, 5, 5)
    with torch.no_grad():
        block[2].weight.zero_()
        block[2].bias.zero_()
        torch.testing.assert_close(block(x), x)


def test_the_long_skip_starts_at_the_first_features() -> None:
    network, rgb = EDSR(5, width=8, blocks=1), torch.rand(1, 3, 6, 6)
    with torch.no_grad():
        network.close.weight.zero_()
        network.close.bias.zero_()
        torch.testing.assert_close(network(rgb), network.tail(network.head(rgb)))
