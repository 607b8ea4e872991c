# ruff: noqa: N803  (constants of Triton are in capitals)
"""Triton kernels of `respectra.networks.attention`: softmax attention of one to four features.

Tokens lie in memory as (n, tokens, features). A program computes `ROWS` queries, or keys in the
last kernel, and reads all tokens of the other kind in blocks of `COLUMNS`. Products of few features
are sums of products of single numbers; sums over tokens are kept for each place of a block and
added at the end. Weights are powers of two, for which products are multiplied by log₂e. All
arithmetic is float32.
"""

import triton
import triton.language as tl

LOG2_E = tl.constexpr(1.4426950408889634)


@triton.jit
def load_feature(tokens, places, mask, d: tl.constexpr, D: tl.constexpr):
    """Load one feature of some tokens; a feature that does not exist is zero."""
    if d < D:
        value = tl.load(tokens + places * D + d, mask=mask, other=0.0).to(tl.float32)
    else:
        value = tl.zeros(places.shape, tl.float32)
    return value


@triton.jit
def load_tokens(tokens, places, mask, D: tl.constexpr):
    """Load four features of some tokens."""
    return (
        load_feature(tokens, places, mask, 0, D),
        load_feature(tokens, places, mask, 1, D),
        load_feature(tokens, places, mask, 2, D),
        load_feature(tokens, places, mask, 3, D),
    )


@triton.jit
def load_scaled(tokens, places, mask, factor, D: tl.constexpr):
    """Load four features of some tokens and multiply them by a factor."""
    t0, t1, t2, t3 = load_tokens(tokens, places, mask, D)
    return t0 * factor, t1 * factor, t2 * factor, t3 * factor


@triton.jit
def multiply(a0, a1, a2, a3, b0, b1, b2, b3, D: tl.constexpr):
    """Products of tokens of one kind, as rows, with tokens of the other kind, as columns."""
    product = a0[:, None] * b0[None, :]
    if D > 1:
        product += a1[:, None] * b1[None, :]
    if D > 2:
        product += a2[:, None] * b2[None, :]
    if D > 3:
        product += a3[:, None] * b3[None, :]
    return product


@triton.jit
def store_sums(tokens, places, mask, s0, s1, s2, s3, D: tl.constexpr):
    """Add sums of each place of a block, and store them as features of the rows."""
    tl.store(tokens + places * D, tl.sum(s0, 1).to(tokens.dtype.element_ty), mask=mask)
    if D > 1:
        tl.store(tokens + places * D + 1, tl.sum(s1, 1).to(tokens.dtype.element_ty), mask=mask)
    if D > 2:
        tl.store(tokens + places * D + 2, tl.sum(s2, 1).to(tokens.dtype.element_ty), mask=mask)
    if D > 3:
        tl.store(tokens + places * D + 3, tl.sum(s3, 1).to(tokens.dtype.element_ty), mask=mask)


@triton.jit
def attention_forward(
    query, key, value, result, logarithms, count, scale,
    D: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """Attention of `ROWS` queries to all keys, and the binary logarithms of the weights' sums."""
    start = tl.program_id(1).to(tl.int64) * count
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    is_row = row < count
    q0, q1, q2, q3 = load_scaled(query, start + row, is_row, scale * LOG2_E, D)
    largest = tl.full([ROWS, COLUMNS], -float("inf"), tl.float32)
    for first in range(0, count, COLUMNS):
        column = first + tl.arange(0, COLUMNS)
        k0, k1, k2, k3 = load_tokens(key, start + column, column < count, D)
        product = multiply(q0, q1, q2, q3, k0, k1, k2, k3, D)
        largest = tl.maximum(largest, tl.where((column < count)[None, :], product, -float("inf")))
    peak = tl.max(largest, 1)
    total = tl.zeros([ROWS, COLUMNS], tl.float32)
    s0 = tl.zeros([ROWS, COLUMNS], tl.float32)
    s1 = tl.zeros([ROWS, COLUMNS], tl.float32)
    s2 = tl.zeros([ROWS, COLUMNS], tl.float32)
    s3 = tl.zeros([ROWS, COLUMNS], tl.float32)
    for first in range(0, count, COLUMNS):
        column = first + tl.arange(0, COLUMNS)
        mask = column < count
        k0, k1, k2, k3 = load_tokens(key, start + column, mask, D)
        v0, v1, v2, v3 = load_tokens(value, start + column, mask, D)
        product = multiply(q0, q1, q2, q3, k0, k1, k2, k3, D)
        weight = tl.exp2(tl.where(mask[None, :], product - peak[:, None], -float("inf")))
        total += weight
        s0 += weight * v0[None, :]
        if D > 1:
            s1 += weight * v1[None, :]
        if D > 2:
            s2 += weight * v2[None, :]
        if D > 3:
            s3 += weight * v3[None, :]
    sums = tl.sum(total, 1)
    rate = (1 / sums)[:, None]
    store_sums(result, start + row, is_row, s0 * rate, s1 * rate, s2 * rate, s3 * rate, D)
    tl.store(logarithms + start + row, peak + tl.log2(sums), mask=is_row)


@triton.jit
def attention_backward_query(
    query, key, value, grad, logarithms, shares, grad_query, count, scale,
    D: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """The gradients of `ROWS` queries.

    `shares` are the products of each query's result and the result's gradient.
    """
    start = tl.program_id(1).to(tl.int64) * count
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    is_row = row < count
    q0, q1, q2, q3 = load_scaled(query, start + row, is_row, scale * LOG2_E, D)
    g0, g1, g2, g3 = load_tokens(grad, start + row, is_row, D)
    logarithm = tl.load(logarithms + start + row, mask=is_row, other=0.0)[:, None]
    share = tl.load(shares + start + row, mask=is_row, other=0.0)[:, None]
    s0 = tl.zeros([ROWS, COLUMNS], tl.float32)
    s1 = tl.zeros([ROWS, COLUMNS], tl.float32)
    s2 = tl.zeros([ROWS, COLUMNS], tl.float32)
    s3 = tl.zeros([ROWS, COLUMNS], tl.float32)
    for first in range(0, count, COLUMNS):
        column = first + tl.arange(0, COLUMNS)
        mask = column < count
        k0, k1, k2, k3 = load_tokens(key, start + column, mask, D)
        v0, v1, v2, v3 = load_tokens(value, start + column, mask, D)
        product = multiply(q0, q1, q2, q3, k0, k1, k2, k3, D)
        weight = tl.exp2(tl.where(mask[None, :], product - logarithm, -float("inf")))
        slope = weight * (multiply(g0, g1, g2, g3, v0, v1, v2, v3, D) - share)
        s0 += slope * k0[None, :]
        if D > 1:
            s1 += slope * k1[None, :]
        if D > 2:
            s2 += slope * k2[None, :]
        if D > 3:
            s3 += slope * k3[None, :]
    store_sums(grad_query, start + row, is_row, s0 * scale, s1 * scale, s2 * scale, s3 * scale, D)


@triton.jit
def attention_backward_key(
    query, key, value, grad, logarithms, shares, grad_key, grad_value, count, scale,
    D: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """The gradients of `ROWS` keys and of their values."""
    start = tl.program_id(1).to(tl.int64) * count
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    is_row = row < count
    k0, k1, k2, k3 = load_scaled(key, start + row, is_row, scale * LOG2_E, D)
    v0, v1, v2, v3 = load_tokens(value, start + row, is_row, D)
    s0 = tl.zeros([ROWS, COLUMNS], tl.float32)
    s1 = tl.zeros([ROWS, COLUMNS], tl.float32)
    s2 = tl.zeros([ROWS, COLUMNS], tl.float32)
    s3 = tl.zeros([ROWS, COLUMNS], tl.float32)
    t0 = tl.zeros([ROWS, COLUMNS], tl.float32)
    t1 = tl.zeros([ROWS, COLUMNS], tl.float32)
    t2 = tl.zeros([ROWS, COLUMNS], tl.float32)
    t3 = tl.zeros([ROWS, COLUMNS], tl.float32)
    for first in range(0, count, COLUMNS):
        column = first + tl.arange(0, COLUMNS)
        mask = column < count
        q0, q1, q2, q3 = load_tokens(query, start + column, mask, D)
        g0, g1, g2, g3 = load_tokens(grad, start + column, mask, D)
        logarithm = tl.load(logarithms + start + column, mask=mask, other=0.0)[None, :]
        share = tl.load(shares + start + column, mask=mask, other=0.0)[None, :]
        product = multiply(k0, k1, k2, k3, q0, q1, q2, q3, D)
        weight = tl.exp2(tl.where(mask[None, :], product - logarithm, -float("inf")))
        slope = weight * (multiply(v0, v1, v2, v3, g0, g1, g2, g3, D) - share)
        s0 += slope * q0[None, :]
        t0 += weight * g0[None, :]
        if D > 1:
            s1 += slope * q1[None, :]
            t1 += weight * g1[None, :]
        if D > 2:
            s2 += slope * q2[None, :]
            t2 += weight * g2[None, :]
        if D > 3:
            s3 += slope * q3[None, :]
            t3 += weight * g3[None, :]
    store_sums(grad_key, start + row, is_row, s0 * scale, s1 * scale, s2 * scale, s3 * scale, D)
    store_sums(grad_value, start + row, is_row, t0, t1, t2, t3, D)
