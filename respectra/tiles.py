"""Applies a network to images of any size with bounded memory: overlapping tiles, blended.

A network's memory is measured with two small tiles; the largest tile within a limit follows from
it. Tiles of one row are joined as soon as they are computed, so that no more than one row of tiles
is in memory.
"""

import math
import weakref
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

Array = NDArray[np.float32]
ApplyToTile = Callable[[slice, slice], Array]  # rows, columns → (rows, columns, bands)

MULTIPLE = 8  # of the sides of tiles; most networks pad to it otherwise
SIDES = (64, 128)  # of the two tiles whose memory is measured
LARGEST_SIDE = 512  # a larger tile saves less than a tenth of the time
# Measured tensors do not include what libraries allocate inside an operation.
FACTOR = 2.0


def choose_side(measure: Callable[[int], int], limit_bytes: float) -> int:
    """Return the side of the largest square tile that a network computes within a limit.

    Args:
        measure: returns the bytes of all tensors of a square tile of a side, at their peak.
        limit_bytes: of memory.

    Returns:
        A multiple of MULTIPLE from the smallest of SIDES to LARGEST_SIDE.
    """
    small, large = (FACTOR * measure(side) for side in SIDES)
    # Memory grows with the pixels, or faster where every pixel is compared with every other.
    exponent = max(1.0, math.log(large / small) / math.log((SIDES[1] / SIDES[0]) ** 2))
    side = SIDES[1] * (limit_bytes / large) ** (0.5 / exponent)
    return int(min(max(side // MULTIPLE * MULTIPLE, SIDES[0]), LARGEST_SIDE))


def cut_evenly(length: int, side: int, overlap: int) -> tuple[int, list[int]]:
    """Cut an axis into equal tiles.

    Args:
        length: of the axis.
        side: the largest tile.
        overlap: the least number of pixels that neighbouring tiles share.

    Returns:
        The length of every tile and their starts.

    Example:
        >>> cut_evenly(100, 48, 8)
        (40, [0, 30, 60])
        >>> cut_evenly(40, 48, 8)
        (40, [0])
    """
    if length <= side:
        return length, [0]
    count = math.ceil((length - overlap) / (side - overlap))
    tile = math.ceil((length + (count - 1) * overlap) / count)
    tile = min(-(-tile // MULTIPLE) * MULTIPLE, side)
    return tile, [round(i * (length - tile) / (count - 1)) for i in range(count)]


def weigh_tiles(starts: list[int], tile: int) -> list[Array]:
    """Return the weight of each tile along an axis: 1, and ramps where two tiles overlap.

    The outer quarter of an overlap has the weight 0, because a network knows least there; the
    ramp is the half in the middle.

    Args:
        starts: of the tiles.
        tile: the length of every tile.

    Returns:
        For each tile (tile,). The weights at each pixel sum to 1.
    """
    weights = [np.ones(tile, np.float32) for _ in starts]
    for i, (first, second) in enumerate(pairwise(starts)):
        shared = first + tile - second
        middle = max(1, shared - 2 * (shared // 4))
        position = (np.arange(shared) - shared // 4 + 0.5) / middle
        ramp = np.clip(position, 0, 1).astype(np.float32)
        weights[i + 1][:shared] *= ramp
        weights[i][tile - shared :] *= 1 - ramp
    return weights


def apply_blended(
    apply_to_tile: ApplyToTile, size: tuple[int, int], *, side: int, overlap: int
) -> Iterator[Array]:
    """Reconstruct an image from overlapping tiles and yield its rows from top to bottom.

    Args:
        apply_to_tile: reconstructs the part of the image in a window.
        size: rows and columns of the image.
        side: of the largest tile.
        overlap: pixels that neighbouring tiles share; their weights change linearly in it.

    Yields:
        Blocks of rows, (rows, columns, bands), float32.
    """
    height, tops = cut_evenly(size[0], side, overlap)
    width, lefts = cut_evenly(size[1], side, overlap)
    row_weights, column_weights = weigh_tiles(tops, height), weigh_tiles(lefts, width)
    rest: Array | None = None  # the end of the previous row of tiles, weighted
    for i, top in enumerate(tops):
        strip: Array | None = None
        for left, weight in zip(lefts, column_weights, strict=True):
            part = apply_to_tile(slice(top, top + height), slice(left, left + width))
            if strip is None:
                strip = np.zeros((height, size[1], part.shape[-1]), np.float32)
            strip[:, left : left + width] += part * weight[:, None]
        assert strip is not None
        if len(tops) > 1:
            strip *= row_weights[i][:, None, None]
        if rest is not None:
            strip[: len(rest)] += rest
        end = tops[i + 1] - top if i + 1 < len(tops) else height
        rest = strip[end:].copy()
        yield strip[:end]


def measure_peak(function: Callable[[], Any]) -> int:
    """Return the bytes of all tensors that a function creates, at their peak.

    Args:
        function: computes something with PyTorch.
    """
    ledger = _Ledger()
    with ledger:
        function()
    return ledger.peak


class _Ledger(TorchDispatchMode):
    """Adds up the storages of new tensors, and subtracts them when they are freed."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.live, self.peak = 0, 0
        self.known: dict[int, weakref.finalize[..., Any]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple | list) else (result,):
            if isinstance(tensor, Tensor):
                self._enter(tensor.untyped_storage())
        return result

    def _enter(self, storage: torch.UntypedStorage) -> None:
        identity, size = id(storage), storage.nbytes()
        if identity in self.known and self.known[identity].alive:
            return

        def leave() -> None:
            self.live -= size

        self.known[identity] = weakref.finalize(storage, leave)
        self.live += size
        self.peak = max(self.peak, self.live)
