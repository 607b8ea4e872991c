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


def test_each_step_has_the_target_that_the_camera_gives() -> None:
    torch.manual_seed(0)
    network = Yuelushan(31, width=16, blocks=(1, 1, 2), reduction=4)
    cube, response = torch.rand(2, 31, 8, 10), torch.rand(3, 31)
    signal = torch.einsum("cb,nbhw->nchw", response, cube)
    rgb = (0.1 * signal).clamp_max(1.0)
    with torch.no_grad():
        found, clean = network.denoised(rgb, cube, response)
        torch.testing.assert_close(found, network.denoise(rgb))
        assert clean.max() <= 1
        found, raw = network.unbalanced(rgb, cube, response)
        torch.testing.assert_close(found, network.unbalance(network.denoise(rgb)))
    torch.testing.assert_close(raw, signal / response.sum(1)[:, None, None])
    dim = 0.5 * rgb  # another exposure of the same scene: the same light
    torch.testing.assert_close(network.unbalanced(dim, cube, response)[1], raw)
