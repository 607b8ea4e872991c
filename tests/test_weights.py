from pathlib import Path

import pytest
import torch
import yaml
from torch import nn

from respectra.__main__ import main
from respectra.build import build
from respectra.config import Config, Method
from respectra.config.strict import plain
from respectra.files import sha256
from respectra.networks.released import released_state
from respectra.train import checkpoint
from respectra.weights import (
    check_weights,
    convert_weights,
    load_network,
    load_trained,
    read_provenance,
)
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
    with pytest.raises(ValueError, match=r"released\.safetensors: holds .* mirnet:MIRNet"):
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


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    method = CONFIG.method("hsrnet")
    path = file_of(tmp_path, released_state(network(method)))

    def run(*words: object) -> int:
        return main(["--directory", str(ROOT), "weights", *map(str, words)])

    assert run("convert", path, "--method", "hsrnet") == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path}/released.safetensors: written from")
    assert run("check", tmp_path / "released.safetensors", "--method", "hsrnet") == 0
    assert "769,662 parameters" in capsys.readouterr().out
    assert run("check", path, "--method", "edsr") == 2
    assert capsys.readouterr().err.count("\n") == 1


def write_run(folder: Path, **changes: object) -> Path:
    """The folder of a finished training of the narrow network."""
    content = {
        "network": plain(METHOD.network),
        "bands": 31,
        "wavelengths_nm": [400.0 + 10 * i for i in range(31)],
        "state_dict": network().state_dict(),
    }
    checkpoint.save(folder / "checkpoint.pt", {**content, **changes})
    (folder / "plan.yaml").write_text(yaml.safe_dump({"inputs": plain(METHOD.inputs)}))
    return folder


def test_a_run_of_this_package_is_accepted_by_its_folder_or_its_checkpoint(tmp_path: Path) -> None:
    run, full = write_run(tmp_path), CONFIG.method("mirnet")
    for path in (run, run / "checkpoint.pt"):
        trained = load_trained(path)  # without a method: the checkpoint states its network
        assert same(network(), trained.network)
        assert trained.inputs == plain(METHOD.inputs)
        assert trained.wavelengths_nm is not None
        assert trained.wavelengths_nm[-1] == 700
        sentence = check_weights(path, full)
        assert "mirnet for 31 bands from 400 to 700 nm, not of the paper's size" in sentence
    with pytest.raises(ValueError, match="holds the weights of mirnet:MIRNet, but edsr is edsr:"):
        load_trained(run, CONFIG.method("edsr"))
    with pytest.raises(ValueError, match=r"a folder without checkpoint\.pt; name the folder"):
        load_trained(tmp_path.parent)


def test_half_precision_keeps_what_a_network_needs_to_know(tmp_path: Path) -> None:
    file = convert_weights(
        write_run(tmp_path), METHOD, half=True, facts={"camera": "srgb"}, save=tmp_path / "a.safetensors"
    )  # fmt: skip
    trained = load_trained(file)
    assert (trained.inputs, trained.facts["camera"]) == (plain(METHOD.inputs), "srgb")
    for key, value in network().state_dict().items():
        torch.testing.assert_close(trained.network.state_dict()[key], value, rtol=1e-3, atol=1e-6)
    assert file.stat().st_size < 0.6 * (tmp_path / "checkpoint.pt").stat().st_size


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"is": "mirnet:nothing"}, "nothing is no network"),
        ({"is": "os:system"}, "os:system is no network"),
        ({"is": "layers:nn"}, "nn is no network"),
        ({**plain(METHOD.network), "width": "a"}, "network"),
        (
            {**plain(METHOD.network), "groups": 10**6},
            "groups: 1000000: must be less than or equal to 4096",
        ),
        ("mirnet", "states no network"),
    ],
)
def test_a_file_can_name_nothing_but_a_network(
    tmp_path: Path, settings: object, message: str
) -> None:
    with pytest.raises(ValueError, match=rf"checkpoint\.pt: .*{message}"):
        load_trained(write_run(tmp_path, network=settings))


def test_weights_that_state_nothing_need_a_method(tmp_path: Path) -> None:
    path = file_of(tmp_path, released_state(network()))
    with pytest.raises(ValueError, match="does not state its network; name it with --method"):
        load_trained(path)
    assert load_trained(path, METHOD).inputs == plain(METHOD.inputs)


def test_a_broken_plan_beside_a_checkpoint_is_named(tmp_path: Path) -> None:
    (write_run(tmp_path) / "plan.yaml").write_text("[1, 2")
    with pytest.raises(ValueError, match=r"plan\.yaml: is not the plan of a training"):
        load_trained(tmp_path)
