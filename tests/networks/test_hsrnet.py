import numpy as np
import pytest
import torch

from respectra.networks.hsrnet import HSRnet, Initial, group_bands, scale_groups


def test_groups_scale_to_any_number_of_bands() -> None:
    for bands in (3, 7, 16, 31, 103):
        sizes = scale_groups([6, 10, 15], bands)
        assert sum(sizes) == bands
        assert min(sizes) >= 1


def test_the_inputs_of_spectral_grouping_are_channels_and_differences() -> None:
    torch.manual_seed(0)
    initial = Initial([2, 2, 2])
    with torch.no_grad():
        for view in initial.views:
            view.weight[:, [0, 2, 4]] = 0  # red - green and green - blue remain
            view.bias.zero_()
        cube = initial(torch.rand(1, 1, 5, 5).expand(1, 3, 5, 5))  # a grey image: differences of 0
        torch.testing.assert_close(cube, cube[..., :1, :1].expand_as(cube))
        cube = initial(torch.rand(1, 3, 5, 5))
        assert not torch.allclose(cube, cube[..., :1, :1].expand_as(cube))


def test_each_stage_affects_the_output() -> None:
    torch.manual_seed(0)
    network, rgb = HSRnet(31, groups=[6, 10, 15], stages=3, width=16), torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        before = network(rgb)
        for stage in network.stages:
            stage.step.bias += 0.5
            after = network(rgb)
            assert not torch.allclose(after, before)
            before = after


def test_bands_are_grouped_by_the_channel_with_the_largest_response() -> None:
    response = np.array([[0, 0.1, 0, 0.2, 1], [0, 0.3, 2, 0.5, 0.3], [1, 0.2, 1, 0.1, 0]])
    assert group_bands(response) == [1, 3, 1]
    with pytest.raises(ValueError, match="do not respond most to neighbouring bands"):
        group_bands(response[::-1])
