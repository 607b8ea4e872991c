import torch

from respectra.networks.hscnn_r import HSCNNR


def test_only_the_last_features_are_activated() -> None:
    torch.manual_seed(0)
    network, rgb = HSCNNR(5, width=8, blocks=1), torch.rand(1, 3, 6, 6)
    with torch.no_grad():
        network.close.weight.zero_()
        network.close.bias.zero_()
        expected = network.tail(torch.relu(network.head(rgb)))
        torch.testing.assert_close(network(rgb), expected)
