"""Files of weights: our checkpoints, state dicts of authors, pickles and safetensors."""

import contextlib
import io
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
import torch
from hypothesis import strategies as st

from respectra.build import build
from respectra.train import checkpoint
from respectra.train.released import load_file_into
from respectra.weights import load_trained
from tests.fuzz import inputs
from tests.fuzz.outcomes import WrongError

NETWORK = {"is": "mscnn:MSCNN", "width": 4, "dropout": 0.0}
BANDS_NM = [400.0 + 10 * band for band in range(31)]
State = dict[str, torch.Tensor]


@cache
def make_state() -> State:
    """The weights of a small network."""
    torch.manual_seed(0)
    return dict(build("network", NETWORK, bands=31).state_dict())


def _wrap(state: State, **changes: Any) -> dict[str, Any]:
    """A checkpoint as this package writes it."""
    content = {
        "format": checkpoint.FORMAT, "network": NETWORK, "bands": 31, "wavelengths_nm": BANDS_NM,
        "state_dict": state,
    }  # fmt: skip
    return {key: value for key, value in {**content, **changes}.items() if value != "leave out"}


CHECKPOINTS: dict[str, Callable[[State], Any]] = {
    "checkpoint": lambda state: _wrap(state),
    "checkpoint without bands": lambda state: _wrap(state, wavelengths_nm="leave out"),
    "checkpoint of the infrared": lambda state: _wrap(state, wavelengths_nm=[700.0 + 10 * i for i in range(31)]),
    "checkpoint of 30 bands": lambda state: _wrap(state, wavelengths_nm=BANDS_NM[:30]),
    "checkpoint of NaN bands": lambda state: _wrap(state, wavelengths_nm=[float("nan")] * 31),
    "checkpoint of word bands": lambda state: _wrap(state, wavelengths_nm=["blue"] * 31),
    "checkpoint of no list": lambda state: _wrap(state, wavelengths_nm=5.0),
    "checkpoint of a number of bands": lambda state: _wrap(state, bands="many"),
    "checkpoint of many bands": lambda state: _wrap(state, bands=10**12, wavelengths_nm="leave out"),
    "checkpoint of no network": lambda state: _wrap(state, network=None),
    "checkpoint of a word": lambda state: _wrap(state, network="mscnn"),
    "checkpoint of code": lambda state: _wrap(state, network={"is": "os:system"}),
    "checkpoint of a large network": lambda state: _wrap(state, network={**NETWORK, "width": 10**9}),
    "checkpoint of an unknown key": lambda state: _wrap(state, network={**NETWORK, "wdith": 4}),
    "checkpoint of format 2": lambda state: _wrap(state, format=2),
    "checkpoint of a list": lambda state: _wrap(state, state_dict=list(state.values())),
    "checkpoint of NaN": lambda state: _wrap({k: v * float("nan") for k, v in state.items()}),
    "checkpoint of infinity": lambda state: _wrap({k: v + float("inf") for k, v in state.items()}),
    "checkpoint of complex numbers": lambda state: _wrap({k: v.to(torch.complex64) for k, v in state.items()}),
    "checkpoint without a tensor": lambda state: _wrap(dict(list(state.items())[1:])),
}  # fmt: skip
RIGHT = ("right", "wrapped", "checkpoint", "checkpoint without bands", "metadata")
REFUSED = ("complex", "two sets", "format", "nan", "infinite", "missing", "list", "empty",
           "other shapes", "numbers")  # fmt: skip
METADATA = (
    {"network": json.dumps(NETWORK), "wavelengths_nm": json.dumps(BANDS_NM), "bands": "31"},
    {"network": "{", "bands": "31"}, {"network": "[]"}, {"network": "null"}, {"network": '"a"'},
    {"network": json.dumps(NETWORK), "bands": "many"}, {"network": json.dumps(NETWORK), "bands": "-1"},
    {"network": json.dumps(NETWORK), "bands": "[1]"}, {"network": json.dumps(NETWORK), "bands": "1e400"},
    {"network": json.dumps(NETWORK), "wavelengths_nm": "5"},
    {"network": json.dumps(NETWORK), "wavelengths_nm": "[null]"},
    {"network": json.dumps(NETWORK), "wavelengths_nm": json.dumps(["a"] * 31)},
    {"network": json.dumps(NETWORK), "wavelengths_nm": json.dumps({"a": 1})},
    {"network": json.dumps({"is": "torch.hub:load"})}, {"network": json.dumps({"is": 3})},
    {"network": json.dumps({**NETWORK, "width": "wide"})},
    {"network": json.dumps(NETWORK), "inputs": "3"}, {"network": "[" * 5000},
)  # fmt: skip


class WeightCase(NamedTuple):
    """A file of weights, and what was written into it."""

    suffix: str
    variation: str  # empty if the file was damaged
    content: bytes


@st.composite
def weight_files(draw: st.DrawFn) -> WeightCase:
    """Weights that fit, weights that do not, checkpoints with other statements, and pickles."""
    suffix = draw(st.sampled_from([".pth", ".safetensors"]))
    kind = draw(st.sampled_from(["state", "checkpoint", "metadata", "pickle", "edit", "edit"]))
    if kind == "state":
        variation = draw(st.sampled_from(sorted(inputs.STATES)))
        return WeightCase(suffix, variation, inputs.write_weights(make_state(), variation, suffix))
    if kind == "checkpoint":
        variation = draw(st.sampled_from(sorted(CHECKPOINTS)))
        return WeightCase(".pt", variation, write_checkpoint(variation))
    if kind == "metadata":
        number = draw(st.integers(0, len(METADATA) - 1))
        content = safetensors.torch.save(make_state(), METADATA[number])
        return WeightCase(".safetensors", "" if number else "metadata", content)
    if kind == "pickle":
        return WeightCase(suffix, "", draw(st.sampled_from(inputs.write_pickles())))
    if draw(st.booleans()):
        return WeightCase(".pt", "", draw(inputs.edits(write_checkpoint("checkpoint"))))
    content = inputs.write_weights(make_state(), "right", suffix)
    return WeightCase(suffix, "", draw(inputs.edits(content)))


def write_checkpoint(variation: str) -> bytes:
    """A checkpoint with one statement changed."""
    file = io.BytesIO()
    torch.save(CHECKPOINTS[variation](make_state()), file)
    return file.getvalue()


def load_weights(case: WeightCase, folder: Path) -> None:
    """Weights of a file in a network, as a run `released` and as `respectra.load` take them."""
    path = folder / f"weights{case.suffix}"
    path.write_bytes(case.content)
    is_ours = case.variation.startswith(("checkpoint", "metadata")) or case.suffix == ".pt"
    with contextlib.chdir(folder):
        if is_ours:
            trained = load_trained(path)
            network, bands = trained.network, trained.wavelengths_nm
            if bands is not None and not all(0 < b < 1e5 for b in bands):
                raise WrongError(f"{case.variation}: the bands are {bands[:3]}")
        network = build("network", NETWORK, bands=31)
        load_file_into(network, path, wavelengths_nm=BANDS_NM)
    if (folder / "ran").exists():
        raise WrongError("the file ran code")
    state = network.state_dict()
    is_written = case.content != b"no weights"
    if not all(v.isfinite().all() for v in state.values() if v.is_floating_point()):
        raise WrongError(f"{case.variation}: the network has values that are not finite")
    if case.variation in RIGHT and is_written:
        if any(not torch.equal(v, state[k]) for k, v in make_state().items()):
            raise WrongError(f"{case.variation}: the network has other weights")
    elif is_written and (case.variation in REFUSED or case.variation.startswith("checkpoint")):
        raise WrongError(f"{case.variation}: is accepted")
