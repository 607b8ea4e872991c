import torch

from respectra.networks.yuelushan import Yuelushan


def test_three_networks_run_in_sequence() -> None:
    torch.manual_seed(0)
    network = Yuelushan(31, width=16, blocks=(1, 1, 2), reduction=4)
    rgb = torch.rand(1, 3, 10, 12)
    with torch.no_grad():
        clean = network.denoise(rgb)
        linear = network.unbalance(clean)
        assert clean.shape == linear.shape == rgb.shape
        torch.testing.assert_close(network(rgb), network.recover(linear))


def test_the_parameter_counts_are_those_of_our_reading() -> None:
    network = Yuelushan(31, width=64, blocks=(5, 5, 10), reduction=16)
    stages = (network.denoise, network.unbalance, network.recover)
    assert [sum(p.numel() for p in stage.parameters()) for stage in stages] == [
        412_631, 412_631, 800_967,
    ]  # fmt: skip


def test_the_targets_of_the_first_phases_are_projections_of_the_cube() -> None:
    torch.manual_seed(0)
    network = Yuelushan(31, width=16, blocks=(1, 1, 2), reduction=4)
    cube, response = torch.rand(2, 31, 8, 10), torch.rand(3, 31)
    signal = torch.einsum("cb,nbhw->nchw", response, cube)
    rgb = (0.1 * signal).clamp_max(1.0)
    with torch.no_grad():
        image, clean = network.denoised(rgb, cube, response)
        torch.testing.assert_close(image, network.denoise(rgb))
        gain = (signal * rgb).sum((1, 2, 3)) / signal.square().sum((1, 2, 3))
        expected = (gain[:, None, None, None] * signal).clamp_max(1.0)
        torch.testing.assert_close(clean, expected)
        image, raw = network.unbalanced(rgb, cube, response)
        torch.testing.assert_close(image, network.unbalance(network.denoise(rgb)))
    torch.testing.assert_close(raw, signal / response.sum(1)[:, None, None])
    dim = 0.5 * rgb  # the target does not depend on the exposure
    torch.testing.assert_close(network.unbalanced(dim, cube, response)[1], raw)
