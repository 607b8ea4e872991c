"""A wider form of a convolutional network, whose widths are multiples of eight.

Tensor cores read eight channels at a time. Features of 31 channels, the bands of a cube, are
copied into arrays of 32 before each convolution, and copied back. The wider form keeps the added
channels throughout: their weights are zero, so they stay zero and change nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from respectra.networks.fused import uses_kernels

MULTIPLE = 8


class Widening:
    """Applies the wider form of a network with the network's own parameters.

    Gradients reach the parameters as they do in the network.

    Args:
        network: its features keep channels of zeros at zero.
        bands: its bands.
        build: builds the same network for another number of bands. Every width that is a multiple
            of the bands becomes the same multiple; other widths may grow.
    """

    def __init__(self, network: nn.Module, bands: int, build: Callable[[int], nn.Module]) -> None:
        self._bands, self._wide_bands = bands, -(-bands // MULTIPLE) * MULTIPLE
        self._network, self._build = network, build
        self._twin: nn.Module | None = None
        self._places = torch.empty(0)
        self._cached: tuple[Any, dict[str, Tensor]] | None = None

    def applies_to(self, image: Tensor) -> bool:
        """Return whether the wider form is faster for an image."""
        return self._bands != self._wide_bands and uses_kernels(image)

    def __call__(self, rgb: Tensor) -> Tensor:
        """Apply the wider form: (n, 3, rows, columns) → (n, bands, rows, columns)."""
        if self._twin is None:
            with torch.device("meta"):
                self._twin = self._build(self._wide_bands)
        self._twin.train(self._network.training)
        if self._places.device != rgb.device or not len(self._places):
            with torch.inference_mode(False):  # a later training needs them, too
                self._places = self._find_places().to(rgb.device)
        cube = torch.func.functional_call(self._twin, self._widen(rgb.device), (rgb,))
        return cube[:, : self._bands]

    def _pairs(self) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Names, tensors and wider tensors; those with several dimensions first."""
        assert self._twin is not None
        wide = {**dict(self._twin.named_parameters()), **dict(self._twin.named_buffers())}
        tensors = [*self._network.named_parameters(), *self._network.named_buffers()]
        for name, tensor in sorted(tensors, key=lambda item: item[1].dim() < 2):
            yield name, tensor, wide[name]

    def _find_places(self) -> Tensor:
        """The index of every number of the network among those of the wider form."""
        places, start = [], 0
        for _, tensor, wide in self._pairs():
            place = torch.zeros(1, dtype=torch.int64)
            for size, wide_size in zip(_channels_last(tensor), _channels_last(wide), strict=True):
                place = place[:, None] * wide_size + self._place(size, wide_size)
                place = place.flatten()
            places.append(start + place)
            start += wide.numel()
        return torch.cat(places)

    def _place(self, size: int, wide_size: int) -> Tensor:
        """The channels of the wider form that hold the network's: the first of each block."""
        channel = torch.arange(size)
        if size % self._bands or wide_size != size // self._bands * self._wide_bands:
            return channel
        return channel // self._bands * self._wide_bands + channel % self._bands

    def _widen(self, device: torch.device) -> dict[str, Tensor]:
        """The parameters of the wider form, under their names."""
        pairs = list(self._pairs())
        half = torch.is_autocast_enabled(device.type)
        state = tuple((t.data_ptr(), t._version) for _, t, _ in pairs), half
        if not torch.is_grad_enabled() and self._cached and self._cached[0] == state:
            return self._cached[1]
        counts = [wide.numel() for _, _, wide in pairs]
        values = [t.permute(0, 2, 3, 1) if t.dim() == 4 else t for _, t, _ in pairs]
        flat = torch.zeros(sum(counts), device=device, dtype=values[0].dtype)
        flat = flat.index_copy(0, self._places, torch.cat([v.flatten() for v in values]))
        parts = list(flat.split(counts))
        if half:  # all kernels at once; numbers in one dimension are added in float32
            kernels = sum(wide.dim() > 1 for _, _, wide in pairs)
            cast = flat[: sum(counts[:kernels])].to(torch.get_autocast_dtype(device.type))
            parts[:kernels] = cast.split(counts[:kernels])
        widened = {
            name: part.reshape(_channels_last(wide)).permute(0, 3, 1, 2)
            if wide.dim() == 4
            else part.reshape(wide.shape)
            for part, (name, _, wide) in zip(parts, pairs, strict=True)
        }
        if not torch.is_grad_enabled():
            self._cached = state, widened
        return widened


def _channels_last(tensor: Tensor) -> tuple[int, ...]:
    """The shape of a tensor whose second dimension is last, where it has four dimensions."""
    shape = tuple(tensor.shape)
    return (shape[0], *shape[2:], shape[1]) if len(shape) == 4 else shape
