"""Parameters and multiply-accumulates of a network.

A multiply-accumulate is one multiplication and one addition in a convolution, a matrix product or
an attention. Transposed convolutions are counted on their input, where they are computed. A layer
norm counts as two per element (variance and scale), bilinear resizing as four per output element.
Other norms, activations and pooling are not counted.

fvcore, whose counts the papers publish, counts PyTorch's own norms five times and other norms not
at all; its counts agree with ours within half a percent.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from respectra.config import Inputs
from respectra.inputs import random_inputs

# FlopCounterMode counts two operations per multiply-accumulate, hence the factor 2.
FLOPS_OF_NORM_AND_RESIZING = {
    torch.ops.aten.native_layer_norm: lambda shape, *_, **__: 2 * 2 * math.prod(shape),
    torch.ops.aten.upsample_bilinear2d: lambda *_, out_shape, **__: 2 * 4 * math.prod(out_shape),
}


def count_multiply_accumulates(network: nn.Module, images: Mapping[str, Tensor]) -> int:
    """Count the multiply-accumulates of one forward pass without computing it.

    Args:
        network: it is not changed; only the shapes of its tensors are used.
        images: by the names of the network's arguments, each (batch, channels, rows, columns);
            only shapes and dtypes are used.

    Returns:
        The count for the whole batch.

    Example:
        >>> conv = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        >>> count_multiply_accumulates(conv, {"input": torch.empty(1, 3, 10, 10)})
        21600
    """
    shapes = {key: image.to("meta") for key, image in images.items()}
    tensors = [*network.named_parameters(), *network.named_buffers()]
    state = {key: tensor.to("meta") for key, tensor in tensors}
    counter = FlopCounterMode(display=False, custom_mapping=FLOPS_OF_NORM_AND_RESIZING)
    with counter, torch.no_grad():
        torch.func.functional_call(network, state, kwargs=shapes)
    return counter.get_total_flops() // 2


def draw_images(
    inputs: Inputs, batch: int, rows: int, columns: int, *, bands: int = 31, seed: int = 1
) -> dict[str, Tensor]:
    """Draw random images of one size, one for each input of a method's network.

    Args:
        inputs: what the network receives.
        batch, rows, columns: the size of the images.
        bands: channels of the estimate, if the network receives one.
        seed: of the random numbers.

    Returns:
        `rgb` (batch, 3, rows, columns) in [0, 1], float32; if the network receives them,
        `superpixels` (batch, scales, rows, columns), int64, and `estimate`
        (batch, bands, rows, columns) in [0, 1], float32.
    """
    plan: Any = inputs.model_dump()
    return random_inputs(plan, count=batch, rows=rows, columns=columns, bands=bands, seed=seed)


def count_parameters(network: nn.Module) -> int:
    """Count the learnable numbers of a network; a tensor shared by several layers counts once."""
    return sum(parameter.numel() for parameter in network.parameters())
