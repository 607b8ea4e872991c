"""Padding by reflection, and convolutions of padded images."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


def pad_to_multiple(image: Tensor, multiple: int, *, least: int = 0) -> Tensor:
    """Pad an image by reflection at the bottom and right, so that both sides are multiples.

    Args:
        image: (n, channels, rows, columns). A side shorter than its padding is reflected
            repeatedly; a side of one pixel is replicated.
        multiple: the divisor of both sides of the result, in pixels.
        least: the minimum length of both sides, in pixels; itself a multiple of `multiple`.

    Returns:
        (n, channels, padded rows, padded columns).

    Example:
        >>> pad_to_multiple(torch.arange(9.0).reshape(1, 1, 3, 3), 4)[0, 0, 0].tolist()
        [0.0, 1.0, 2.0, 1.0]
    """
    rows, columns = image.shape[-2:]
    down, right = (max(side + -side % multiple, least) - side for side in (rows, columns))
    while down or right:
        rows, columns = image.shape[-2:]
        # Reflection needs at least two pixels; a single row or column is replicated.
        if (down and rows == 1) or (right and columns == 1):
            return F.pad(image, (0, right, 0, down), mode="replicate")
        # PyTorch reflects at most one pixel less than the side, so long paddings take steps.
        step_down, step_right = min(down, rows - 1), min(right, columns - 1)
        image = F.pad(image, (0, step_right, 0, step_down), mode="reflect")
        down, right = down - step_down, right - step_right
    return image


class ReflectConv2d(nn.Conv2d):
    """A convolution that preserves the size, padded by reflection; without bias unless stated.

    It equals `nn.Conv2d(…, padding_mode="reflect")`.
    """

    def __init__(self, inputs: int, outputs: int, size: int = 3, *, bias: bool = False) -> None:
        super().__init__(
            inputs, outputs, size, padding=size // 2, padding_mode="reflect", bias=bias
        )

    def forward(self, input: Tensor) -> Tensor:
        """(n, inputs, rows, columns) → (n, outputs, rows, columns)."""
        return convolve_padded(self, reflect(input, self.kernel_size[0] // 2))


def convolve_padded(conv: nn.Module, padded: Tensor) -> Tensor:
    """Apply a convolution to an image that is padded already.

    Args:
        conv: the convolution.
        padded: (n, inputs, rows + padding, columns + padding).

    Returns:
        (n, outputs, rows, columns).
    """
    assert isinstance(conv, nn.Conv2d)
    return F.conv2d(padded, conv.weight, conv.bias)


def reflect(image: Tensor, width: int) -> Tensor:
    """Pad all four sides of an image by reflection.

    PyTorch's CUDA kernel for images works channels-first and copies channels-last features to and
    fro. Its kernel for volumes pads them in place when the channels count as a third dimension.

    Args:
        image: (n, channels, rows, columns), channels-last on a GPU. A side that is not longer than
            the padding is reflected repeatedly; a side of one pixel is replicated.
        width: of the padding in pixels.

    Returns:
        (n, channels, rows + 2 width, columns + 2 width).
    """
    if min(image.shape[-2:]) <= width:
        rows, columns = (_index_reflected(side, width, image.device) for side in image.shape[-2:])
        return image[..., rows[:, None], columns]
    if not image.is_cuda:
        return F.pad(image, (width, width, width, width), mode="reflect")
    volume = image.permute(0, 2, 3, 1)[:, None]
    padded = F.pad(volume, (0, 0, width, width, width, width), mode="reflect")
    return padded[:, 0].permute(0, 3, 1, 2)


def _index_reflected(side: int, width: int, device: torch.device) -> Tensor:
    """The pixels of a short side that stand in the padded side, (side + 2 width)."""
    period = max(1, 2 * (side - 1))
    places = torch.arange(-width, side + width, device=device).abs() % period
    return torch.minimum(places, period - places) if side > 1 else places
