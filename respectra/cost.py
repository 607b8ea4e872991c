"""What a network costs: parameters and multiplications.

Convention: a multiply-accumulate is one multiplication and one addition in a convolution, a matrix
product or an attention; transposed convolutions are counted where they are computed, on their
input. A layer norm counts twice its elements (variance and scale), bilinear resizing four times
what it makes. Other norms, activations and pooling are not counted. Counts of the published
networks by fvcore, which takes PyTorch's own norms five times and others not at all, agree within
half a percent.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from respectra.config import Inputs

RESIZED_AND_NORMED = {
    torch.ops.aten.native_layer_norm: lambda shape, *_, **__: 2 * 2 * math.prod(shape),
    torch.ops.aten.upsample_bilinear2d: lambda *_, out_shape, **__: 2 * 4 * math.prod(out_shape),
}


def multiply_accumulates(network: nn.Module, inputs: Mapping[str, Tensor]) -> int:
    """How many multiply-accumulates one pass over `inputs` takes; nothing is computed.

    Args:
        network: stays as it is; its shapes are all that is looked at.
        inputs: by the names of the network's arguments; only shapes and types matter.

    Example:
        >>> conv = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        >>> multiply_accumulates(conv, {"input": torch.empty(1, 3, 10, 10)})
        21600
    """
    shapes = {key: value.to("meta") for key, value in inputs.items()}
    tensors = [*network.named_parameters(), *network.named_buffers()]
    state = {key: value.to("meta") for key, value in tensors}
    counter = FlopCounterMode(display=False, custom_mapping=RESIZED_AND_NORMED)
    with counter, torch.no_grad():
        torch.func.functional_call(network, state, kwargs=shapes)
    return counter.get_total_flops() // 2


def example(
    inputs: Inputs, count: int, rows: int, columns: int, *, bands: int = 31, seed: int = 1
) -> dict[str, Tensor]:
    """Random images of a size, one for each thing that a method's network sees."""
    drawn = torch.Generator().manual_seed(seed)
    images = {"rgb": torch.rand(count, 3, rows, columns, generator=drawn)}
    if inputs.superpixels:
        size = (count, len(inputs.superpixels.segments), rows, columns)
        images["superpixels"] = torch.randint(1, 9, size, generator=drawn)
    if inputs.estimate:
        images["estimate"] = torch.rand(count, bands, rows, columns, generator=drawn)
    return images


def parameters(network: nn.Module) -> int:
    """How many numbers a network learns; what several layers share counts once."""
    return sum(parameter.numel() for parameter in network.parameters())
