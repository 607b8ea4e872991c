"""CUDA graphs: the kernels of a network, or of a training step, recorded once and replayed.

Networks of many small operations keep the GPU waiting for the CPU, which launches each kernel. A
graph launches all of them at once. Its tensors have fixed addresses, so it serves one size of
images, and inputs are copied into its own.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

Images = Mapping[str, Tensor]
WARM_UPS = 3  # runs before a recording, which choose algorithms and allocate workspaces
LARGEST_COUNT = 4  # sizes of images that are recorded


class RecordedNetwork:
    """A network that replays its kernels on images of a size that it has met before.

    Without a GPU it calls the network.

    Args:
        network: takes images by name and returns a tensor; in evaluation mode, without gradients.
    """

    def __init__(self, network: Callable[..., Tensor]) -> None:
        self._network = network
        self._recordings: dict[tuple[object, ...], tuple[Images, torch.cuda.CUDAGraph, Tensor]] = {}

    def __call__(self, **images: Tensor) -> Tensor:
        """Apply the network to images by the names of its arguments."""
        if not all(image.is_cuda for image in images.values()):
            return self._network(**images)
        size = tuple((name, image.shape, image.dtype) for name, image in images.items())
        if size not in self._recordings:
            if len(self._recordings) == LARGEST_COUNT:
                return self._network(**images)
            self._recordings[size] = self._record(images)
        inputs, graph, result = self._recordings[size]
        for name, tensor in inputs.items():
            tensor.copy_(images[name], non_blocking=True)
        graph.replay()
        return result.clone()

    def _record(self, images: Images) -> tuple[Images, torch.cuda.CUDAGraph, Tensor]:
        inputs = {name: image.clone() for name, image in images.items()}
        return inputs, *_record(lambda: self._network(**inputs))


class RecordedGradients:
    """A function that replays the computation of a loss and its gradients.

    Statistics of norms and the state of the random numbers are those after as many calls without
    a recording.

    Args:
        compute: adds the gradients of a batch to those of the parameters and returns the loss, on
            a GPU. It is recorded with the first batch; batches of another size are computed.
        network: whose gradients `compute` computes.
    """

    def __init__(self, compute: Callable[[Images], Tensor], network: nn.Module) -> None:
        self._compute, self._network = compute, network
        self._recording: tuple[Images, torch.cuda.CUDAGraph, Tensor] | None = None
        self._gradients: list[Tensor | None] = []

    def __call__(self, batch: Images) -> Tensor:
        """Set the gradients of a batch, on any device, and return its loss."""
        if self._recording is None:
            self._recording = self._record(batch)
        inputs, graph, loss = self._recording
        if any(tensor.shape != inputs[name].shape for name, tensor in batch.items()):
            return self._compute(batch)
        for name, tensor in inputs.items():
            tensor.copy_(batch[name], non_blocking=True)
        graph.replay()
        for parameter, gradient in zip(self._network.parameters(), self._gradients, strict=True):
            parameter.grad = gradient
        return loss.clone()

    def _record(self, batch: Images) -> tuple[Images, torch.cuda.CUDAGraph, Tensor]:
        inputs = {name: tensor.to("cuda", copy=True) for name, tensor in batch.items()}
        buffers = [(buffer, buffer.clone()) for buffer in self._network.buffers()]
        random_state = torch.cuda.get_rng_state()

        def compute() -> Tensor:
            for parameter in self._network.parameters():
                parameter.grad = None
            return self._compute(inputs)

        graph, loss = _record(compute)
        self._gradients = [parameter.grad for parameter in self._network.parameters()]
        for buffer, value in buffers:
            buffer.copy_(value)
        torch.cuda.set_rng_state(random_state)
        return inputs, graph, loss


def _record(compute: Callable[[], Tensor]) -> tuple[torch.cuda.CUDAGraph, Tensor]:
    """Run a function a few times on a stream of its own, then record it."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UPS):
            compute()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    # Only this thread's calls are checked: that of a loader pins memory in the meantime.
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        result = compute()
    return graph, result
