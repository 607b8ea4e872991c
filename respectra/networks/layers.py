"""What every network has: a way to take the authors' own weights."""

import re
from collections.abc import Mapping, Sequence

from torch import Tensor, nn


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


def load_released(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Give a network the authors' weights, strictly.

    Args:
        network: with a table `RELEASED_NAMES` of patterns, if its names differ from theirs.
        state: their state dict; a `module.` in front of every key is taken off.

    Raises:
        ValueError: a tensor is missing, left over, or of another shape.
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
    network.load_state_dict({key: theirs[released] for released, key in wanted.items()})
