"""What networks share: padding, stretching, norms and cosines, slabs, and the authors' weights."""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


def pad_to_multiple(image: Tensor, multiple: int, *, least: int = 0) -> Tensor:
    """Mirror at the bottom and the right until both sides are multiples.

    Args:
        image: (n, channels, rows, columns); sides shorter than the padding are mirrored again.
        multiple: of pixels.
        least: pixels that both sides have at least, a multiple itself.

    Example:
        >>> pad_to_multiple(torch.arange(9.0).reshape(1, 1, 3, 3), 4)[0, 0, 0].tolist()
        [0.0, 1.0, 2.0, 1.0]
    """
    rows, columns = image.shape[-2:]
    down, right = (max(side + -side % multiple, least) - side for side in (rows, columns))
    while down or right:
        rows, columns = image.shape[-2:]
        # A single row or column has nothing to mirror: it is repeated.
        if (down and rows == 1) or (right and columns == 1):
            return F.pad(image, (0, right, 0, down), mode="replicate")
        now = min(down, rows - 1), min(right, columns - 1)
        image = F.pad(image, (0, now[1], 0, now[0]), mode="reflect")
        down, right = down - now[0], right - now[1]
    return image


def stretch(image: Tensor, bands: int) -> Tensor:
    """Interpolate three channels linearly to many, the first and last kept as they are.

    Args:
        image: (n, 3, rows, columns).
        bands: how many channels to make.

    Example:
        >>> image = torch.tensor([0.0, 1.0, 0.0]).reshape(1, 3, 1, 1)
        >>> stretch(image, 5).ravel().tolist()
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    place = torch.linspace(0, 2, bands, dtype=torch.float64)
    left = place.floor().clamp(max=1)
    matrix = torch.zeros(bands, 3, dtype=torch.float64)
    matrix.scatter_(1, left.long()[:, None], (1 - (place - left))[:, None])
    matrix.scatter_(1, left.long()[:, None] + 1, (place - left)[:, None])
    return F.conv2d(image, matrix.to(image)[..., None, None])


def seen_as_bright(cube: Tensor, response: Tensor, rgb: Tensor) -> Tensor:
    """What a camera without noise sees of a cube, by one gain for each image as bright as `rgb`.

    Args:
        cube: (n, bands, h, w).
        response: (3, bands).
        rgb: (n, 3, h, w).
    """
    seen = torch.einsum("cb,nbhw->nchw", response, cube)
    gain = (seen * rgb).sum((1, 2, 3)) / seen.square().sum((1, 2, 3))
    return gain[:, None, None, None] * seen


class Residual(nn.Sequential):
    """3×3, ReLU, 3×3, and the input added: the plain block of EDSR, HDNet and HSCNN-R."""

    def __init__(self, width: int) -> None:
        super().__init__(
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1)
        )

    def forward(self, input: Tensor) -> Tensor:
        x = input
        for layer in self:
            x = layer(x)
        return x + input


def full_precision(device: torch.device) -> AbstractContextManager[Any]:
    """No autocast inside: for sums that half precision cannot hold."""
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    return torch.autocast(device.type, enabled=False)


def cosines(query: Tensor, key: Tensor) -> Tensor:
    """Cosines between channels as vectors over space: (…, pixels, channels) twice → (…, c, c).

    Lengths divide the small product instead of the large factors. Sums over all pixels overflow in
    half precision, so they are taken in float32 at least. A sum of squares is twice as fast here as
    PyTorch's vector norm, which walks along pixels.
    """
    with full_precision(key.device):
        exact = torch.promote_types(key.dtype, torch.float32)
        query, key = query.to(exact), key.to(exact)
        squares = [(x * x).sum(dim=-2, keepdim=True) for x in (query, key)]
        of_query, of_key = (square.clamp_min(1e-24).sqrt() for square in squares)
        return query.mT @ key / (of_query.mT * of_key)


def normed(norm: nn.LayerNorm, image: Tensor) -> Tensor:
    """A layer norm over the channels at every pixel of (n, channels, h, w)."""
    return norm(image.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def pointwise(linear: nn.Linear, image: Tensor) -> Tensor:
    """A linear layer at every pixel: (n, inputs, h, w) → (n, outputs, h, w).

    On a CPU a 1×1 convolution of features that lie channels-last takes two thirds of the time of
    the same matrix product.
    """
    return F.conv2d(image, linear.weight[..., None, None], linear.bias)


def parts(image: Tensor, mix: nn.Conv2d, around: nn.Conv2d, count: int) -> list[Tensor]:
    """A 1×1 and a depth-wise convolution without biases, their channels in equal parts.

    The same as splitting what the whole convolutions give, but nothing has to be joined again on
    the way back, which costs as much as a convolution.
    """
    return [
        F.conv2d(F.conv2d(image, one), two, padding=around.padding, groups=len(two))
        for one, two in zip(mix.weight.chunk(count), around.weight.chunk(count), strict=True)
    ]


LARGE = 2**21  # numbers of an image's features that no cache holds


def in_slabs(layer: nn.Module, image: Tensor, *, reach: int, rows: int = 16) -> Tensor:
    """A layer over a large image, slab after slab, so that what it makes inside stays in the cache.

    Equal to `layer(image)`, which is what is done for small images, on a GPU, and where gradients
    are wanted, as they keep everything that is made.

    Args:
        layer: gives an image of the size it was given.
        image: (n, channels, h, w).
        reach: how many rows above and below a pixel the layer looks at.
        rows: of a slab.
    """
    if torch.is_grad_enabled() or image.device.type != "cpu" or image[0].numel() < LARGE:
        return layer(image)
    slabs = []
    for first in range(0, image.shape[-2], rows):
        top, last = max(first - reach, 0), min(first + rows, image.shape[-2])
        slab = layer(image[..., top : last + reach, :])
        slabs.append(slab[..., first - top : last - top, :])
    return torch.cat(slabs, dim=-2)


def released_key(key: str, names: Sequence[tuple[str, str]]) -> str:
    """The key under which the authors' file holds one of our tensors.

    Args:
        key: a key of our state dict.
        names: pairs of pattern and replacement, applied one after another.

    Example:
        >>> released_key("head.weight", [(r"^head\\.", "head_conv2D.conv2d.")])
        'head_conv2D.conv2d.weight'
    """
    for pattern, replacement in names:
        key = re.sub(pattern, replacement, key)
    return key


def idle(network: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that are no part of the function, by name: a public code's leftovers.

    A network that has such names them in `IDLE`, a pattern; they are there for its weights' sake.
    """
    pattern = getattr(network, "IDLE", None)
    return {
        name: parameter
        for name, parameter in network.named_parameters()
        if pattern is not None and re.search(pattern, name)
    }


def released_state(network: nn.Module) -> dict[str, Tensor]:
    """A network's weights under the authors' names, shared tensors under every one of theirs."""
    names = getattr(network, "RELEASED_NAMES", ())
    return {released_key(key, names): tensor for key, tensor in network.state_dict().items()}


def load_released(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Give a network the authors' weights, strictly.

    Args:
        network: with a table `RELEASED_NAMES` of patterns, if its names differ from theirs.
        state: their state dict; a `module.` in front of every key is taken off.

    Raises:
        ValueError: a tensor is missing, left over, of another shape, or differs from one that it
            shares its place with.
    """
    names = getattr(network, "RELEASED_NAMES", ())
    theirs = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    ours = network.state_dict()
    wanted = {released_key(key, names): key for key in ours}
    missing, left = sorted(set(wanted) - set(theirs)), sorted(set(theirs) - set(wanted))
    if missing or left:
        shown = f"{missing[0]} is missing" if missing else f"{left[0]} is left over"
        raise ValueError(
            f"{type(network).__name__}: the weights are another network's: {shown} "
            f"({len(missing)} missing, {len(left)} left over of {len(wanted)})"
        )
    for released, key in wanted.items():
        if theirs[released].shape != ours[key].shape:
            raise ValueError(
                f"{type(network).__name__}: {released} has shape {tuple(theirs[released].shape)}, "
                f"{tuple(ours[key].shape)} is wanted"
            )
    shared: dict[int, str] = {}  # the first of their keys for each tensor of ours
    for key, tensor in network.state_dict(keep_vars=True).items():
        released = released_key(key, names)
        first = shared.setdefault(id(tensor), released)
        if not torch.equal(theirs[first], theirs[released]):
            raise ValueError(
                f"{type(network).__name__}: {first} and {released} differ, "
                "but the network has one tensor for both"
            )
    network.load_state_dict({key: theirs[released] for released, key in wanted.items()})
