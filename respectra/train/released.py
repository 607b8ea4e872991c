"""Weights from a file of any kind: this package's runs, authors' files, safetensors, pickles.

The run `released` uses such a file instead of a training.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from respectra.build import build
from respectra.file_kinds import is_safetensors, name_kind, require_file
from respectra.files import read_product
from respectra.networks.released import load_released, released_key
from respectra.plan_types import ReleasedPlan
from respectra.train import checkpoint
from respectra.train.unpickle import StandIn, list_tensors

SUFFIX = ".safetensors"
# Keys under which public code saves the weights of a network.
KEYS = (
    "state_dict", "model_state_dict", "params_ema", "params", "model", "net", "network",
    "generator", "netG", "model_ema", "ema", "weights",
)  # fmt: skip
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.", "generator.", "netG.")
DEPTH = 3  # mappings inside mappings that are searched
COUNTERS = ("total_ops", "total_params")  # buffers that a counter of operations leaves behind


@dataclass(frozen=True)
class WeightFile:
    """The content of a file of weights.

    Attributes:
        path: of the file.
        sets: each set of weights in it, by the key that leads to it; `""` is the file itself.
        content: what else a checkpoint of this package states; empty for authors' files.
        metadata: of safetensors, strings by their names.
    """

    path: Path
    sets: Mapping[str, Mapping[str, Tensor]]
    content: Mapping[str, Any]
    metadata: Mapping[str, str]


def adopt_released(
    *, plan: ReleasedPlan, weights: str | Path, wavelengths: str | Path, save: str | Path
) -> None:
    """Write the weights of a file as a checkpoint of this package: the run `released`.

    Args:
        plan: holds the network.
        weights: the authors' file, safetensors, or a checkpoint of another run.
        wavelengths: the data set's table, one row per band.
        save: the checkpoint.

    Raises:
        ValueError: the weights belong to another network, or to other bands.
    """
    with read_product(wavelengths), open(wavelengths, newline="", encoding="utf-8") as file:
        centres = [float(next(iter(row.values()))) for row in csv.DictReader(file)]
    network = build("network", plan["network"], bands=len(centres))
    load_file_into(network, weights, wavelengths_nm=centres)
    content = {
        "network": dict(plan["network"]),
        "bands": len(centres),
        "released": Path(weights).name,
    }
    checkpoint.save(save, {**content, "state_dict": network.state_dict()})


def load_file_into(
    network: nn.Module,
    path: str | Path,
    *,
    key: str | None = None,
    wavelengths_nm: Sequence[float] | None = None,
) -> None:
    """Give a network the weights of a file of any kind.

    Args:
        network: changed in place, unless an error is raised.
        path: the file.
        key: of the set of weights, if the file contains several.
        wavelengths_nm: centres of the bands; a file that states others is refused.

    Raises:
        ValueError: the file is missing or broken, or belongs to another network or other bands.
    """
    load_set(network, read_weights(path), key=key, wavelengths_nm=wavelengths_nm)


def read_weights(path: str | Path) -> WeightFile:
    """Read the weights of a file of any kind; no code of it is run.

    Args:
        path: a checkpoint of this package, an authors' file, a pickled network, or safetensors.

    Raises:
        ValueError: the file is missing, damaged, or contains no weights.
    """
    path = require_file(path, "file of weights")
    if path.suffix == SUFFIX or is_safetensors(path):
        state, metadata = _load_safetensors(path)
        return WeightFile(path, {"": state}, {}, metadata)
    content: Any
    try:
        content = checkpoint.load(path)
    except checkpoint.CodeError as error:
        content = error.content
        sets = _list_sets(content)
        if not sets:
            raise
    else:
        sets = _list_sets(content)
    if not sets:
        raise ValueError(
            f"{path}: contains no weights: it has neither tensors nor one of the keys "
            f"{', '.join(KEYS)}"
        )
    is_run = isinstance(content, Mapping) and {"format", "bands"} <= set(content)
    return WeightFile(path, sets, content if is_run else {}, {})


def load_set(
    network: nn.Module,
    weights: WeightFile,
    *,
    key: str | None = None,
    wavelengths_nm: Sequence[float] | None = None,
) -> None:
    """Give a network one of the sets of weights of a file; arguments as in `load_file_into`.

    Raises:
        ValueError: no set fits the network, or several that differ do.
    """
    path = weights.path
    if wavelengths_nm is not None:
        checkpoint.check_wavelengths(weights.content.get("wavelengths_nm"), wavelengths_nm, path)
    if key is not None and key not in weights.sets:
        known = ", ".join(name or "(the file itself)" for name in weights.sets)
        raise ValueError(f"{path}: has no weights under the key {key}; it has {known}")
    candidates = weights.sets if key is None else {key: weights.sets[key]}
    states = {name: strip_prefixes(state, network) for name, state in candidates.items()}
    fitting = {name: state for name, state in states.items() if _fits(state, network)}
    first_name, first = next(iter((fitting or states).items()))
    for name, state in fitting.items():
        if name != first_name and not _are_equal(first, state):
            raise ValueError(
                f"{path}: contains two sets of weights that differ, under {first_name} and {name}; "
                "choose one with --key"
            )
    checkpoint.check_values(first, path)
    _check_types(first, path)
    try:
        if set(first) == set(network.state_dict()):
            checkpoint.restore(network, {**weights.content, "state_dict": first}, path)
        else:
            load_released(network, first)
    except ValueError as error:
        if str(path) in str(error):
            raise
        raise ValueError(f"{path}: {error}") from error


def strip_prefixes(state: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """Remove prefixes that wrappers such as DataParallel add to all keys.

    Args:
        state: tensors by the file's keys.
        network: a prefix that its own keys have stays.
    """
    current = list(network.state_dict())
    names = getattr(network, "RELEASED_NAMES", ())
    expected = {*current, *(released_key(key, names) for key in current)}
    keys = {key: key for key in state if key.rpartition(".")[2] not in COUNTERS}
    while keys and not set(keys.values()) & expected:
        prefix = next(
            (p for p in PREFIXES if all(key.startswith(p) for key in keys.values())), None
        )
        if prefix is None:
            break
        keys = {old: key.removeprefix(prefix) for old, key in keys.items()}
    return {key: state[old] for old, key in keys.items()}


def _fits(state: Mapping[str, Tensor], network: nn.Module) -> bool:
    """Whether a state dict has the keys and shapes of a network, its own or the authors'."""
    current = network.state_dict()
    names = getattr(network, "RELEASED_NAMES", ())
    for keys in ({key: key for key in current}, {released_key(k, names): k for k in current}):
        if set(keys) == set(state):
            return all(state[name].shape == current[key].shape for name, key in keys.items())
    return False


def _are_equal(one: Mapping[str, Tensor], two: Mapping[str, Tensor]) -> bool:
    return set(one) == set(two) and all(torch.equal(value, two[key]) for key, value in one.items())


def _check_types(state: Mapping[str, Tensor], path: Path) -> None:
    """Refuse quantised weights: PyTorch would copy their integers as if they were values."""
    for key, tensor in state.items():
        if tensor.dtype in (torch.int8, torch.uint8) and tensor.dim() > 1:
            raise ValueError(f"{path}: {key} is quantised to 8 bits; convert it to float32 first")


def _list_sets(content: Any) -> dict[str, dict[str, Tensor]]:
    """Every set of weights in a file, by the dotted key that leads to it."""
    sets: dict[str, dict[str, Tensor]] = {}
    _collect_sets(content, "", DEPTH, sets)
    return sets


def _collect_sets(content: Any, place: str, depth: int, sets: dict[str, dict[str, Tensor]]) -> None:
    if isinstance(content, StandIn):
        state = list_tensors(content)
        if state:
            sets[place] = state
        return
    if not isinstance(content, Mapping) or depth < 0:
        return
    inner = [key for key in KEYS if isinstance(content.get(key), Mapping | StandIn)]
    for key in inner:
        _collect_sets(content[key], f"{place}.{key}".lstrip("."), depth - 1, sets)
    tensors = {k: v for k, v in content.items() if isinstance(k, str) and isinstance(v, Tensor)}
    if tensors and not inner:
        sets[place] = tensors


def _load_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    if path.suffix == SUFFIX and not is_safetensors(path) and (kind := name_kind(path)):
        raise ValueError(f"{path}: is no file of safetensors: it is {kind}")
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
        return load_file(path), metadata
    except Exception as error:  # safetensors raises errors of its own and of its standard library
        raise ValueError(f"{path}: is no file of safetensors, or incomplete: {error}") from error
