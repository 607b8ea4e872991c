# ruff: noqa: N803  (constants of Triton are in capitals)
"""Triton kernels of what follows a convolution; `respectra.networks.epilogue` calls them.

Features lie in channels-last memory. A program computes tiles of columns × channels of one row.
"""

import triton
import triton.language as tl


@triton.jit
def reflected(i, side):
    """The index inside 0 … side - 1 that an index outside mirrors."""
    i = tl.where(i < 0, -i, i)
    return tl.where(i >= side, 2 * (side - 1) - i, i)


@triton.jit
def epilogue_forward(
    x, bias, gate, residual, slope, y, rows, columns, scale, channels: tl.constexpr,
    BIAS: tl.constexpr, GATE: tl.constexpr, RESIDUAL: tl.constexpr, SLOPE: tl.constexpr,
    FIRST: tl.constexpr, INNER: tl.constexpr, PADDING: tl.constexpr, SIZE: tl.constexpr,
):  # fmt: skip
    """See `finish`. A program computes `SIZE` values of a row.

    `BIAS` is 1 for one bias, 2 for one bias per image; `INNER` is the padding of the residual,
    `FIRST` adds it before the slope.
    """
    target = tl.program_id(0) * SIZE + tl.arange(0, SIZE)
    mask = target < (columns + 2 * PADDING) * channels
    channel = target % channels
    image = tl.program_id(2).to(tl.int64)
    if PADDING > 0:
        row = reflected(tl.program_id(1) - PADDING, rows)
        source = reflected(target // channels - PADDING, columns) * channels + channel
    else:
        row = tl.program_id(1)
        source = target
    start = (image * rows + row) * columns * channels
    value = tl.load(x + start + source, mask=mask, other=0.0).to(tl.float32)
    if GATE:
        value *= tl.load(gate + image * channels + channel, mask=mask, other=0.0).to(tl.float32)
    if BIAS > 0:
        shift = tl.load(bias + (BIAS - 1) * image * channels + channel, mask=mask, other=0.0)
        value += shift.to(tl.float32)
    if RESIDUAL:
        start = (image * (rows + 2 * INNER) + row + INNER) * (columns + 2 * INNER) * channels
        place = residual + start + INNER * channels + source
        added = tl.load(place, mask=mask, other=0.0).to(tl.float32)
        if FIRST:
            value += added
    if SLOPE:
        value = tl.where(value > 0, value, value * tl.load(slope).to(tl.float32))
    value *= scale
    if RESIDUAL and not FIRST:
        value += added
    start = (image * (rows + 2 * PADDING) + tl.program_id(1)) * (columns + 2 * PADDING) * channels
    tl.store(y + start + target, value.to(y.dtype.element_ty), mask=mask)


@triton.jit
def mirrored(i, side, PLACE: tl.constexpr, PADDING: tl.constexpr):
    """Return an index of a padded image that shows index `i` of the image, and whether it does.

    `PLACE` 0 is the index itself, 1 its mirror before the first index, 2 its mirror after the last.
    """
    if PLACE == 0:
        place = i + PADDING
        is_place = i >= 0
    elif PLACE == 1:
        place = PADDING - i
        is_place = (i >= 1) & (i <= PADDING)
    else:
        place = PADDING + 2 * (side - 1) - i
        is_place = (i <= side - 2) & (i >= side - 1 - PADDING)
    return place, is_place


@triton.jit
def place_in_padded(
    image, row, column, channel, rows, columns, channels, PADDING: tl.constexpr
):  # fmt: skip
    """Return where the pixels and channels of a tile lie in padded images."""
    # The inner brackets let the compiler share the place in a row between several paddings.
    start = (image * (rows + 2 * PADDING) + row + PADDING) * (columns + 2 * PADDING) * channels
    return start + ((column + PADDING)[:, None] * channels + channel[None, :])


@triton.jit
def load_channels(source, real):
    """Return one value for each channel of a tile."""
    return tl.load(source, mask=real, other=0.0).to(tl.float32)[None, :]


@triton.jit
def gather(grad, row, column, channel, mask, rows, columns, channels, PADDING: tl.constexpr):
    """Sum the gradients of all places of a padded image that mirror one place of the image."""
    width = columns + 2 * PADDING
    total = tl.load(
        grad + (row + PADDING) * width * channels
        + (column + PADDING)[:, None] * channels + channel[None, :],
        mask=mask, other=0.0,
    ).to(tl.float32)  # fmt: skip
    if PADDING > 0:
        for i in tl.static_range(3):
            above, is_row = mirrored(row, rows, i, PADDING)
            for j in tl.static_range(3):
                if i + j > 0:
                    left, is_column = mirrored(column, columns, j, PADDING)
                    total += tl.load(
                        grad + above * width * channels
                        + left[:, None] * channels + channel[None, :],
                        mask=mask & (is_column & is_row)[:, None], other=0.0,
                    ).to(tl.float32)  # fmt: skip
    return total


@triton.jit
def epilogue_backward(
    grad, x, bias, gate, residual, slope, grad_x, grad_residual, partial, partial_slope,
    rows, columns, channels, scale,
    BIAS: tl.constexpr, GATE: tl.constexpr, RESIDUAL: tl.constexpr, SLOPE: tl.constexpr,
    FIRST: tl.constexpr, INNER: tl.constexpr, PADDING: tl.constexpr, FROM_RESULT: tl.constexpr,
    SUMS: tl.constexpr, TILE: tl.constexpr, WIDTH: tl.constexpr, STEPS: tl.constexpr,
):  # fmt: skip
    """Gradients of `epilogue_forward`; a program computes `STEPS` tiles of a row.

    `partial` is (programs, 2, channels): gradients of
    bias and gate; `partial_slope` has one value per program. With `FROM_RESULT` x is the result,
    whose sign is the sign before the slope.
    """
    blocks = tl.cdiv(columns, TILE * STEPS)
    block = tl.program_id(0) % blocks
    channel = (tl.program_id(0) // blocks) * WIDTH + tl.arange(0, WIDTH)
    real = channel < channels
    row = tl.program_id(1).to(tl.int64)
    image = tl.program_id(2).to(tl.int64)
    grad += image * (rows + 2 * PADDING) * (columns + 2 * PADDING) * channels
    sum_bias = tl.zeros([TILE, WIDTH], tl.float32)
    sum_gate = tl.zeros([TILE, WIDTH], tl.float32)
    sum_slope = tl.zeros([TILE, WIDTH], tl.float32)
    for step in range(STEPS):
        column = (block * STEPS + step) * TILE + tl.arange(0, TILE)
        mask = (column < columns)[:, None] & real[None, :]
        slopes = gather(grad, row, column, channel, mask, rows, columns, channels, PADDING)
        place = place_in_padded(image, row, column, channel, rows, columns, channels, 0)
        inner = place_in_padded(image, row, column, channel, rows, columns, channels, INNER)
        outer = place_in_padded(image, row, column, channel, rows, columns, channels, PADDING)
        value = tl.load(x + (outer if FROM_RESULT else place), mask=mask, other=0.0).to(tl.float32)
        if GATE:
            factor = load_channels(gate + image * channels + channel, real)
            plain = value
            value *= factor
        if BIAS > 0 and not FROM_RESULT:
            value += load_channels(bias + (BIAS - 1) * image * channels + channel, real)
        if RESIDUAL and not FIRST:
            tl.store(grad_residual + inner, slopes.to(grad_residual.dtype.element_ty), mask=mask)
        if RESIDUAL and FIRST and not FROM_RESULT:
            value += tl.load(residual + inner, mask=mask, other=0.0).to(tl.float32)
        slopes *= scale
        if SLOPE:
            sum_slope += tl.where(value > 0, 0.0, value * slopes)
            slopes = tl.where(value > 0, slopes, slopes * tl.load(slope).to(tl.float32))
        if RESIDUAL and FIRST:
            tl.store(grad_residual + inner, slopes.to(grad_residual.dtype.element_ty), mask=mask)
        sum_bias += slopes
        if GATE:
            sum_gate += slopes * plain
            slopes *= factor
        tl.store(grad_x + place, slopes.to(grad_x.dtype.element_ty), mask=mask)
    if SUMS:
        program = (image * rows + row) * blocks + block
        target = partial + program * 2 * channels + channel
        tl.store(target, tl.sum(sum_bias, 0), mask=real)
        tl.store(target + channels, tl.sum(sum_gate, 0), mask=real)
        chunks = tl.num_programs(0) // blocks
        total = tl.sum(tl.sum(sum_slope, 0), 0)
        tl.store(partial_slope + program * chunks + tl.program_id(0) // blocks, total)
