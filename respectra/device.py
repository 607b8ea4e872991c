"""The device and the precision of the arithmetic."""

import ctypes
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def choose_device(device: str) -> torch.device:
    """Return a device by its name.

    Args:
        device: `cpu`, `cuda`, or `auto`: CUDA if PyTorch sees a GPU, else the CPU.

    Raises:
        ValueError: the name is `cuda` and PyTorch sees no GPU.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device: cuda is not possible, PyTorch sees no GPU; use auto or cpu")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def place_network(network: nn.Module, device: torch.device) -> nn.Module:
    """Move a network to a device and lay its kernels out channels-last, as the patches are.

    PyTorch's own `to(memory_format=…)` refuses a network that has a 3-D convolution. On a CPU
    oneDNN computes the convolutions, see `choose_convolutions`.

    Args:
        network: changed in place.
        device: its new device.

    Returns:
        The network.
    """
    network.to(device)
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    choose_convolutions(network, device)
    return network


def choose_convolutions(network: nn.Module, device: torch.device) -> None:
    """Make PyTorch compute 1×1 convolutions on a CPU with oneDNN, also with one thread.

    With one thread PyTorch computes them as products of its linear algebra library instead, which
    took two to four times as long on an AMD EPYC. It does not do so for a convolution with a
    dilation, which changes nothing in a kernel of one pixel.

    Args:
        network: changed in place; its 1×1 convolutions of stride 1 get a dilation of 2 on a CPU,
            and of 1 elsewhere.
        device: of the network.
    """
    dilation = 2 if device.type == "cpu" else 1
    for module in network.modules():
        if (
            isinstance(module, nn.Conv2d)
            and module.kernel_size == (1, 1)
            and module.stride == (1, 1)
        ):
            module.dilation = (dilation, dilation)


def keep_freed_memory() -> bool:
    """Tell glibc to keep freed memory instead of returning it to the kernel.

    The features of a whole image are larger than what glibc keeps by default. The kernel then maps
    every page anew, which costs as much as the arithmetic: with this setting MST++ reconstructs an
    image in 0.6 of the time.

    Returns:
        Whether the setting was accepted; C libraries other than glibc are left unchanged.
    """
    trim_threshold, mmap_max = -1, -4  # of malloc.h; the values -1 and 0 mean: never return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(mmap_max, 0) and mallopt(trim_threshold, -1))


def set_arithmetic(name: str) -> None:
    """Choose how a GPU computes products of float32 matrices, and convolutions.

    Args:
        name: `exact`: in float32. `fast`: tensor cores round the factors to TF32, of 10 bits, and
            add in float32; algorithms of convolutions are chosen by measuring them.

    Raises:
        ValueError: there is no such arithmetic.
    """
    if name not in ("exact", "fast"):
        raise ValueError(f"arithmetic: {name} is neither exact nor fast")
    torch.backends.cuda.matmul.allow_tf32 = name == "fast"
    torch.backends.cudnn.allow_tf32 = name == "fast"
    torch.backends.cudnn.benchmark = name == "fast"


def describe_machine(device: torch.device) -> dict[str, str | int]:
    """Return what the last digits of a result depend on.

    Returns:
        The device's name, the CPU's threads, the version of PyTorch, and the arithmetic that
        `set_arithmetic` chose.
    """
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
        "arithmetic": "fast" if torch.backends.cudnn.allow_tf32 else "exact",
    }


def describe_device(device: torch.device) -> str:
    """Return the name of the GPU, or the number of the CPU's threads."""
    if device.type == "cuda":
        return f"GPU {torch.cuda.get_device_name(device)}"
    return f"CPU, {torch.get_num_threads()} threads"


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """Return the type in which a device computes a recipe's precision.

    A CPU computes in float32 where the recipe says float16, which needs a GPU's gradient scaling.

    Args:
        name: `float32`, `bfloat16` or `float16`.
        device: of the network.
    """
    if name == "float16" and device.type != "cuda":
        return torch.float32
    return PRECISIONS[name]


def autocast(dtype: torch.dtype, device: torch.device) -> AbstractContextManager[Any]:
    """Return a context of mixed precision; it has no effect for float32."""
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype=dtype)
