"""Weights that authors released: their names in our networks, and how a network loads them."""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn


def released_key(key: str, names: Sequence[tuple[str, str]]) -> str:
    """Translate a key of our state dict to the key in the authors' file.

    Args:
        key: a key of our state dict.
        names: pairs of a regular expression and its replacement, applied in order.

    Example:
        >>> released_key("head.weight", [(r"^head\\.", "head_conv2D.conv2d.")])
        'head_conv2D.conv2d.weight'
    """
    for pattern, replacement in names:
        key = re.sub(pattern, replacement, key)
    return key


def find_idle(network: nn.Module) -> dict[str, nn.Parameter]:
    """Return, by name, the parameters that do not affect the network's output.

    Some public codes have such parameters. Our networks keep them, so that released weights load
    strictly, and declare them in `IDLE`, a regular expression of names.
    """
    pattern = getattr(network, "IDLE", None)
    return {
        name: parameter
        for name, parameter in network.named_parameters()
        if pattern is not None and re.search(pattern, name)
    }


def released_state(network: nn.Module) -> dict[str, Tensor]:
    """Return a network's state dict under the authors' keys.

    A tensor that several modules share appears under each of its keys.
    """
    names = getattr(network, "RELEASED_NAMES", ())
    return {released_key(key, names): tensor for key, tensor in network.state_dict().items()}


def load_released(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Load the authors' weights into a network, strictly.

    Args:
        network: the network; its `RELEASED_NAMES`, if any, translate its keys to the authors'.
        state: the authors' state dict; a prefix `module.` is removed from its keys.

    Raises:
        ValueError: a tensor is missing, unexpected or of another shape, or two tensors differ that
            the network shares. The network is unchanged.
    """
    names = getattr(network, "RELEASED_NAMES", ())
    released = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    current = network.state_dict()
    keys = {released_key(key, names): key for key in current}
    missing, unexpected = sorted(set(keys) - set(released)), sorted(set(released) - set(keys))
    if missing or unexpected:
        example = f"{missing[0]} is missing" if missing else f"{unexpected[0]} is unexpected"
        raise ValueError(
            f"{type(network).__name__}: the weights are another network's: {example} "
            f"({len(missing)} of {len(keys)} keys missing, {len(unexpected)} unexpected)"
        )
    for name, key in keys.items():
        if released[name].shape != current[key].shape:
            raise ValueError(
                f"{type(network).__name__}: {name} has shape {tuple(released[name].shape)}, "
                f"expected {tuple(current[key].shape)}"
            )
    first_names: dict[int, str] = {}  # the first released key of each tensor
    for key, tensor in network.state_dict(keep_vars=True).items():
        name = released_key(key, names)
        first = first_names.setdefault(id(tensor), name)
        if not torch.equal(released[first], released[name]):
            raise ValueError(
                f"{type(network).__name__}: {first} and {name} differ, "
                "but the network shares one tensor between them"
            )
    network.load_state_dict({key: released[name] for name, key in keys.items()})
