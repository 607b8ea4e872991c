# ruff: noqa: N803  (constants of Triton are in capitals)
"""Triton kernels of the operations between the convolutions; `respectra.networks.fused` calls them.

Features lie in channels-last memory: the value of channel c at pixel p is at p · channels + c. A
program computes a tile of pixels × channels. All arithmetic is float32, whatever the features'
dtype. Sums over pixels (gradients of weights) are written as one partial sum per program, which
PyTorch adds up, so that the result does not depend on the order in which programs run.
"""

import triton
import triton.language as tl

PLAIN = tl.constexpr(0)
GELU = tl.constexpr(1)
TIMES_SLOPE = tl.constexpr(2)


@triton.jit
def gelu(x):
    """Return x Φ(x), with Φ the distribution function of the normal distribution."""
    return 0.5 * x * (1 + tl.erf(x * 0.7071067811865476))


@triton.jit
def gelu_slope(x):
    """Return the derivative of `gelu`."""
    density = tl.exp(-0.5 * x * x) * 0.3989422804014327
    return 0.5 * (1 + tl.erf(x * 0.7071067811865476)) + x * density


@triton.jit
def norm_forward(
    x, scale, shift, y, pixels, channels, epsilon, TILE: tl.constexpr, WIDTH: tl.constexpr
):
    """Layer norm over the channels of `TILE` pixels."""
    pixel = tl.program_id(0).to(tl.int64) * TILE + tl.arange(0, TILE)
    channel = tl.arange(0, WIDTH)
    real = channel < channels
    mask = (pixel < pixels)[:, None] & real[None, :]
    place = pixel[:, None] * channels + channel[None, :]
    value = tl.load(x + place, mask=mask, other=0.0).to(tl.float32)
    mean = tl.sum(value, 1) / channels
    centred = tl.where(mask, value - mean[:, None], 0.0)
    rate = 1 / tl.sqrt(tl.sum(centred * centred, 1) / channels + epsilon)
    gamma = tl.load(scale + channel, mask=real, other=0.0).to(tl.float32)
    beta = tl.load(shift + channel, mask=real, other=0.0).to(tl.float32)
    result = centred * rate[:, None] * gamma[None, :] + beta[None, :]
    tl.store(y + place, result.to(y.dtype.element_ty), mask=mask)


@triton.jit
def norm_backward(
    x, scale, grad, grad_x, partial, pixels, channels, epsilon,
    TILE: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    """Gradients of `norm_forward`; `partial` is (programs, 2, channels): of scale and shift."""
    channel = tl.arange(0, WIDTH)
    real = channel < channels
    gamma = tl.load(scale + channel, mask=real, other=0.0).to(tl.float32)
    sum_scale = tl.zeros([TILE, WIDTH], tl.float32)
    sum_shift = tl.zeros([TILE, WIDTH], tl.float32)
    step = tl.num_programs(0) * TILE
    first = tl.program_id(0) * TILE
    while first < pixels:
        pixel = first + tl.arange(0, TILE)
        mask = (pixel < pixels)[:, None] & real[None, :]
        place = pixel.to(tl.int64)[:, None] * channels + channel[None, :]
        value = tl.load(x + place, mask=mask, other=0.0).to(tl.float32)
        slope = tl.load(grad + place, mask=mask, other=0.0).to(tl.float32)
        mean = tl.sum(value, 1) / channels
        centred = tl.where(mask, value - mean[:, None], 0.0)
        rate = 1 / tl.sqrt(tl.sum(centred * centred, 1) / channels + epsilon)
        unit = centred * rate[:, None]
        sum_scale += slope * unit
        sum_shift += slope
        slope = slope * gamma[None, :]
        along = tl.sum(slope * unit, 1) / channels
        constant = tl.sum(slope, 1) / channels
        result = (slope - constant[:, None] - unit * along[:, None]) * rate[:, None]
        tl.store(grad_x + place, result.to(grad_x.dtype.element_ty), mask=mask)
        first += step
    target = partial + tl.program_id(0) * 2 * channels + channel
    tl.store(target, tl.sum(sum_scale, 0), mask=real)
    tl.store(target + channels, tl.sum(sum_shift, 0), mask=real)


@triton.jit
def load_weights(weight, channel, real):
    """Return the nine weights of a 3×3 kernel for each channel, row by row."""
    kernel = weight + channel * 9
    w0 = tl.load(kernel, mask=real, other=0.0).to(tl.float32)[None, :]
    w1 = tl.load(kernel + 1, mask=real, other=0.0).to(tl.float32)[None, :]
    w2 = tl.load(kernel + 2, mask=real, other=0.0).to(tl.float32)[None, :]
    w3 = tl.load(kernel + 3, mask=real, other=0.0).to(tl.float32)[None, :]
    w4 = tl.load(kernel + 4, mask=real, other=0.0).to(tl.float32)[None, :]
    w5 = tl.load(kernel + 5, mask=real, other=0.0).to(tl.float32)[None, :]
    w6 = tl.load(kernel + 6, mask=real, other=0.0).to(tl.float32)[None, :]
    w7 = tl.load(kernel + 7, mask=real, other=0.0).to(tl.float32)[None, :]
    w8 = tl.load(kernel + 8, mask=real, other=0.0).to(tl.float32)[None, :]
    return w0, w1, w2, w3, w4, w5, w6, w7, w8


@triton.jit
def tile_of_program(columns, channels, TILE: tl.constexpr, WIDTH: tl.constexpr):
    """Return the channels of a program, where its tile lies in a row, and what is inside the image.

    The last two masks are of the tile's left and right neighbours.
    """
    blocks = tl.cdiv(columns, TILE)
    column = (tl.program_id(0) % blocks) * TILE + tl.arange(0, TILE)
    channel = (tl.program_id(0) // blocks) * WIDTH + tl.arange(0, WIDTH)
    real = channel < channels
    inside = (column < columns)[:, None] & real[None, :]
    inside_left = ((column > 0) & (column <= columns))[:, None] & real[None, :]
    inside_right = (column + 1 < columns)[:, None] & real[None, :]
    place = column[:, None] * channels + channel[None, :]
    return channel, real, place, inside, inside_left, inside_right


@triton.jit
def load_neighbours(source, channels, mask_left, mask, mask_right):
    """Return the values to the left of a tile's pixels, of the pixels and to the right of them."""
    middle = tl.load(source, mask=mask, other=0.0).to(tl.float32)
    left = tl.load(source - channels, mask=mask_left, other=0.0).to(tl.float32)
    right = tl.load(source + channels, mask=mask_right, other=0.0).to(tl.float32)
    return left, middle, right


@triton.jit
def zeros_of_sums(TILE: tl.constexpr, WIDTH: tl.constexpr):
    """Return ten tensors of zeros.

    Each variable of a loop needs a tensor of its own: one that takes over the first value of
    another would count as constant.
    """
    s0 = tl.zeros([TILE, WIDTH], tl.float32)
    s1 = tl.zeros([TILE, WIDTH], tl.float32)
    s2 = tl.zeros([TILE, WIDTH], tl.float32)
    s3 = tl.zeros([TILE, WIDTH], tl.float32)
    s4 = tl.zeros([TILE, WIDTH], tl.float32)
    s5 = tl.zeros([TILE, WIDTH], tl.float32)
    s6 = tl.zeros([TILE, WIDTH], tl.float32)
    s7 = tl.zeros([TILE, WIDTH], tl.float32)
    s8 = tl.zeros([TILE, WIDTH], tl.float32)
    s9 = tl.zeros([TILE, WIDTH], tl.float32)
    return s0, s1, s2, s3, s4, s5, s6, s7, s8, s9


@triton.jit
def zeros_of_rows(TILE: tl.constexpr, WIDTH: tl.constexpr):
    """Return six tensors of zeros; see `zeros_of_sums`."""
    above = tl.zeros([TILE, WIDTH], tl.float32)
    here = tl.zeros([TILE, WIDTH], tl.float32)
    slope_above = tl.zeros([TILE, WIDTH], tl.float32)
    slope_here = tl.zeros([TILE, WIDTH], tl.float32)
    upper = tl.zeros([TILE, WIDTH], tl.float32)
    lower = tl.zeros([TILE, WIDTH], tl.float32)
    return above, here, slope_above, slope_here, upper, lower


@triton.jit
def add_products(s0, s1, s2, value, left, middle, right):
    """Add to the sums of three weights in a row the gradients of one row of pixels."""
    return s0 + value * right, s1 + value * middle, s2 + value * left


@triton.jit
def store_sums(target, channels, real, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9):
    """Store the sums of ten tensors over the pixels of a tile in ten rows of `target`."""
    tl.store(target, tl.sum(s0, 0), mask=real)
    tl.store(target + channels, tl.sum(s1, 0), mask=real)
    tl.store(target + 2 * channels, tl.sum(s2, 0), mask=real)
    tl.store(target + 3 * channels, tl.sum(s3, 0), mask=real)
    tl.store(target + 4 * channels, tl.sum(s4, 0), mask=real)
    tl.store(target + 5 * channels, tl.sum(s5, 0), mask=real)
    tl.store(target + 6 * channels, tl.sum(s6, 0), mask=real)
    tl.store(target + 7 * channels, tl.sum(s7, 0), mask=real)
    tl.store(target + 8 * channels, tl.sum(s8, 0), mask=real)
    tl.store(target + 9 * channels, tl.sum(s9, 0), mask=real)


@triton.jit
def depthwise(
    x, weight, bias, other, y, rows, columns, channels,
    BIAS: tl.constexpr, GELU_BEFORE: tl.constexpr, END: tl.constexpr,
    ROWS: tl.constexpr, TILE: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    """A depth-wise 3×3 convolution of `ROWS` rows of a tile, zero-padded.

    With s = Σ kernel · gelu?(x) + bias, the result is: PLAIN s, GELU gelu(s),
    TIMES_SLOPE other · gelu'(s). Each input row is read once and added to the three output rows
    that it belongs to.
    """
    channel, real, place, inside, inside_left, inside_right = tile_of_program(
        columns, channels, TILE, WIDTH
    )
    image = tl.program_id(2).to(tl.int64) * rows * columns * channels
    first = tl.program_id(1) * ROWS
    w0, w1, w2, w3, w4, w5, w6, w7, w8 = load_weights(weight, channel, real)
    upper = tl.zeros([TILE, WIDTH], tl.float32)  # of the row above the one that is read
    lower = tl.zeros([TILE, WIDTH], tl.float32)  # of the row that is read
    if BIAS:
        added = tl.load(bias + channel, mask=real, other=0.0).to(tl.float32)[None, :]
    else:
        added = tl.zeros([1, WIDTH], tl.float32)
    for i in range(ROWS + 2):
        row = first - 1 + i
        valid = (row >= 0) & (row < rows)
        source = x + image + row.to(tl.int64) * columns * channels + place
        left, middle, right = load_neighbours(
            source, channels, inside_left & valid, inside & valid, inside_right & valid
        )
        if GELU_BEFORE:
            left, middle, right = gelu(left), gelu(middle), gelu(right)
        total = upper + w6 * left + w7 * middle + w8 * right + added
        upper = lower + w3 * left + w4 * middle + w5 * right
        lower = w0 * left + w1 * middle + w2 * right
        target = image + (row - 1).to(tl.int64) * columns * channels + place
        mask = inside & (i >= 2) & (row - 1 < rows)
        if END == GELU:
            total = gelu(total)
        if END == TIMES_SLOPE:
            total = gelu_slope(total) * tl.load(other + target, mask=mask, other=0.0).to(tl.float32)
        tl.store(y + target, total.to(y.dtype.element_ty), mask=mask)


@triton.jit
def depthwise_backward(
    grad, x, weight, grad_x, partial, rows, columns, channels,
    GELU_BEFORE: tl.constexpr, ROWS: tl.constexpr, TILE: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    """Gradients of the sum s of `depthwise`; `partial` is (programs, 10, channels).

    The first nine rows of `partial` are of the kernel, the tenth is of the bias. The programs of
    one channel block are those of a column block, a row block and an image.
    """
    channel, real, place, inside, inside_left, inside_right = tile_of_program(
        columns, channels, TILE, WIDTH
    )
    image = tl.program_id(2).to(tl.int64) * rows * columns * channels
    first = tl.program_id(1) * ROWS
    w0, w1, w2, w3, w4, w5, w6, w7, w8 = load_weights(weight, channel, real)
    s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 = zeros_of_sums(TILE, WIDTH)
    # Of the row above the one of `grad` that is read, and of that row: gelu?(x), its slope, and
    # the gradient that is summed so far.
    above, here, slope_above, slope_here, upper, lower = zeros_of_rows(TILE, WIDTH)
    for i in range(ROWS + 2):
        row = first - 1 + i
        valid = (row >= 0) & (row < rows)
        start = image + row.to(tl.int64) * columns * channels + place
        left, middle, right = load_neighbours(
            grad + start, channels, inside_left & valid, inside & valid, inside_right & valid
        )
        mask = inside & (i < ROWS) & (row + 1 < rows)
        below = tl.load(x + start + columns * channels, mask=mask, other=0.0).to(tl.float32)
        slope_below = below
        if GELU_BEFORE:
            slope_below = gelu_slope(below)
            below = gelu(below)
        s0, s1, s2 = add_products(s0, s1, s2, above, left, middle, right)
        s3, s4, s5 = add_products(s3, s4, s5, here, left, middle, right)
        s6, s7, s8 = add_products(s6, s7, s8, below, left, middle, right)
        if (i >= 1) & (i <= ROWS):
            s9 += middle
        total = upper + w0 * right + w1 * middle + w2 * left
        upper = lower + w3 * right + w4 * middle + w5 * left
        lower = w6 * right + w7 * middle + w8 * left
        if GELU_BEFORE:
            total *= slope_above
        target = grad_x + start - columns * channels
        mask = inside & (i >= 2) & (row - 1 < rows)
        tl.store(target, total.to(grad_x.dtype.element_ty), mask=mask)
        above, slope_above = here, slope_here
        here, slope_here = below, slope_below
    blocks = tl.cdiv(columns, TILE)
    program = (tl.program_id(2) * tl.num_programs(1) + tl.program_id(1)) * blocks
    program += tl.program_id(0) % blocks
    target = partial + program.to(tl.int64) * 10 * channels + channel
    store_sums(target, channels, real, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9)
