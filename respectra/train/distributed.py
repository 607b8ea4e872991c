"""One training on several processes: which patches each computes, and how results are averaged.

Every process has the whole network and computes a share of each batch. Gradients and the statistics
of batch norms are averaged over all processes, and all draw the same random numbers. So the
processes hold the same weights after every step, and one process computes them too, to rounding.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from respectra.device import choose_device
from respectra.lengths import divide_parts
from respectra.locks import lock_file
from respectra.logs import warn


@dataclass(frozen=True)
class Processes:
    """The processes that train one network together.

    Args:
        rank: of this process, from 0 on; the first writes all files.
        count: of processes.
    """

    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and the log."""
        return self.rank == 0

    def choose_positions(self, batch: int, accumulate: int) -> list[int]:
        """Return which patches of a batch this process computes.

        The processes share each part of the batch, so that statistics of a part are the recipe's.

        Args:
            batch: patches in a batch.
            accumulate: parts of the batch.

        Raises:
            ValueError: a part cannot be divided.

        Example:
            >>> Processes(rank=1, count=2).choose_positions(8, 2)
            [2, 3, 6, 7]
        """
        positions: list[int] = []
        start = 0
        for part in divide_parts(batch, accumulate, self.count):
            share = part // self.count
            positions += range(start + self.rank * share, start + (self.rank + 1) * share)
            start += part
        return positions

    def share(self, names: Sequence[str]) -> Sequence[str]:
        """Return the names that this process evaluates."""
        return names[self.rank :: self.count]

    def gather(self, values: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
        """Return the values of all processes.

        Args:
            values: of the names that `share` gives this process.
            names: in the order of the result.
        """
        joined = {name: value for part in self._collect(values) for name, value in part.items()}
        return {name: joined[name] for name in names}

    def check_equal(self, value: int, message: str) -> None:
        """Compare a value between the processes.

        Args:
            value: of this process.
            message: of the error.

        Raises:
            ValueError: the processes have different values.
        """
        if len(set(self._collect(value))) > 1:
            raise ValueError(message)

    @contextmanager
    def hold(self, lock: str | Path) -> Iterator[bool]:
        """Hold a lock for the length of a block; the first process holds it for all.

        Args:
            lock: its file.

        Yields:
            Whether another training held the lock before.
        """
        with lock_file(lock, warn) if self.is_first else nullcontext(False) as waited:
            yield any(self._collect(waited))

    def _collect(self, value: Any) -> list[Any]:
        """The values of all processes, by their rank."""
        values = [value] * self.count
        if self.count > 1:
            dist.all_gather_object(values, value)
        return values


ALONE = Processes()
# Of a process for the others, such as for the one that waits for a lock. Nobody waits in vain: if
# one process ends, the one that started them ends all.
PATIENCE = timedelta(days=30)


def join_processes(device_name: str) -> Processes:
    """Join the processes that `torchrun` started; each has a GPU of its own, or all share the CPU.

    Args:
        device_name: `auto`, `cpu` or `cuda`.

    Raises:
        ValueError: there are more processes than GPUs.
    """
    device, local_rank = choose_device(device_name), int(os.environ["LOCAL_RANK"])
    if device.type == "cuda":
        torch.cuda.set_device(local_rank)
    backend = "nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, timeout=PATIENCE)
    return Processes(dist.get_rank(), dist.get_world_size())


class AveragedGradients:
    """A function that computes a share of a batch and averages over all processes.

    It averages after the last part of a batch, in one message that holds the loss and all
    gradients. The recorded kernels of `RecordedGradients` are not touched.

    Args:
        compute: sets the gradients of this process's share and returns its loss.
        network: whose gradients `compute` computes.
        processes: all of them.
    """

    def __init__(
        self,
        compute: Callable[[Mapping[str, Tensor]], Tensor],
        network: nn.Module,
        processes: Processes,
    ) -> None:
        self._compute, self._network, self._processes = compute, network, processes

    def __call__(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Set the gradients of a whole batch, of which `batch` is a share; return its loss."""
        loss = self._compute(batch)
        parameters = self._network.parameters()
        tensors = [loss, *(p.grad for p in parameters if p.grad is not None)]
        message = torch.cat([tensor.detach().flatten() for tensor in tensors])
        dist.all_reduce(message)
        message /= self._processes.count
        sizes = [tensor.numel() for tensor in tensors]
        for tensor, values in zip(tensors, message.split(sizes), strict=True):
            tensor.copy_(values.view(tensor.shape))
        return loss


def divide_layers(network: nn.Module, processes: Processes, *, graphs: bool = False) -> None:
    """Let layers that look at a whole batch, or draw random numbers for it, do so for all shares.

    Args:
        network: its batch norms and dropouts change; names and values of its tensors do not.
        processes: all of them; one process changes nothing.
        graphs: whether kernels are recorded, which messages between processes cannot be.

    Raises:
        ValueError: a network with batch norms is recorded.
    """
    if processes.count == 1:
        return
    for module in network.modules():
        # Only the class changes, so parameters, buffers and hooks stay the same objects.
        if isinstance(module, _BatchNorm):
            if graphs:
                raise ValueError(
                    "graphs: true: batch norms of several processes cannot be recorded; "
                    "set graphs: false or gpus_per_training: 1"
                )
            module.__class__ = SharedBatchNorm
        elif isinstance(module, _DropoutNd):
            is_pixelwise = isinstance(module, nn.Dropout)
            module.__class__ = SharedDropout if is_pixelwise else SharedChannelDropout


class SharedBatchNorm(_BatchNorm):
    """A batch norm over the shares of all processes, which have the same size.

    PyTorch's `SyncBatchNorm` has no form for a CPU.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Normalise a share, (n, channels, …), by the statistics of the whole batch."""
        if not self.training:
            return F.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        axes = [0, *range(2, input.dim())]
        shape = [1, -1, *[1] * (input.dim() - 2)]
        values = input.to(torch.promote_types(input.dtype, torch.float32))
        count = input.numel() // input.shape[1] * dist.get_world_size()
        mean = _add_over_processes(values.sum(axes)) / count
        centred = values - mean.view(shape)
        variance = _add_over_processes(centred.square().sum(axes)) / count
        result = centred * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            result = result * self.weight.view(shape) + self.bias.view(shape)
        if self.track_running_stats:
            self._update(mean.detach(), variance.detach() * count / (count - 1))
        return result.to(input.dtype)

    def _update(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics towards those of a batch."""
        assert self.num_batches_tracked is not None
        assert self.running_mean is not None
        assert self.running_var is not None
        self.num_batches_tracked += 1
        momentum = self.momentum
        if momentum is None:  # a mean over all batches
            momentum = 1 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, momentum)
        self.running_var.lerp_(variance, momentum)


class SharedDropout(nn.Dropout):
    """A dropout whose mask is this process's share of the mask of the whole batch."""

    def forward(self, input: Tensor) -> Tensor:
        """Set values of a share, (n, …), to zero."""
        return _drop(input, self.p, input.shape) if self.training and self.p else input


class SharedChannelDropout(_DropoutNd):
    """A dropout of whole channels; see `SharedDropout`."""

    def forward(self, input: Tensor) -> Tensor:
        """Set channels of a share, (n, channels, …), to zero."""
        shape = (*input.shape[:2], *[1] * (input.dim() - 2))
        return _drop(input, self.p, shape) if self.training and self.p else input


def _drop(input: Tensor, probability: float, shape: Sequence[int]) -> Tensor:
    """Multiply by this process's rows of the whole batch's mask, which has `shape` per share."""
    rows = len(input)
    mask = input.new_empty((rows * dist.get_world_size(), *shape[1:]))
    mask.bernoulli_(1 - probability).div_(1 - probability)
    return input * mask[dist.get_rank() * rows :][:rows]


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        total = tensor.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        # Every process's loss depends on the sum, so the gradients are added as well.
        return _add_over_processes(grad)


def _add_over_processes(tensor: Tensor) -> Tensor:
    """The sum of the processes' tensors, through which gradients flow."""
    return _Sum.apply(tensor)  # type: ignore[no-untyped-call]
