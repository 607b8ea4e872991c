import torch
from torch import nn

from respectra.networks.mscnn import MSCNN


def test_it_starts_almost_silent() -> None:
    """Norms start around zero, not around one."""
    network = MSCNN(31, width=16, dropout=0.2)
    weights = torch.cat([m.weight for m in network.modules() if isinstance(m, nn.BatchNorm2d)])
    assert weights.abs().max() < 0.1


def test_shuffled_features_come_before_the_encoders() -> None:
    torch.manual_seed(0)
    network, seen = MSCNN(5, width=8, dropout=0.0).eval(), []
    network.decoder[-1].register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    first = []
    network.encoder[0].register_forward_hook(lambda module, given, out: first.append(out))
    with torch.no_grad():
        network(torch.rand(1, 3, 16, 16))
    torch.testing.assert_close(seen[0][:, -8:], first[0])
