"""Reads and writes checkpoints: tensors, numbers and strings, never code."""

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from respectra.files import replace_atomically

FORMAT = 1


def save(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write tensors, numbers and strings; an old file is replaced only by a complete one.

    Args:
        path: the file.
        content: values by their names.
    """
    with replace_atomically(path) as part, open(part, "wb") as file:
        torch.save({"format": FORMAT, **content}, file)


def load(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint of this package, or a file of weights that its authors published.

    Raises:
        ValueError: the file is missing, incomplete, no mapping, or contains code.
    """
    try:
        with open(path, "rb") as file:
            content = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such checkpoint") from None
    except pickle.UnpicklingError as error:
        if "Unsupported" in str(error) or "GLOBAL" in str(error):
            raise ValueError(f"{path}: contains code; only weights are loaded") from error
        raise ValueError(_describe_broken(path, error)) from error
    except (OSError, RuntimeError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(_describe_broken(path, error)) from error
    if not isinstance(content, dict):
        raise ValueError(f"{path}: contains a {type(content).__name__}, a checkpoint is a mapping")
    return content


def _describe_broken(path: str | Path, error: Exception) -> str:
    first_line = str(error).strip().partition("\n")[0]
    return f"{path}: is no checkpoint, or incomplete: {first_line}"


def get_state_dict(content: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the state dict of a checkpoint or of a file of weights.

    Args:
        content: the state dict under `state_dict`, `params` or `model`, or the state dict itself.
    """
    for key in ("state_dict", "params", "model"):
        if isinstance(content.get(key), Mapping):
            return dict(content[key])
    return {key: value for key, value in content.items() if isinstance(value, Tensor)}


def restore(network: nn.Module, content: Mapping[str, Any], path: str | Path) -> None:
    """Give a network the weights of a checkpoint.

    Args:
        network: changed in place, unless an error is raised.
        content: of the checkpoint.
        path: the file that an error names.

    Raises:
        ValueError: the weights belong to another network, or to another number of bands.
    """
    loaded, current = get_state_dict(content), network.state_dict()
    if missing := sorted(set(current) - set(loaded)):
        raise ValueError(
            f"{path}: is another network's checkpoint: {missing[0]} is missing "
            f"({len(missing)} of {len(current)} tensors)"
        )
    if unknown := sorted(set(loaded) - set(current)):
        raise ValueError(
            f"{path}: is another network's checkpoint: the network has no tensor {unknown[0]}"
        )
    for key, tensor in current.items():
        if loaded[key].shape != tensor.shape:
            bands = content.get("bands")
            hint = f"; it was trained for {bands} bands" if bands else ""
            raise ValueError(
                f"{path}: {key} has shape {tuple(loaded[key].shape)}, "
                f"the network's has {tuple(tensor.shape)}{hint}"
            )
    network.load_state_dict(loaded)
