"""Where the arithmetic is done, and how finely."""

import ctypes
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def choose(device: str) -> torch.device:
    """CUDA if there, else the CPU; or the one asked for.

    Raises:
        ValueError: CUDA is asked for and not there.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device: cuda is asked for, but PyTorch sees no GPU; use auto or cpu")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def place(network: nn.Module, device: torch.device) -> nn.Module:
    """A network on a device, its kernels channels-last as the patches are; changed in place.

    PyTorch's own `to(memory_format=…)` refuses a network that has one 3-D convolution.
    """
    network.to(device)
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


def keep_freed_memory() -> bool:
    """Let glibc keep what PyTorch frees, instead of fetching it from the kernel page by page.

    Features of a whole image are larger than what glibc keeps by itself, and their first touch
    costs as much as the arithmetic: an image through MST++ takes 0.6 of the time with this.

    Returns:
        Whether the C library took it; others than glibc are left as they are.
    """
    trim_threshold, mmap_max = -1, -4  # from malloc.h; set to -1 and 0: never
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(mmap_max, 0) and mallopt(trim_threshold, -1))


def describe(device: torch.device) -> str:
    """The device for people: the GPU's name, or the CPU's threads."""
    if device.type == "cuda":
        return f"GPU {torch.cuda.get_device_name(device)}"
    return f"CPU, {torch.get_num_threads()} threads"


def precision(name: str, device: torch.device) -> torch.dtype:
    """What a recipe's precision is on a device.

    float16 needs the GPU's scaling of gradients; a CPU computes such a phase in float32.
    """
    if name == "float16" and device.type != "cuda":
        return torch.float32
    return PRECISIONS[name]


def autocast(dtype: torch.dtype, device: torch.device) -> AbstractContextManager[Any]:
    """Mixed precision around a network, or nothing for float32."""
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype=dtype)
