"""Tensors that depend on a few numbers only; each is built once for a device and a dtype."""

from collections.abc import Callable

import torch
from torch import Tensor

_CONSTANTS: dict[tuple[object, ...], Tensor] = {}


def keep_constant(
    build: Callable[..., Tensor],
    *arguments: float,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Return a tensor that depends on a few numbers only; it is built once.

    A CUDA graph cannot contain a copy from the CPU. The tensor is never removed, as a graph reads
    it at each replay.

    Args:
        build: builds it on a CPU; a function at the top of a module, because a new lambda is a new
            key.
        arguments: of `build`.
        device: where the tensor is.
        dtype: of the tensor.
    """
    if torch.compiler.is_compiling():
        return build(*arguments).to(device, dtype)
    key = (build, arguments, device, dtype)
    if key not in _CONSTANTS:
        with torch.inference_mode(False), torch.device("cpu"):
            _CONSTANTS[key] = build(*arguments).to(device, dtype)
    return _CONSTANTS[key]
