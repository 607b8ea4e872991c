"""Reading ahead: the system reads parts of stored arrays while a program is busy with others.

The pages of a memory map are read when they are touched, one small piece after the other, and the
program waits for each. On a disk behind a network that takes most of the time of the first pass.
"""

import mmap
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 64  # rows that are read together
SHARE = 0.5  # of the machine's memory, which arrays up to this size stay in once they were read


class ReadAhead:
    """Announces parts of memory maps to the system, which starts to read them and returns.

    Args:
        total_bytes: of all arrays. If memory can hold them, each block is announced once, because
            an announcement of what is in memory costs time too.
    """

    def __init__(self, total_bytes: int) -> None:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        self._fits = total_bytes <= SHARE * memory
        self._announced: set[tuple[str, int]] = set()

    def announce(self, name: str, array: NDArray[Any], rows: slice) -> None:
        """Announce rows of an array that will be read soon; other arrays than maps need nothing.

        Args:
            name: of the array.
            array: (rows, …), a memory map as `numpy.load` opens it.
            rows: a part of the first axis.
        """
        first, last, _ = rows.indices(len(array))
        blocks = range(first // BLOCK, -(-last // BLOCK))
        if self._fits:
            blocks_left = [block for block in blocks if (name, block) not in self._announced]
            self._announced.update((name, block) for block in blocks_left)
        else:
            blocks_left = list(blocks)
        if blocks_left:
            stop = min((blocks_left[-1] + 1) * BLOCK, len(array))
            _advise(array, blocks_left[0] * BLOCK, stop)


def _advise(array: NDArray[Any], first: int, last: int) -> None:
    """Tell the system that rows of a memory map are needed."""
    if not isinstance(array, np.memmap) or not hasattr(mmap, "MADV_WILLNEED"):
        return
    content: object = array.base
    if isinstance(content, mmap.mmap):
        content.madvise(mmap.MADV_WILLNEED, *locate_bytes(array, first, last))


def locate_bytes(array: np.memmap[Any, Any], first: int, last: int) -> tuple[int, int]:
    """Return where rows lie in the map of an array: a start on a page, and the number of bytes.

    Args:
        array: (rows, …), a whole memory map.
        first, last: the first row, and the row after the last.
    """
    offset = array.offset % mmap.ALLOCATIONGRANULARITY  # of the array in its map
    start = offset + first * array.strides[0]
    start -= start % mmap.PAGESIZE
    return start, offset + last * array.strides[0] - start
