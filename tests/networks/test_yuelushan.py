import torch

from respectra.networks.yuelushan import Yuelushan


def test_three_networks_in_a_row() -> None:
    torch.manual_seed(0)
    network = Yuelushan(31, width=16, blocks=(1, 1, 2), reduction=4)
    rgb = torch.rand(1, 3, 10, 12)
    with torch.no_grad():
        clean = network.denoise(rgb)
        linear = network.unbalance(clean)
        assert clean.shape == linear.shape == rgb.shape
        torch.testing.assert_close(network(rgb), network.recover(linear))


def test_their_sizes_are_the_sheets() -> None:
    network = Yuelushan(31, width=64, blocks=(5, 5, 10), reduction=16)
    parts = (network.denoise, network.unbalance, network.recover)
    assert [sum(p.numel() for p in part.parameters()) for part in parts] == [
        412_631, 412_631, 800_967,
    ]  # fmt: skip
