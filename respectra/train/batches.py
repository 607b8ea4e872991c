"""The order and the transport of batches: from the loader's processes to the device."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from respectra.train.patches import Patches

Batch = dict[str, Tensor]


def read_batches(
    patches: Patches, first: int, device: torch.device, workers: int
) -> Iterator[Batch]:
    """Yield the batches of a phase from an iteration on; workers read ahead.

    Args:
        patches: of the phase.
        first: the number of the first iteration.
        device: of the network.
        workers: processes that read patches; 0: this process reads them.
    """
    loader = DataLoader(
        patches,
        batch_size=None,
        sampler=range(first, len(patches)),
        num_workers=workers,
        pin_memory=device.type == "cuda",
        generator=torch.Generator(),  # the loader must not draw from PyTorch's own generator
    )
    return copy_ahead(iter(loader), device) if device.type == "cuda" else iter(loader)


def copy_ahead(batches: Iterator[Batch], device: torch.device) -> Iterator[Batch]:
    """Copy each batch to the GPU while the batch before it is computed.

    Args:
        batches: in pinned memory.
        device: a GPU.

    Yields:
        The same batches on the GPU, ready for the current stream.
    """
    stream = torch.cuda.Stream(device)

    def copy(batch: Batch | None) -> Batch | None:
        if batch is None:
            return None
        with torch.cuda.stream(stream):
            return {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}

    copied = copy(next(batches, None))
    while copied is not None:
        current = torch.cuda.current_stream(device)
        current.wait_stream(stream)  # before the next copy starts, which this batch need not await
        batch, copied = copied, copy(next(batches, None))
        for tensor in batch.values():
            tensor.record_stream(current)  # its memory is in use until the current stream is done
        yield batch
