"""Published weights of a method's authors, used instead of a training: the run `released`."""

import csv
from pathlib import Path

import safetensors
from safetensors.torch import load_file
from torch import Tensor, nn

from respectra.build import build
from respectra.files import read_product
from respectra.networks.layers import load_released
from respectra.plan_types import ReleasedPlan
from respectra.train import checkpoint

SUFFIX = ".safetensors"


def adopt_released(
    *, plan: ReleasedPlan, weights: str | Path, wavelengths: str | Path, save: str | Path
) -> None:
    """Write the authors' weights as a checkpoint of this package: the run `released`.

    Args:
        plan: holds the network.
        weights: the authors' file, or safetensors.
        wavelengths: the data set's table, one row per band.
        save: the checkpoint.

    Raises:
        ValueError: the weights belong to another network, or to another number of bands.
    """
    with read_product(wavelengths), open(wavelengths, newline="", encoding="utf-8") as file:
        bands = len(list(csv.DictReader(file)))
    network = build("network", plan["network"], bands=bands)
    load_file_into(network, weights)
    content = {"network": dict(plan["network"]), "bands": bands, "released": Path(weights).name}
    checkpoint.save(save, {**content, "state_dict": network.state_dict()})


def load_file_into(network: nn.Module, path: str | Path) -> None:
    """Give a network the weights of the authors' file, or of safetensors converted from it.

    Args:
        network: changed in place.
        path: the file.

    Raises:
        ValueError: the file is missing or broken, or belongs to another network.
    """
    try:
        if Path(path).suffix == SUFFIX:
            network.load_state_dict(_load_safetensors(path), strict=True)
        else:
            load_released(network, checkpoint.get_state_dict(checkpoint.load(path)))
    except RuntimeError as error:
        message = " ".join(str(error).split())
        raise ValueError(f"{path}: {message}") from error
    except ValueError as error:
        if str(path) in str(error):
            raise
        raise ValueError(f"{path}: {error}") from error


def _load_safetensors(path: str | Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file") from None
    except (safetensors.SafetensorError, OSError) as error:
        raise ValueError(f"{path}: is no file of safetensors, or incomplete: {error}") from error
