import pytest
import torch

from respectra.networks import hscnn_plus
from respectra.networks.hscnn_plus import FusionBlock, HSCNNPlus, Path


def test_a_block_appends_channels_to_its_input() -> None:
    torch.manual_seed(0)
    network, inputs = HSCNNPlus(31, blocks=3, width=16, path=8), []
    for module in (*network.blocks, network.tail):
        module.register_forward_pre_hook(lambda module, args: inputs.append(args[0]))
    with torch.no_grad():
        network(torch.rand(1, 3, 6, 6))
        assert [x.shape[1] for x in inputs] == [32, 40, 48, 56]
        for block, before, after in zip(network.blocks, inputs, inputs[1:], strict=False):
            expected = torch.cat([before, block.forward(before)], dim=1)
            torch.testing.assert_close(after, expected)


def test_appended_channels_are_not_negative() -> None:
    torch.manual_seed(0)
    assert (FusionBlock(12, 16, 8, 8)(torch.randn(1, 12, 5, 5)) >= 0).all()


def test_a_path_returns_the_outputs_of_both_convolutions() -> None:
    torch.manual_seed(0)
    path = Path(3, 8, 4)
    with torch.no_grad():
        wide, narrow = path(torch.rand(1, 3, 5, 5))
        assert (wide.shape[1], narrow.shape[1]) == (8, 4)
        torch.testing.assert_close(narrow, torch.relu(path["1x1"](wide)))


def test_joined_blocks_compute_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = HSCNNPlus(31, blocks=3, width=16, path=8).double()
    rgb, results = torch.rand(2, 3, 6, 7, dtype=torch.float64), []
    cotangent = torch.rand(2, 31, 6, 7, dtype=torch.float64)
    for is_joined in (False, True):
        monkeypatch.setattr(hscnn_plus, "uses_kernels", lambda image, joined=is_joined: joined)
        network.zero_grad()
        cube = network(rgb)
        (cube * cotangent).sum().backward()
        results.append([cube.detach(), *[p.grad.clone() for p in network.parameters()]])
    for expected, value in zip(*results, strict=True):
        torch.testing.assert_close(value, expected)
