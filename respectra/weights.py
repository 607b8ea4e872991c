"""Loads, checks and converts weights of any origin, with what is known about them.

Only tensors are read, never code. A network's `RELEASED_NAMES` translate the authors' names of
tensors; a file must fit its network completely.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import safetensors
import torch
import yaml
from safetensors.torch import save_file
from torch import Tensor, nn

from respectra import __version__
from respectra.build import ConfigError, build
from respectra.config import Method
from respectra.config.methods import Inputs
from respectra.config.settings import MOST_OF_NETWORK, check_settings
from respectra.config.strict import parse, plain
from respectra.costs.network import count_parameters
from respectra.files import replace_atomically, sha256
from respectra.messages import show
from respectra.networks.released import released_state
from respectra.plan_types import InputsPlan, Settings
from respectra.train.checkpoint import describe_bands
from respectra.train.released import SUFFIX, WeightFile, load_set, read_weights

CHECKPOINT = "checkpoint.pt"  # in the folder of a run
PLAN = "plan.yaml"


@dataclass(frozen=True)
class Trained:
    """A network with its weights and what is known about them.

    Attributes:
        name: what messages and products call the weights.
        network: on the CPU, for evaluation.
        settings: of the network, as in a method's YAML.
        inputs: what the network receives; None if nothing states it.
        wavelengths_nm: the centres of the bands; None if nothing states them.
        facts: strings that a file of safetensors states, such as camera, data and licence.
    """

    name: str
    network: nn.Module
    settings: Settings
    inputs: InputsPlan | None
    wavelengths_nm: tuple[float, ...] | None
    facts: Mapping[str, str]


def load_trained(
    path: str | Path,
    method: Method | None = None,
    *,
    bands: int = 31,
    key: str | None = None,
) -> Trained:
    """Load a network with its weights from a file or the folder of a run.

    Args:
        path: a checkpoint or the folder of a run, an authors' file, or safetensors.
        method: whose network they are of; may be None if the file states its network.
        bands: of the cube, if the file does not state them.
        key: of the set of weights, if the file contains several.

    Raises:
        ValueError: the weights do not fit, or nothing states their network.
    """
    if method is not None and method.network is None:
        raise ValueError(f"{method.name}: is of kind {method.kind}; only networks have weights")
    path = find_checkpoint(path)
    weights = read_weights(path)
    stated = _read_statements(weights)
    recipe = plain(method.network) if method is not None else None
    settings = _choose_settings(path, stated, recipe, method.name if method else "")
    wavelengths = _read_wavelengths(path, stated)
    count = stated.get("bands") or (len(wavelengths) if wavelengths else bands)
    if not isinstance(count, int) or not 0 < count <= MOST_OF_NETWORK:
        raise ValueError(
            f"{path}: bands: {show(count)}: must be a number from 1 to {MOST_OF_NETWORK}"
        )
    try:
        network: nn.Module = build("network", settings, bands=count)
    except ConfigError as error:
        raise ValueError(f"{path}: {error}") from error
    load_set(network, weights, key=key)
    inputs = stated.get("inputs") or (plain(method.inputs) if method else None)
    if inputs is not None:
        parse(Inputs, inputs, f"{path}: inputs")
    return Trained(
        name=str(path),
        network=network.eval(),
        settings=settings,
        inputs=cast("InputsPlan | None", inputs),
        wavelengths_nm=wavelengths,
        facts=weights.metadata,
    )


def _read_wavelengths(path: Path, stated: Mapping[str, Any]) -> tuple[float, ...] | None:
    """The centres of the bands that a file states; None if it states none."""
    wavelengths = stated.get("wavelengths_nm")
    if not wavelengths:
        return None
    if not isinstance(wavelengths, list | tuple) or not all(map(_is_length, wavelengths)):
        raise ValueError(
            f"{path}: wavelengths_nm: {show(wavelengths)}: must be a list of positive numbers; "
            "the file is damaged"
        )
    if stated.get("bands") not in (None, len(wavelengths)):
        raise ValueError(
            f"{path}: states {show(stated['bands'])} bands, but {len(wavelengths)} wavelengths; "
            "the file is damaged"
        )
    return tuple(map(float, wavelengths))


def _is_length(value: Any) -> bool:
    return isinstance(value, int | float) and 0 < value < math.inf


def find_checkpoint(path: str | Path) -> Path:
    """Return the checkpoint of a run if the path is a run's folder, else the path.

    Raises:
        ValueError: the folder has no checkpoint.
    """
    path = Path(path)
    if not path.is_dir():
        return path
    if not (path / CHECKPOINT).is_file():
        raise ValueError(
            f"{path}: is a folder without {CHECKPOINT}; name the folder of a finished training, "
            "or a file of weights"
        )
    return path / CHECKPOINT


def _read_statements(weights: WeightFile) -> dict[str, Any]:
    """What a file, or the plan beside a checkpoint, says about its network."""
    stated: dict[str, Any] = {}
    for name in ("network", "inputs", "wavelengths_nm", "bands"):
        if name in weights.metadata:
            try:
                stated[name] = json.loads(weights.metadata[name])
            except (ValueError, RecursionError):
                raise ValueError(
                    f"{weights.path}: its metadata `{name}` is no JSON; convert the file again"
                ) from None
        elif name in weights.content:
            stated[name] = weights.content[name]
    plan = weights.path.with_name(PLAN)
    if weights.content and plan.is_file():
        try:
            content = yaml.safe_load(plan.read_text(encoding="utf-8"))
            stated["inputs"] = content["inputs"]
        except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
            raise ValueError(f"{plan}: is not the plan of a training; train again") from None
    return stated


def _choose_settings(
    path: Path, stated: Mapping[str, Any], recipe: Settings | None, method: str
) -> Settings:
    """The settings of the network: those of the file, else those of the method."""
    settings = stated.get("network")
    if settings is None:
        if recipe is None:
            raise ValueError(f"{path}: does not state its network; name it with --method")
        return recipe
    if not isinstance(settings, Mapping):
        raise ValueError(f"{path}: states no network that this version knows")
    if recipe is not None and settings.get("is") != recipe["is"]:
        raise ValueError(
            f"{path}: holds the weights of {settings.get('is')}, but {method} is {recipe['is']}; "
            "choose the method that they belong to"
        )
    try:
        check_settings("network", settings, f"{path}: network", ["bands"])
    except ConfigError as error:
        raise ValueError(f"{error}; the file is of another version of respectra") from error
    return settings


def check_weights(
    path: str | Path, method: Method, bands: int = 31, *, key: str | None = None
) -> str:
    """Return a sentence that says that a file contains a method's weights.

    Args:
        path: a file of any kind, or the folder of a run.
        method: whose network the weights must fit.
        bands: of the cube that the network was trained for, if the file does not state them.
        key: of the set of weights, if the file contains several.

    Raises:
        ValueError: the file is missing or broken, or does not fit the network.
    """
    trained = load_trained(path, method, bands=bands, key=key)
    state = trained.network.state_dict()
    if trained.wavelengths_nm is not None:
        described = describe_bands(trained.wavelengths_nm)
    else:
        described = f"{bands} bands"
    narrow = "" if trained.settings == plain(method.network) else ", not of the paper's size"
    return (
        f"{path}: the weights of {method.name} for {described}{narrow}, "
        f"{len(state)} tensors, {count_parameters(trained.network):,} parameters"
    )


def convert_weights(
    path: str | Path,
    method: Method,
    *,
    bands: int = 31,
    save: str | Path | None = None,
    key: str | None = None,
    half: bool = False,
    facts: Mapping[str, str] | None = None,
) -> Path:
    """Convert a file of weights to safetensors with this package's names, or safetensors back.

    Args:
        path: the file to read, or the folder of a run.
        method: whose network the weights are of.
        bands: of the cube, if the file does not state them.
        save: the file to write; None replaces the suffix of `path`.
        key: of the set of weights, if the file contains several.
        half: store floating-point numbers of safetensors with 16 bits.
        facts: strings to state in safetensors, such as `camera` and `licence`.

    Returns:
        The path of the new file.

    Raises:
        ValueError: the weights do not fit, or the new file exists.
    """
    path = find_checkpoint(path)
    trained = load_trained(path, method, bands=bands, key=key)
    is_converted = path.suffix == SUFFIX
    target = Path(save) if save else path.with_suffix(".pth" if is_converted else SUFFIX)
    if target.exists():
        raise ValueError(f"{target}: exists; name another file with --to")
    with replace_atomically(target) as part:
        if is_converted:
            torch.save({"state_dict": released_state(trained.network)}, part)
        else:
            state = {k: _store(v, half) for k, v in trained.network.state_dict().items()}
            save_file(state, part, metadata=_describe(trained, path, method, bands, facts or {}))
    return target


def _store(tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.half() if half and tensor.is_floating_point() else tensor
    return tensor.clone().contiguous()


def load_network(path: str | Path, method: Method, bands: int = 31) -> nn.Module:
    """Return a method's network with the weights of a file.

    Raises:
        ValueError: the method has no network, or the file does not fit it.
    """
    return load_trained(path, method, bands=bands).network


def _describe(
    trained: Trained, path: Path, method: Method, bands: int, facts: Mapping[str, str]
) -> dict[str, str]:
    """The metadata of safetensors: all that `load_trained` needs, and the provenance."""
    origin = method.origin.model_dump(exclude_none=True) if method.origin else {}
    wavelengths = trained.wavelengths_nm
    centres = {} if wavelengths is None else {"wavelengths_nm": json.dumps(list(wavelengths))}
    return {
        "method": method.name,
        "network": json.dumps(plain(trained.settings)),
        "inputs": json.dumps(trained.inputs),
        "bands": str(bands if wavelengths is None else len(wavelengths)),
        **centres,
        "source": path.name,
        "source_sha256": sha256(path),
        **{f"origin_{key}": str(value) for key, value in origin.items()},
        "written_by": f"respectra {__version__}",
        **facts,
    }


def read_provenance(path: str | Path) -> dict[str, str]:
    """Return the provenance that `convert_weights` wrote into a file of safetensors."""
    with safetensors.safe_open(path, framework="pt") as file:
        return dict(file.metadata() or {})
