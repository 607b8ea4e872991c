import torch

from respectra.networks.fmnet import FMNet, Mixture
from respectra.networks.layers import interpolate_channels


def test_the_weights_of_the_functions_sum_to_one() -> None:
    torch.manual_seed(0)
    mixture, x = Mixture(4, 4, 4, [3, 5, 7]), torch.rand(1, 4, 9, 9)
    with torch.no_grad():
        for function in mixture.functions:  # equal functions: the weights have no influence
            function[2].weight.zero_()
            function[2].bias.fill_(0.7)
        torch.testing.assert_close(mixture(x), torch.full((1, 4, 9, 9), 0.7))


def test_the_interpolated_image_is_added_to_the_output() -> None:
    network, rgb = FMNet(31, width=8, blocks=1, sizes=[3, 5, 7]), torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        for function in network.tail.functions:
            function[2].weight.zero_()
            function[2].bias.zero_()
        torch.testing.assert_close(network(rgb), interpolate_channels(rgb, 31))
