import torch
from torch import nn

from respectra.networks.mscnn import MSCNN


def test_the_initial_weights_of_the_norms_lie_around_zero() -> None:
    """PyTorch's default is one."""
    network = MSCNN(31, width=16, dropout=0.2)
    weights = torch.cat([m.weight for m in network.modules() if isinstance(m, nn.BatchNorm2d)])
    assert weights.abs().max() < 0.1


def test_shuffled_features_precede_the_skip_connection() -> None:
    torch.manual_seed(0)
    network = MSCNN(5, width=8, dropout=0.0).eval()
    inputs, skips = [], []
    network.decoder[-1].register_forward_pre_hook(lambda module, args: inputs.append(args[0]))
    network.encoder[0].register_forward_hook(lambda module, args, output: skips.append(output))
    with torch.no_grad():
        network(torch.rand(1, 3, 16, 16))
    torch.testing.assert_close(inputs[0][:, -8:], skips[0])
