# ruff: noqa: N803  (constants of Triton are in capitals)
"""Triton kernels of `respectra.networks.blur`; features lie in channels-last memory.

A program computes `SIZE` values, columns × channels, of one row.
"""

import triton
import triton.language as tl

from respectra.networks.epilogue_kernels import reflected


@triton.jit
def blur_forward(x, y, rows, columns, channels, SIZE: tl.constexpr):
    """See `halve_smoothed`; both sides have at least two pixels."""
    target = tl.program_id(0) * SIZE + tl.arange(0, SIZE)
    width = (columns + 1) // 2
    mask = target < width * channels
    column = target // channels
    channel = target % channels
    image = tl.program_id(2).to(tl.int64)
    total = tl.zeros([SIZE], tl.float32)
    for i in tl.static_range(3):
        row = reflected(2 * tl.program_id(1) + i - 1, rows)
        for j in tl.static_range(3):
            source = reflected(2 * column + j - 1, columns) * channels + channel
            value = tl.load(x + (image * rows + row) * columns * channels + source, mask=mask)
            total += value.to(tl.float32) * ((2 - (i - 1) * (i - 1)) * (2 - (j - 1) * (j - 1)))
    start = (image * tl.num_programs(1) + tl.program_id(1)) * width * channels
    tl.store(y + start + target, (total / 16).to(y.dtype.element_ty), mask=mask)


@triton.jit
def outputs_of(i, side):
    """The two places of the result that read index `i` of a side, and their weights."""
    first = i // 2
    second = (i + 1) // 2
    is_odd = i % 2 == 1
    # The index before the first one mirrors index 1, the index after the last mirrors side - 2.
    first_weight = tl.where(is_odd & (i != 1), 1, 2)
    mirrored = tl.where((i == side - 2) & (side % 2 == 1), 2, 1)
    second_weight = tl.where(is_odd & (second < (side + 1) // 2), mirrored, 0)
    return first, first_weight, second, second_weight


@triton.jit
def blur_backward(grad, grad_x, rows, columns, channels, SIZE: tl.constexpr):
    """The gradient of `blur_forward`."""
    target = tl.program_id(0) * SIZE + tl.arange(0, SIZE)
    mask = target < columns * channels
    channel = target % channels
    image = tl.program_id(2).to(tl.int64)
    height = (rows + 1) // 2
    width = (columns + 1) // 2
    above, above_weight, below, below_weight = outputs_of(tl.program_id(1), rows)
    left, left_weight, right, right_weight = outputs_of(target // channels, columns)
    total = tl.zeros([SIZE], tl.float32)
    for i in tl.static_range(2):
        row = above if i == 0 else below
        row_weight = above_weight if i == 0 else below_weight
        for j in tl.static_range(2):
            column = left if j == 0 else right
            weight = row_weight * (left_weight if j == 0 else right_weight)
            place = ((image * height + row) * width + column) * channels + channel
            value = tl.load(grad + place, mask=mask & (weight > 0), other=0.0)
            total += value.to(tl.float32) * weight
    start = (image * rows + tl.program_id(1)) * columns * channels
    tl.store(grad_x + start + target, (total / 16).to(grad_x.dtype.element_ty), mask=mask)
