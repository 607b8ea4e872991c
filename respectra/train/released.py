"""The authors' own weights in place of a training: the run `released`."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
from safetensors.torch import load_file
from torch import Tensor, nn

from respectra.build import build
from respectra.networks.layers import load_released
from respectra.train import checkpoint

SUFFIX = ".safetensors"


def adopt(
    path: str | Path, *, plan: Mapping[str, Any], wavelengths: str | Path, save: str | Path
) -> None:
    """The authors' weights as a checkpoint that reconstructs: the run `released`.

    Args:
        path: their file, or safetensors.
        plan: holds the network.
        wavelengths: of the data set, a band per row.
        save: the checkpoint.

    Raises:
        ValueError: the weights are another network's, or of another number of bands.
    """
    with open(wavelengths, newline="", encoding="utf-8") as file:
        bands = len(list(csv.DictReader(file)))
    network = build("network", plan["network"], bands=bands)
    load_file_into(network, path)
    content = {"network": dict(plan["network"]), "bands": bands, "released": Path(path).name}
    checkpoint.save(save, {**content, "state_dict": network.state_dict()})


def load_file_into(network: nn.Module, path: str | Path) -> None:
    """Give a network the weights of the authors' file, or of safetensors that we wrote of it.

    Raises:
        ValueError: naming the file, if it is not there, is broken, or is another network's.
    """
    try:
        if Path(path).suffix == SUFFIX:
            network.load_state_dict(_tensors(path), strict=True)
        else:
            load_released(network, checkpoint.weights(checkpoint.load(path)))
    except RuntimeError as error:
        first = " ".join(str(error).split())
        raise ValueError(f"{path}: {first}") from error
    except ValueError as error:
        if str(path) in str(error):
            raise
        raise ValueError(f"{path}: {error}") from error


def _tensors(path: str | Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file") from None
    except (safetensors.SafetensorError, OSError) as error:
        raise ValueError(f"{path}: is no file of safetensors, or cut short: {error}") from error
