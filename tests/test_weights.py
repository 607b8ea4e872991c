import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from respectra.build import build
from respectra.config import Config, Method
from respectra.files import sha256
from respectra.networks.layers import released_state
from respectra.train import checkpoint
from respectra.weights import check_weights, convert_weights, load_network, read_provenance
from tests.conftest import ROOT

CONFIG = Config(ROOT)
METHOD = CONFIG.method("mirnet", small=True)  # it has shared and idle tensors and fixed kernels


def network(method: Method = METHOD) -> nn.Module:
    torch.manual_seed(3)
    return build("network", method.network, bands=31)


def file_of(folder: Path, content: object) -> Path:
    path = folder / "released.pth"
    torch.save(content, path)
    return path


def same(one: nn.Module, two: nn.Module) -> bool:
    state = two.state_dict()
    return all(torch.equal(value, state[key]) for key, value in one.state_dict().items())


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": state},
        lambda state: {"params": state},
        lambda state: {f"module.{key}": value for key, value in state.items()},
        lambda state: {"epoch": 3, "iter": 3000, "state_dict": state, "optimizer": {"state": {}}},
    ],
    ids=["bare", "state_dict", "params", "module", "with optimiser"],
)
def test_a_released_file_loads_however_it_was_wrapped(tmp_path: Path, wrap) -> None:
    path = file_of(tmp_path, wrap(released_state(network())))
    assert same(network(), load_network(path, METHOD))
    assert "the weights of mirnet for 31 bands" in check_weights(path, METHOD)


def test_there_and_back_again(tmp_path: Path) -> None:
    path = file_of(tmp_path, {"state_dict": released_state(network())})
    ours = convert_weights(path, METHOD)
    assert ours == tmp_path / "released.safetensors"
    assert same(network(), load_network(ours, METHOD))
    back = convert_weights(ours, METHOD, save=tmp_path / "back.pth")
    state = checkpoint.get_state_dict(checkpoint.load(back))
    for key, value in released_state(network()).items():
        assert torch.equal(state[key], value), key


def test_provenance_is_kept(tmp_path: Path) -> None:
    path = file_of(tmp_path, released_state(network()))
    noted = read_provenance(convert_weights(path, METHOD))
    assert noted["method"] == "mirnet"
    assert noted["source"] == "released.pth"
    assert noted["source_sha256"] == sha256(path)
    assert noted["origin_commit"] == "18e2032"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = file_of(tmp_path, released_state(network()))
    convert_weights(path, METHOD)
    with pytest.raises(ValueError, match=r"released\.safetensors: exists; name another"):
        convert_weights(path, METHOD)


def test_code_in_a_file_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):
            return (print, ("run",))

    with pytest.raises(ValueError, match=r"released\.pth: contains code; only weights are loaded"):
        load_network(file_of(tmp_path, {"state_dict": Evil()}), METHOD)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = file_of(tmp_path, released_state(network()))
    with pytest.raises(ValueError, match=r"released\.pth: EDSR: the weights are another network's"):
        load_network(path, CONFIG.method("edsr", small=True))
    ours = convert_weights(path, METHOD)
    with pytest.raises(ValueError, match=r"released\.safetensors: .*EDSR.*Missing key"):
        load_network(ours, CONFIG.method("edsr", small=True))


def test_shared_tensors_that_differ_are_refused(tmp_path: Path) -> None:
    state = released_state(network())
    key = "body.0.body.0.blocks.1.0.body.1.weight"
    state[key] = state[key] + 1
    with pytest.raises(ValueError, match=r"blocks\.1\.0\.body\.1\.weight differ, but the network"):
        load_network(file_of(tmp_path, state), METHOD)


def test_a_broken_file_of_safetensors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.safetensors"
    path.write_bytes(
        convert_weights(file_of(tmp_path, released_state(network())), METHOD).read_bytes()[:99]
    )
    with pytest.raises(ValueError, match=r"cut\.safetensors: is no file of safetensors"):
        load_network(path, METHOD)
    with pytest.raises(ValueError, match=r"none\.safetensors: there is no such file"):
        load_network(tmp_path / "none.safetensors", METHOD)


def test_an_ensemble_has_no_weights(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="linear: is of kind control; only networks have weights"):
        load_network(tmp_path / "any.pth", CONFIG.method("linear"))


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    method = CONFIG.method("hsrnet")
    path = file_of(tmp_path, released_state(network(method)))

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "respectra", "weights", *map(str, words)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    done = run("convert", path, "--method", "hsrnet")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{tmp_path}/released.safetensors: written from")
    checked = run("check", tmp_path / "released.safetensors", "--method", "hsrnet")
    assert "769,662 parameters" in checked.stdout
    refused = run("check", path, "--method", "edsr")
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
