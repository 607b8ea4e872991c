import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from respectra.build import build
from respectra.networks.released import released_state
from respectra.train import checkpoint
from respectra.train.released import (
    adopt_released,
    load_file_into,
    load_set,
    read_weights,
    strip_prefixes,
)

NETWORK = {"is": "mirnet:MIRNet", "groups": 1}


def write_released(folder: Path) -> Path:
    path = folder / "released.pth"
    torch.save(released_state(mirnet()), path)
    return path


def write_wavelengths(folder: Path, bands: int) -> Path:
    path = folder / "wavelengths.csv"
    path.write_text("wavelength_nm\n" + "".join(f"{400 + 10 * i}\n" for i in range(bands)))
    return path


def mirnet() -> nn.Module:
    torch.manual_seed(3)
    return build("network", NETWORK, bands=31)


def small() -> nn.Module:
    torch.manual_seed(4)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 31, 1))


def is_loaded(path: Path) -> bool:
    network = small()
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    load_file_into(network, path)
    state = small().state_dict()
    return all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


def test_released_weights_become_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    adopt_released(
        plan={"network": NETWORK, "code": ""},
        weights=write_released(tmp_path),
        wavelengths=write_wavelengths(tmp_path, 31),
        save=path,
    )
    restored = build("network", NETWORK, bands=31)
    checkpoint.restore(restored, checkpoint.load(path), path)
    expected = mirnet().state_dict()
    assert all(torch.equal(v, expected[k]) for k, v in restored.state_dict().items())


def test_weights_for_other_bands_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"released\.pth: MIRNet: conv_in\.weight has shape"):
        adopt_released(
            plan={"network": NETWORK, "code": ""}, weights=write_released(tmp_path), wavelengths=write_wavelengths(tmp_path, 16),
            save=tmp_path / "checkpoint.pt",
        )  # fmt: skip
    assert not (tmp_path / "checkpoint.pt").exists()


def test_a_run_of_this_package_is_adopted_if_its_wavelengths_are_those_of_the_data(
    tmp_path: Path,
) -> None:
    for first, fits in ((400.0, True), (700.0, False)):
        content = {"bands": 31, "wavelengths_nm": [first + 10 * i for i in range(31)]}
        path = tmp_path / "run.pt"
        checkpoint.save(path, {**content, "state_dict": mirnet().state_dict()})
        arguments: dict[str, Any] = {
            "plan": {"network": NETWORK, "code": ""},
            "weights": path,
            "wavelengths": write_wavelengths(tmp_path, 31),
            "save": tmp_path / "checkpoint.pt",
        }
        if fits:
            adopt_released(**arguments)
            continue
        with pytest.raises(ValueError, match=r"run\.pt: was trained for 31 bands from 700 to 1000"):
            adopt_released(**arguments)


STATE = small().state_dict()
FORMS = {
    "bare": STATE,
    **{
        key: {"epoch": 3, key: STATE}
        for key in ("state_dict", "model_state_dict", "params", "params_ema", "model", "net", "generator")
    },
    "module": {"state_dict": {f"module.{key}": value for key, value in STATE.items()}},
    "two prefixes": {f"module.model.{key}": value for key, value in STATE.items()},
    "nested": {"checkpoint": 1, "model": {"state_dict": STATE}},
    "whole network": small(),
    "network in a mapping": {"epoch": 3, "model": small()},
    "parallel network": nn.DataParallel(small()),
    "options": {"args": argparse.Namespace(lr=1), "state_dict": STATE},
    "numpy": {"psnr": np.float64(3), "state_dict": STATE},
    "counters": {**STATE, "0.total_ops": torch.zeros(1), "0.total_params": torch.zeros(1)},
    "equal sets": {"params": STATE, "params_ema": {k: v.clone() for k, v in STATE.items()}},
    "another network beside": {"generator": STATE, "net": {"a.weight": torch.ones(3)}},
    "half": {key: value.double() for key, value in STATE.items()},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
def test_weights_are_read_in_every_form(tmp_path: Path, form: str, is_zip: bool) -> None:
    path = tmp_path / "a.pth"
    torch.save(FORMS[form], path, _use_new_zipfile_serialization=is_zip)
    assert is_loaded(path)


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
def test_safetensors_are_read_under_any_name(tmp_path: Path, name: str) -> None:
    save_file(STATE, tmp_path / name)
    assert is_loaded(tmp_path / name)


def test_two_sets_that_differ_need_a_key(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    average = {key: value + 1 for key, value in STATE.items()}
    torch.save({"params": STATE, "params_ema": average}, path)
    network = small()
    with pytest.raises(
        ValueError, match=r"two sets .* params_ema and params; choose one with --key"
    ):
        load_file_into(network, path)
    load_file_into(network, path, key="params_ema")
    assert torch.equal(network.state_dict()["0.bias"], average["0.bias"])
    with pytest.raises(ValueError, match=r"no weights under the key ema; it has params_ema, param"):
        load_file_into(network, path, key="ema")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"epoch": 3}, "contains no weights"),
        ({1: torch.ones(3)}, "contains no weights"),
        ({"state_dict": {(1, 2): torch.ones(3)}}, "contains no weights"),
        ({"state_dict": []}, "contains no weights"),
        ([torch.ones(3)], "contains a list"),
        ({**STATE, "0.bias": torch.full((4,), torch.nan)}, "0.bias contains NaN"),
        ({**STATE, "0.bias": torch.ones(4, dtype=torch.complex64)}, "0.bias is complex"),
        ({**STATE, "1.weight": STATE["1.weight"].to(torch.int8)}, "1.weight is quantised"),
        ({**STATE, "0.bias": torch.ones(5)}, "0.bias has shape"),
        ({"0.bias": torch.ones(4)}, "Sequential: the weights are another network's"),
    ],
)
def test_what_is_no_set_of_weights_is_told_in_a_sentence(
    tmp_path: Path, content: object, message: str
) -> None:
    torch.save(content, tmp_path / "a.pth")
    network = small()
    with pytest.raises(ValueError, match=rf"a\.pth: .*{message}") as caught:
        load_file_into(network, tmp_path / "a.pth")
    assert "\n" not in str(caught.value)
    assert torch.equal(network.state_dict()["0.bias"], STATE["0.bias"])


def test_values_of_safetensors_are_checked_too(tmp_path: Path) -> None:
    save_file({**STATE, "0.bias": torch.full((4,), torch.inf)}, tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match=r"0\.bias contains NaN or infinite"):
        load_file_into(small(), tmp_path / "a.safetensors")


def test_safetensors_that_are_cut_or_a_page_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file(STATE, path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 53):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"a\.safetensors: is no file of safetensors"):
            read_weights(path)
    path.write_bytes(b"<html>")
    with pytest.raises(ValueError, match="it is a web page"):
        read_weights(path)


def test_a_prefix_that_the_network_has_itself_stays() -> None:
    network = nn.Module()
    network.model = nn.Linear(1, 1)
    state = {f"module.{key}": value for key, value in network.state_dict().items()}
    assert set(strip_prefixes(state, network)) == {"model.weight", "model.bias"}


def test_a_checkpoint_states_more_than_its_weights(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    checkpoint.save(path, {"bands": 31, "wavelengths_nm": [400.0] * 31, "state_dict": STATE})
    weights = read_weights(path)
    assert weights.content["bands"] == 31
    with pytest.raises(ValueError, match="was trained for"):
        load_set(small(), weights, wavelengths_nm=[700.0] * 31)
