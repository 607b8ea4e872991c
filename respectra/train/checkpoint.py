"""Everything a run needs to go on as if never stopped; weights alone are ever read, never code."""

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from respectra.files import aside

FORMAT = 1


def save(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write tensors, numbers and names; the old file stays until the new one is whole."""
    with aside(path) as part, open(part, "wb") as file:
        torch.save({"format": FORMAT, **content}, file)


def load(path: str | Path) -> dict[str, Any]:
    """Read what `save` wrote, or a file of weights that others wrote.

    Raises:
        ValueError: the file is not there, is cut short, or holds code.
    """
    try:
        with open(path, "rb") as file:
            content = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such checkpoint") from None
    except pickle.UnpicklingError as error:
        first = str(error).strip().partition("\n")[0]
        if "Unsupported" in str(error) or "GLOBAL" in str(error):
            raise ValueError(f"{path}: holds code; only weights are loaded") from error
        raise ValueError(f"{path}: is no checkpoint, or cut short: {first}") from error
    except (OSError, RuntimeError, EOFError, KeyError, zipfile.BadZipFile) as error:
        first = str(error).strip().partition("\n")[0]
        raise ValueError(f"{path}: is no checkpoint, or cut short: {first}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path}: holds {type(content).__name__}; a checkpoint is a mapping")
    return content


def weights(content: Mapping[str, Any]) -> dict[str, Tensor]:
    """The state dict in a file of weights: bare, under `state_dict`, `params` or `model`."""
    for key in ("state_dict", "params", "model"):
        if isinstance(content.get(key), Mapping):
            return dict(content[key])
    return {key: value for key, value in content.items() if isinstance(value, Tensor)}


def restore(network: nn.Module, content: Mapping[str, Any], path: str | Path) -> None:
    """Give a network the weights of a checkpoint of ours.

    Raises:
        ValueError: they are another network's, or for another number of bands.
    """
    theirs, ours = weights(content), network.state_dict()
    if missing := sorted(set(ours) - set(theirs)):
        raise ValueError(
            f"{path}: is another network's checkpoint: {missing[0]} is missing "
            f"({len(missing)} of {len(ours)} tensors)"
        )
    if left := sorted(set(theirs) - set(ours)):
        raise ValueError(f"{path}: is another network's checkpoint: {left[0]} is left over")
    for key, tensor in ours.items():
        if theirs[key].shape != tensor.shape:
            bands = content.get("bands")
            hint = f"; it was trained for {bands} bands" if bands else ""
            raise ValueError(
                f"{path}: {key} has shape {tuple(theirs[key].shape)}, "
                f"{tuple(tensor.shape)} is wanted{hint}"
            )
    network.load_state_dict(theirs)
