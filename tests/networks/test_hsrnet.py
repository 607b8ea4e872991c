import torch

from respectra.networks.hsrnet import HSRnet, Initial, scale_groups


def test_groups_fit_any_number_of_bands() -> None:
    for bands in (3, 7, 16, 31, 103):
        sizes = scale_groups([6, 10, 15], bands)
        assert sum(sizes) == bands
        assert min(sizes) >= 1


def test_a_grey_image_has_no_colour_differences() -> None:
    torch.manual_seed(0)
    initial = Initial([2, 2, 2])
    with torch.no_grad():
        for view in initial.views:
            view.weight[:, [0, 2, 4]] = 0  # leaves red − green and green − blue
            view.bias.zero_()
        first = initial(torch.rand(1, 1, 5, 5).expand(1, 3, 5, 5))
        torch.testing.assert_close(first, first[..., :1, :1].expand_as(first))


def test_every_stage_counts() -> None:
    torch.manual_seed(0)
    network, rgb = HSRnet(31, groups=[6, 10, 15], stages=3, width=16), torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        before = network(rgb)
        for stage in network.stages:
            stage.step.bias += 0.5
            after = network(rgb)
            assert not torch.allclose(after, before)
            before = after
