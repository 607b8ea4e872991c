"""Weights of others: the authors' files and safetensors with their provenance, there and back.

Only tensors are read, never code. Whatever the authors call a tensor, a network's `RELEASED_NAMES`
translates; a file fits a network whole or not at all.
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
from respectra.files import aside, sha256
from respectra.networks.layers import released_state
from respectra.train.released import SUFFIX, load_file_into


def check(path: str | Path, method: Method, bands: int = 31) -> str:
    """A sentence that says that a file holds a method's weights.

    Args:
        path: the authors' file, or safetensors that `convert` wrote.
        method: whose network they should fit.
        bands: of the cube that the network was trained for.

    Raises:
        ValueError: naming the file and what is wrong with it.
    """
    network = load(path, method, bands)
    count = len(network.state_dict())
    return (
        f"{path}: the weights of {method.name} for {bands} bands, "
        f"{count} tensors, {count_parameters(network):,} parameters"
    )


def convert(
    path: str | Path, method: Method, *, bands: int = 31, save: str | Path | None = None
) -> Path:
    """The authors' file becomes safetensors under our names; safetensors become theirs again.

    Args:
        path: the file to read.
        method: whose network the weights are of.
        bands: of the cube.
        save: the file to write; beside `path`, with the other suffix, when not given.

    Returns:
        The file written.

    Raises:
        ValueError: the weights do not fit, or the file is there already.
    """
    path = Path(path)
    network = load(path, method, bands)
    back = path.suffix == SUFFIX
    target = Path(save) if save else path.with_suffix(".pth" if back else SUFFIX)
    if target.exists():
        raise ValueError(f"{target}: is there already; name another file with --to")
    with aside(target) as part:
        if back:
            torch.save({"state_dict": released_state(network)}, part)
        else:
            state = {k: value.clone().contiguous() for k, value in network.state_dict().items()}
            save_file(state, part, metadata=_provenance(path, method, bands))
    return target


def load(path: str | Path, method: Method, bands: int = 31) -> nn.Module:
    """A method's network with the weights of a file.

    Raises:
        ValueError: the method has no network, or the file does not fit it.
    """
    if method.network is None:
        raise ValueError(f"{method.name} is {method.kind}; only networks have weights")
    network: nn.Module = build("network", method.network, bands=bands)
    load_file_into(network, path)
    return network


def _provenance(path: Path, method: Method, bands: int) -> dict[str, str]:
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


def provenance(path: str | Path) -> dict[str, str]:
    """What `convert` noted in a file of safetensors."""
    with safetensors.safe_open(path, framework="pt") as file:
        return dict(file.metadata() or {})
