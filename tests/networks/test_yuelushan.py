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
    """They do not depend on the picture, whose clipped values say nothing of the gain."""
    torch.manual_seed(0)
    network = Yuelushan(31, width=16, blocks=(1, 1, 2), reduction=4)
    cube, sensor = torch.rand(2, 31, 8, 10), torch.rand(3, 31)
    response = torch.tensor([2.3, 1.0, 1.6])[:, None] * sensor
    signal = torch.einsum("cb,nbhw->nchw", response, cube)
    gain = torch.tensor([1.5, 0.5]) / signal.amax((1, 2, 3))
    exposed = (gain[:, None, None, None] * signal).clamp_max(1.0)
    rgb = exposed + 0.1 * torch.randn_like(exposed)
    with torch.no_grad():
        image, clean = network.denoised(rgb, cube, response, gain)
        torch.testing.assert_close(image, network.denoise(rgb))
        torch.testing.assert_close(clean, exposed)
        image, raw = network.unbalanced(rgb, cube, sensor)
        torch.testing.assert_close(image, network.unbalance(network.denoise(rgb)))
    torch.testing.assert_close(
        raw, torch.einsum("cb,nbhw->nchw", sensor, cube) / sensor.sum(1).max()
    )


def test_the_second_target_keeps_the_relative_efficiencies_of_the_channels() -> None:
    network = Yuelushan(31, width=16, blocks=(1, 1, 2), reduction=4)
    sensor = torch.tensor([0.5, 1.0, 0.25])[:, None].expand(3, 31)
    with torch.no_grad():
        _, raw = network.unbalanced(torch.rand(1, 3, 4, 4), torch.ones(1, 31, 4, 4), sensor)
    torch.testing.assert_close(raw[0, :, 0, 0], torch.tensor([0.5, 1.0, 0.25]))
