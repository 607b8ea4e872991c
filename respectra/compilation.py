"""Networks compiled by `torch.compile`, whose compiled code later jobs find again."""

import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar, cast

import torch

from respectra.logs import log

Function = TypeVar("Function", bound=Callable[..., object])
COMPILERS = ("g++", "clang++")


def compile_function(function: Function, device: torch.device) -> Function:
    """Compile a network, or a function that calls networks, for each size of its tensors.

    The first call of a size compiles, for seconds to minutes. PyTorch keeps the compiled code in
    the folder that `TORCHINDUCTOR_CACHE_DIR` names, else in the user's cache, so that another job
    or training of the same network and size compiles nothing. Operations may be computed in another
    order than without compilation, so that the last digits differ.

    Args:
        function: to compile; a network is not changed, nor are the names of its weights.
        device: of the tensors.

    Returns:
        A function of the same arguments and results.

    Raises:
        ValueError: what compiles code for the device is not installed.
    """
    if device.type == "cuda" and find_spec("triton") is None:
        raise ValueError("compile: true needs the package triton for a GPU; set compile: false")
    if device.type == "cpu" and not has_compiler():
        raise ValueError(
            f"compile: true needs a C++ compiler ({' or '.join(COMPILERS)}, or the one that CXX "
            "names) for a CPU; install one, or set compile: false"
        )
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    folder = os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache / "respectra" / "compiled"))
    log.info("compiled code is kept in %s; what is not there is compiled first", folder)
    return cast(Function, torch.compile(function, dynamic=False))


def has_compiler() -> bool:
    """Return whether PyTorch finds a C++ compiler."""
    names = [os.environ["CXX"]] if os.environ.get("CXX") else COMPILERS
    return any(shutil.which(name) for name in names)
