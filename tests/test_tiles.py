from itertools import pairwise

import numpy as np
import pytest
import torch

from respectra.tiles import (
    LARGEST_SIDE,
    SIDES,
    apply_blended,
    choose_side,
    cut_evenly,
    measure_peak,
    weigh_tiles,
)

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("length", [1, 7, 63, 64, 65, 71, 100, 500, 4001])
@pytest.mark.parametrize(("side", "overlap"), [(64, 8), (64, 0), (48, 6)])
def test_tiles_cover_an_axis_and_their_weights_sum_to_one(
    length: int, side: int, overlap: int
) -> None:
    tile, starts = cut_evenly(length, side, overlap)
    assert tile <= side
    total = np.zeros(length)
    for start, weight in zip(starts, weigh_tiles(starts, tile), strict=True):
        assert 0 <= start <= length - tile
        total[start : start + tile] += weight
    np.testing.assert_allclose(total, 1, atol=1e-6)
    shared = [a + tile - b for a, b in pairwise(starts)]
    assert all(overlap <= pixels <= tile // 2 for pixels in shared)


@pytest.mark.parametrize("size", [(1, 1), (5, 200), (130, 70), (64, 64)])
def test_a_function_of_each_pixel_gives_the_same_in_tiles(size: tuple[int, int]) -> None:
    image = RNG.random((*size, 3)).astype(np.float32)
    blocks = apply_blended(lambda r, c: image[r, c] * 2, size, side=64, overlap=8)
    np.testing.assert_allclose(np.concatenate(list(blocks)), image * 2, rtol=1e-5)


def test_a_difference_between_tiles_becomes_a_ramp() -> None:
    offset = iter(range(9))

    def apply_to_tile(rows: slice, columns: slice) -> np.ndarray:
        value = next(offset)
        return np.full((rows.stop - rows.start, columns.stop - columns.start, 1), value, np.float32)

    (block,) = apply_blended(apply_to_tile, (8, 120), side=64, overlap=8)
    steps = np.abs(np.diff(block[0, :, 0]))
    assert block.min() == 0
    assert block.max() == 1
    assert steps.max() < 0.3


def test_the_peak_counts_what_is_alive_at_one_time() -> None:
    values = torch.ones(1000)

    def compute() -> None:
        for _ in range(5):
            (values * 2).add_(1).view(10, 100)  # 4,000 bytes, freed each time

    assert measure_peak(compute) == 4000
    alive: list[torch.Tensor] = []
    assert measure_peak(lambda: alive.extend(values * i for i in range(3))) == 12_000


@pytest.mark.parametrize("power", [1, 2])
def test_the_side_of_a_tile_follows_from_the_memory(power: int) -> None:
    """Also where memory grows with the square of the pixels."""

    def measure(side: int) -> int:
        return 100 * side ** (2 * power)

    side = choose_side(measure, limit_bytes=2 * measure(200))
    assert 192 <= side <= 200
    assert side % 8 == 0
    assert choose_side(measure, 1) == SIDES[0]
    assert choose_side(measure, 1e30) == LARGEST_SIDE
