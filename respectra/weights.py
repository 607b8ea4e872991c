"""Converts weights that authors published to safetensors with their provenance, and back.

Only tensors are read, never code. A network's `RELEASED_NAMES` translate the authors' names of
tensors; a file must fit its network completely.
"""

import json
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file
from torch import nn

from respectra import __version__
from respectra.build import build
from respectra.config import Method
from respectra.costs.network import count_parameters
from respectra.files import replace_atomically, sha256
from respectra.networks.layers import released_state
from respectra.train.released import SUFFIX, load_file_into


def check_weights(path: str | Path, method: Method, bands: int = 31) -> str:
    """Return a sentence that says that a file contains a method's weights.

    Args:
        path: the authors' file, or safetensors that `convert_weights` wrote.
        method: whose network the weights must fit.
        bands: of the cube that the network was trained for.

    Raises:
        ValueError: the file is missing or broken, or does not fit the network.
    """
    network = load_network(path, method, bands)
    count = len(network.state_dict())
    return (
        f"{path}: the weights of {method.name} for {bands} bands, "
        f"{count} tensors, {count_parameters(network):,} parameters"
    )


def convert_weights(
    path: str | Path, method: Method, *, bands: int = 31, save: str | Path | None = None
) -> Path:
    """Convert the authors' file to safetensors with this package's names, or safetensors back.

    Args:
        path: the file to read.
        method: whose network the weights are of.
        bands: of the cube.
        save: the file to write; None replaces the suffix of `path`.

    Returns:
        The path of the new file.

    Raises:
        ValueError: the weights do not fit, or the new file exists.
    """
    path = Path(path)
    network = load_network(path, method, bands)
    is_converted = path.suffix == SUFFIX
    target = Path(save) if save else path.with_suffix(".pth" if is_converted else SUFFIX)
    if target.exists():
        raise ValueError(f"{target}: exists; name another file with --to")
    with replace_atomically(target) as part:
        if is_converted:
            torch.save({"state_dict": released_state(network)}, part)
        else:
            state = {k: value.clone().contiguous() for k, value in network.state_dict().items()}
            save_file(state, part, metadata=_describe_origin(path, method, bands))
    return target


def load_network(path: str | Path, method: Method, bands: int = 31) -> nn.Module:
    """Return a method's network with the weights of a file.

    Raises:
        ValueError: the method has no network, or the file does not fit it.
    """
    if method.network is None:
        raise ValueError(f"{method.name}: is of kind {method.kind}; only networks have weights")
    network: nn.Module = build("network", method.network, bands=bands)
    load_file_into(network, path)
    return network


def _describe_origin(path: Path, method: Method, bands: int) -> dict[str, str]:
    origin = method.origin.model_dump(exclude_none=True) if method.origin else {}
    return {
        "method": method.name,
        "network": json.dumps(method.network),
        "bands": str(bands),
        "source": path.name,
        "source_sha256": sha256(path),
        **{f"origin_{key}": str(value) for key, value in origin.items()},
        "written_by": f"respectra {__version__}",
    }


def read_provenance(path: str | Path) -> dict[str, str]:
    """Return the provenance that `convert_weights` wrote into a file of safetensors."""
    with safetensors.safe_open(path, framework="pt") as file:
        return dict(file.metadata() or {})
