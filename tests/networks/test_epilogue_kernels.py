"""The kernels' epilogue equals the plain one; TRITON_INTERPRET=1 runs the kernels on a CPU."""

from itertools import product
from typing import Any
from unittest import mock

import pytest
import torch
from torch import Tensor

from respectra.networks import epilogue
from respectra.networks.epilogue import finish
from tests.networks.on_kernels import KERNELS, compare, draw


def plain(*arguments: Tensor | None, **settings: Any) -> Tensor:
    with mock.patch.object(epilogue, "uses_kernels", return_value=False):
        return finish(*arguments, **settings)


CASES = [
    (slope, order, gate, bias, padding, inner)
    for slope, order, gate, bias, (padding, inner) in product(
        (None, 0.0, 0.2, "learned"), (None, "first", "last"), (False, True), (False, True),
        ((0, 0), (1, 0), (1, 1), (2, 2)),
    )
    if order is not None or not inner
]  # fmt: skip


@KERNELS
@pytest.mark.parametrize("case", CASES[::3] + CASES[-8:])
def test_epilogue_is_the_plain_one(case: tuple[Any, ...]) -> None:
    kind, order, has_gate, has_bias, padding, inner = case
    size = (2, 5, 4, 6)
    x, gate = draw(*size), draw(2, 5, seed=2)
    bias = draw(2, 5, seed=1) if has_gate and order else draw(5, seed=1)
    residual = draw(2, 5, 4 + 2 * inner, 6 + 2 * inner, seed=3) if order else None
    slope = draw(1, seed=4) if kind == "learned" else None
    arguments = [x, slope, residual, bias if has_bias else None, gate if has_gate else None]
    settings = {
        "add_first": order == "first",
        "padding": padding,
        "scale": 0.5 if has_gate else 1.0,
    }

    def call(function: Any) -> Any:
        def finished(x: Tensor, a: Any, r: Any, b: Any, g: Any) -> Tensor:
            return function(
                x, kind if isinstance(kind, float) else a, r, bias=b, gate=g, **settings
            )

        return finished

    compare(call(finish), call(plain), *arguments)


@KERNELS
@pytest.mark.parametrize("size", [(1, 130, 3, 40), (2, 300, 5, 2), (1, 31, 40, 70)])
def test_tiles_cover_all_pixels_and_channels(size: tuple[int, ...]) -> None:
    x, slope, residual = draw(*size), draw(1, seed=1), draw(*size, seed=2)
    for padding in (0, 1):
        compare(
            lambda a, b, c, padding=padding: finish(a, b, c, padding=padding),
            lambda a, b, c, padding=padding: plain(a, b, c, padding=padding),
            x, slope, residual,
        )  # fmt: skip


@KERNELS
def test_half_precision_is_kept() -> None:
    x, residual = draw(1, 8, 4, 4).bfloat16(), draw(1, 8, 4, 4, seed=1).bfloat16()
    result = finish(x, 0.2, residual, bias=draw(8, seed=2), padding=1)
    assert result.dtype == torch.bfloat16
    expected = plain(x.float(), 0.2, residual.float(), bias=draw(8, seed=2), padding=1)
    torch.testing.assert_close(result.float(), expected, rtol=0.01, atol=0.01)
