from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from respectra.graphs import RecordedGradients, RecordedNetwork

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no GPU")


class Network(nn.Module):
    """A convolution, a norm with statistics, and dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5))

    def forward(self, rgb: Tensor) -> Tensor:
        return self.layers(rgb)


def compute_gradients(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    loss = (network(batch["rgb"].cuda()) - batch["cube"].cuda()).square().mean()
    loss.backward()
    return loss.detach()


def test_without_a_gpu_a_recorded_network_is_the_network() -> None:
    network = Network().eval()
    rgb = torch.rand(1, 3, 5, 5)
    with torch.inference_mode():
        assert torch.equal(RecordedNetwork(network)(rgb=rgb), network(rgb))


@GPU
def test_a_recorded_network_computes_the_network_for_every_size() -> None:
    network = Network().eval().cuda()
    recorded = RecordedNetwork(network)
    with torch.inference_mode():
        results = []
        for size in (5, 6, 7, 5, 8, 9, 6, 10):  # more sizes than are recorded
            rgb = torch.rand(1, 3, size, size, device="cuda")
            results.append((recorded(rgb=rgb), network(rgb)))
    for result, expected in results:  # later replays leave earlier results alone
        torch.testing.assert_close(result, expected)


@GPU
def test_recorded_steps_are_the_steps() -> None:
    states = []
    for is_recorded in (False, True):
        torch.manual_seed(0)
        network = Network().cuda()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        compute = lambda batch, network=network: compute_gradients(network, batch)  # noqa: E731
        if is_recorded:
            compute = RecordedGradients(compute, network)
        losses = []
        for step in range(6):
            generator = torch.Generator().manual_seed(step)
            count = 3 if step == 4 else 2  # one batch of another size
            batch = {
                "rgb": torch.rand(count, 3, 6, 6, generator=generator),
                "cube": torch.rand(count, 4, 4, 4, generator=generator),
            }
            optimizer.zero_grad(set_to_none=True)
            losses.append(compute(batch))
            optimizer.step()
        states.append([*network.state_dict().values(), torch.stack(losses)])
    for one, two in zip(*states, strict=True):
        torch.testing.assert_close(one, two)
