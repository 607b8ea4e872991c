import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from respectra.datasets import read_ahead
from respectra.datasets.read_ahead import BLOCK, ReadAhead, locate_bytes

ROWS = 3 * BLOCK + 10


@pytest.fixture
def array(tmp_path: Path) -> np.ndarray:
    values = np.arange(ROWS * 50 * 4, dtype=np.float32).reshape(ROWS, 50, 4)
    np.save(tmp_path / "a.npy", values)
    return np.load(tmp_path / "a.npy", mmap_mode="r")


@pytest.fixture
def advised(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The rows that the system was told of."""
    ranges: list[tuple[int, int]] = []
    monkeypatch.setattr(read_ahead, "_advise", lambda array, *rows: ranges.append(rows))
    return ranges


def test_rows_are_announced_in_whole_blocks_and_once(array: Any, advised: Any) -> None:
    ahead = ReadAhead(array.nbytes)
    ahead.announce("a", array, slice(5, 6))
    ahead.announce("a", array, slice(0, BLOCK))
    assert advised == [(0, BLOCK)]
    ahead.announce("a", array, slice(BLOCK - 1, ROWS))
    assert advised[1:] == [(BLOCK, ROWS)]
    ahead.announce("b", array, slice(None))
    assert advised[2:] == [(0, ROWS)]


def test_arrays_larger_than_memory_are_announced_again(array: Any, advised: Any) -> None:
    ahead = ReadAhead(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for _ in range(2):
        ahead.announce("a", array, slice(5, BLOCK + 1))
    assert advised == [(0, 2 * BLOCK)] * 2


def test_the_bytes_of_rows_begin_on_a_page(array: Any) -> None:
    start, length = locate_bytes(array, BLOCK, 2 * BLOCK)
    rows = array[BLOCK : 2 * BLOCK].tobytes()
    assert start % mmap.PAGESIZE == 0
    assert len(rows) <= length < len(rows) + mmap.PAGESIZE
    assert array.base[start : start + length].endswith(rows)


def test_a_map_and_an_array_in_memory_are_left_as_they_are(array: Any) -> None:
    values = np.array(array)
    for one in (array, values, array.T):
        ReadAhead(0).announce("a", one, slice(None))
        np.testing.assert_array_equal(one, one.copy())
    np.testing.assert_array_equal(array, values)
