"""Blocks `{is: …}`: what they name, and its arguments."""

import re

import pytest

from respectra.config import settings
from respectra.config.settings import accepts, check_arguments, check_settings
from respectra.signatures import Signature
from tests.config.conftest import Project, sentence

NETWORK = "{is: tiny:Tiny, width: 32, depth: 4, branch: code, at: [1]}"
ADAM = '{is: "torch.optim:Adam", lr: 1.0e-4, betas: [0.9, 0.99]}'
SCHEDULE = "{is: cosine, final: 0.0}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        # names
        ("tiny:Tiny", "tniy:Tiny", "tniy:Tiny is no network; did you mean tiny?"),
        ("tiny:Tiny", "tiny:Tinny", "Tinny is no network; did you mean Tiny?"),
        ("tiny:Tiny", "TINY:Tiny", "TINY:Tiny is no network; did you mean tiny?"),
        ("tiny:Tiny", "tiny", "tiny is no network; write tiny:NAME"),
        ("tiny:Tiny", "tiny.Tiny", "tiny.Tiny is no network; write tiny:NAME"),
        ("tiny:Tiny", '"tiny:"', "'' is no network; known are Base, Classifier, Inherited, Tiny"),
        ("tiny:Tiny", '":Tiny"', ":Tiny is no network; write MODULE:NAME"),
        ("tiny:Tiny", '"../tiny:Tiny"', "../tiny:Tiny is no network; did you mean tiny?"),
        ("tiny:Tiny", '"a:b:c"', "a:b:c is no network; known are tiny"),
        ("tiny:Tiny", '""', "'' is no network; write MODULE:NAME"),
        ("is: tiny:Tiny", "is: 3", "is: 3 is not a name; it names the network"),
        ("is: tiny:Tiny", "is: [tiny]", "is: [tiny] is not a name; it names the network"),
        ("is: tiny:Tiny", "is: null", "is: null is not a name; it names the network"),
        ("is: tiny:Tiny, ", "", "is is missing; it names the network"),
        # missing and unknown arguments
        ("width: 32, ", "", "tiny:Tiny needs the setting width"),
        ("width: 32", "widht: 32", "tiny:Tiny has no setting widht; did you mean width?"),
        ("depth: 4", "bands: 31", "bands: tiny:Tiny receives it from its caller; remove it"),
        # types
        ("width: 32", "width: '32'", "width: '32': must be a valid integer"),
        ("width: 32", "width: true", "width: true: must be a valid integer"),
        ("width: 32", "width: 32.0", "width: 32.0: must be a valid integer"),
        ("width: 32", "width: 3e1", "width: 3e1: must be a valid integer; YAML reads 3e1 as text, write 30"),
        ("width: 32", "width: null", "width: null: must be a valid integer"),
        ("width: 32", "width: [32]", "width: [32]: must be a valid integer"),
        ("width: 32", "width: {a: 1}", "width: {a: 1}: must be a valid integer"),
        ("at: [1]", "at: 1", "at: 1: must be a list"),
        ("at: [1]", "at: {a: 1}", "at: {a: 1}: must be a list"),
        ("at: [1]", "at: '12'", "at: '12': must be a list; write ['12']"),
        ("at: [1]", "at: [1, a, 2.5]", "at.1: a: must be a valid integer"),
        ("depth: 4", "residual: 1", "residual: 1: must be a valid boolean"),
        ("depth: 4", "residual: 'yes'", "residual: 'yes': must be a valid boolean"),
        ("depth: 4", "label: 3", "label: 3: must be a valid string; write it in quotes"),
        ("depth: 4", "label: {a: 1}", "label: {a: 1}: must be a valid string"),
        ("depth: 4", "parts: [1]", "parts: [1]: must be keys and values"),
        ("depth: 4", "parts: {a: b}", "parts.a: b: must be a valid integer"),
        ("depth: 4", "window: [1]", "window: [1]: must have 2 items"),
        ("depth: 4", "window: [1, 2, 3]", "window: [1, 2, 3]: must have at most 2 items"),
        ("depth: 4", "window: [1, a]", "window.1: a: must be a valid integer"),
        ("depth: 4", "dropout: 1e-2", "dropout: 1e-2: must be a valid number; YAML reads 1e-2 as text, write 1.0e-2"),
        ("depth: 4", "dropout: true", "dropout: true: must be a valid number"),
        # values
        ("width: 32", "width: 0", "width: 0: must be greater than or equal to 1"),
        ("depth: 4", "depth: -1", "depth: -1: must be greater than or equal to 0"),
        ("depth: 4", "dropout: 1.5", "dropout: 1.5: must be less than or equal to 1"),
        ("depth: 4", "dropout: .nan", "dropout: .nan: must be a finite number"),
        ("depth: 4", "gain: .inf", "gain: .inf: must be a finite number"),
        ("branch: code", "branch: cod", "branch: cod: must be 'code', 'paper' or 'none'"),
        ("branch: code", "branch: 1", "branch: 1: must be 'code', 'paper' or 'none'"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_network(project: Project, old: str, new: str, message: str) -> None:
    config = project.edit("methods/net.yaml", NETWORK, NETWORK.replace(old, new, 1))
    text = sentence(lambda: config.method("net"))
    assert text == f"config/methods/net.yaml: network: {message}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lr: 1.0e-4, ", "", "torch.optim:Adam needs the setting lr, the learning rate"),
        ("lr: 1.0e-4", "lr: 1e-4", "lr: 1e-4: must be a number above 0; YAML reads 1e-4 as text, write 1.0e-4"),
        ("lr: 1.0e-4", "lr: fast", "lr: fast: must be a number above 0"),
        ("lr: 1.0e-4", "lr: '0.1'", "lr: '0.1': must be a number above 0"),
        ("lr: 1.0e-4", "lr: 0", "lr: 0: must be a number above 0"),
        ("lr: 1.0e-4", "lr: -1", "lr: -1: must be a number above 0"),
        ("lr: 1.0e-4", "lr: true", "lr: true: must be a number above 0"),
        ("lr: 1.0e-4", "lr: null", "lr: null: must be a number above 0"),
        ("lr: 1.0e-4", "lr: .nan", "lr: .nan: must be a number above 0"),
        ("lr: 1.0e-4", "lr: .inf", "lr: .inf: must be a number above 0"),
        ("lr: 1.0e-4", "lr: [1.0e-4]", "lr: [0.0001]: must be a number above 0"),
        ("betas: [0.9, 0.99]", "betas: 0.9", "betas: 0.9: must be a list"),
        ("betas: [0.9, 0.99]", "betas: [0.9]", "betas: [0.9]: must have 2 items"),
        ("betas: [0.9, 0.99]", "beta: [0.9, 0.99]", "torch.optim:Adam has no setting beta; did you mean betas?"),
        ("betas: [0.9, 0.99]", "amsgrad: 1", "amsgrad: 1: must be a valid boolean"),
        ("betas: [0.9, 0.99]", "eps: 1e-8", "eps: 1e-8: must be a valid number; YAML reads 1e-8 as text, write 1.0e-8"),
        ("betas: [0.9, 0.99]", "params: 3", "params: torch.optim:Adam receives it from its caller; remove it"),
        ("torch.optim:Adam", "torch.optim:Adamm", "Adamm is no optimizer; did you mean Adam?"),
        ("torch.optim:Adam", "Adam", "Adam is no optimizer; write torch.optim:Adam"),
        ("torch.optim:Adam", "AdamW", "AdamW is no optimizer; write torch.optim:AdamW"),
        ("torch.optim:Adam", "torch.optim.adam:Adam", "torch.optim.adam:Adam is no optimizer; write torch.optim:Adam"),
        ("torch.optim:Adam", "torch.optim.nothing:SGD", "torch.optim.nothing:SGD is no optimizer; write torch.optim:SGD"),
        ("torch.optim:Adam", "os:system", "os:system is no optimizer; write torch.optim:Adam"),
        ('"torch.optim:Adam"', "3", "is: 3 is not a name; it names the optimizer"),
        ('is: "torch.optim:Adam", ', "", "is is missing; it names the optimizer"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_optimizer(project: Project, old: str, new: str, message: str) -> None:
    config = project.edit("methods/net.yaml", ADAM, ADAM.replace(old, new, 1))
    text = sentence(lambda: config.method("net"))
    assert text == f"config/methods/net.yaml: train.0.optimizer: {message}"


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("{is: cosine}", "cosine needs the setting final"),
        ("{is: cosin, final: 0.0}", "cosin is no schedule; did you mean cosine?"),
        ("{is: cosine, final: -1}", "final: -1: must be greater than or equal to 0"),
        ("{is: cosine, final: 1e-6}", "final: 1e-6: must be a valid number; YAML reads 1e-6 as text, write 1.0e-6"),
        ("{is: steps, at: [0.5, 2], factor: 1}", "at.1: 2: must be less than or equal to 1"),
        ("{is: steps, at: 0.5, factor: 1}", "at: 0.5: must be a list"),
        ("{is: steps, at: [0.5], factor: 5}", "factor: 5: must be less than or equal to 1; 5 per cent is 0.05"),
        ("{is: cosine, final: 0.0, progress: 0.3}", "progress: cosine receives it from its caller; remove it"),
        ("{is: cosine, final: 0.0, rate: 0.3}", "rate: cosine receives it from its caller; remove it"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_schedule(project: Project, new: str, message: str) -> None:
    config = project.edit("methods/net.yaml", SCHEDULE, new)
    text = sentence(lambda: config.method("net"))
    assert text == f"config/methods/net.yaml: train.0.schedule: {message}"


@pytest.mark.parametrize(
    ("kind", "block", "message"),
    [
        ("loss", {"is": "mrea"}, "mrea is no loss; did you mean mrae?"),
        ("metric", {"is": "pnsr"}, "pnsr is no metric; did you mean psnr?"),
        ("control", {"is": "liner"}, "liner is no control; did you mean linear?"),
        ("fit", {"is": "sparse:sparse"}, "sparse:sparse needs the setting atoms"),
        ("fit", {"is": "sparse:sparse", "atoms": 3, "store": 1}, "store: sparse:sparse receives it"),
        ("camera", {"is": "noise:photons", "electrons": 0}, "electrons: 0: must be greater than 0"),
        ("source", {"is": "dropped"}, "dropped needs the setting folder"),
        ("figure", {"is": "bars:draw"}, "bars:draw needs the setting metric"),
        ("table", {"is": "score"}, "score is no table; did you mean scores?"),
        ("loss", {"is": "_covariance"}, "_covariance is no loss; known are mrae, second_order"),
    ],
)  # fmt: skip
def test_every_kind_is_checked(
    project: Project, kind: str, block: dict[str, object], message: str
) -> None:
    text = sentence(lambda: check_settings(kind, block, "file.yaml: key"))
    assert text.startswith(f"file.yaml: key: {message}")


@pytest.mark.parametrize(
    "changes",
    [
        {"depth": 0}, {"dropout": 1}, {"dropout": 0.0}, {"at": []}, {"at": [1, 2]}, {"label": None},
        {"label": "x"}, {"parts": {"a": 1}}, {"window": [3, 4]}, {"gain": 2}, {"residual": False},
    ],
)  # fmt: skip
def test_what_fits_the_signature_is_accepted(project: Project, changes: dict[str, object]) -> None:
    block = {"is": "tiny:Tiny", "width": 1, **changes}
    assert check_settings("network", block, "file.yaml", ["bands"]) is None
    inherited = {"is": "tiny:Inherited", "width": 1}
    assert check_settings("network", inherited, "file.yaml", ["bands"]) is None


def test_a_function_that_takes_any_keyword_takes_any_setting() -> None:
    signature = Signature((), is_class=False, open=True)
    assert check_arguments("f", signature, {"is": "f", "anything": 1}, "file.yaml", set()) is None


def test_an_argument_of_the_callers_choice_is_seen_in_the_signature(project: Project) -> None:
    assert accepts("ensemble", {"is": "fitted_mean"}, "fitted")
    assert not accepts("ensemble", {"is": "weighted_mean"}, "fitted")
    assert not accepts("ensemble", {"is": "nothing"}, "fitted")
    assert not accepts("network", {"is": "nothing:Nothing"}, "fitted")


def test_without_pytorch_an_optimizer_is_checked_as_far_as_possible(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "_optimizers", dict)
    good = {"is": "torch.optim:Unknown", "lr": 0.1}
    assert check_settings("optimizer", good, "file.yaml") is None
    with pytest.raises(ValueError, match=re.escape("lr: 0: must be a number above 0")):
        check_settings("optimizer", {"is": "torch.optim:Unknown", "lr": 0}, "file.yaml")


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("dataset", "scenes:store_dataset", "is no dataset, which is called with wavelengths_nm"),
        ("dataset", "sources:dropped", "is no dataset, which is called with wavelengths_nm"),
        ("dataset", "folder:labels", "is no dataset, which is called with wavelengths_nm; known are read"),
        ("labels", "folder:read", "is no labels, which is called with its settings and returns Labels; known are labels"),
        ("figure", "figure:make_figure", "is no figure, which is called with contents"),
        ("ensemble", "combine_members", "is no ensemble, which is called with cubes, weights"),
        ("control", "apply_control", "is no control, which is called with store, observations, split"),
        ("camera", "observe:photograph_dataset", "is no camera, which is called with rgb"),
        ("loss", "hub:load", "is no loss; known are mrae, second_order"),
        ("network", "tiny.more:Tiny", "is no network; did you mean tiny?"),
        ("network", "/etc/tiny:Tiny", "is no network; did you mean tiny?"),
        ("network", "tiny/../../losses:mrae", "is no network; known are tiny"),
        ("source", "torch.utils.collect_env:run", "is no source; known are dropped"),
    ],
)  # fmt: skip
def test_a_block_names_only_what_its_kind_is_for(
    project: Project, kind: str, name: str, message: str
) -> None:
    """Everything else in the same folder, such as what writes files, cannot be called."""
    with pytest.raises(ValueError, match=re.escape(message)):
        check_settings(kind, {"is": name}, "file.yaml: key")


@pytest.mark.parametrize("number", [10**9 + 1, 10**30, 10**400])
def test_a_number_beyond_all_use_is_refused(project: Project, number: int) -> None:
    with pytest.raises(ValueError, match="width: .*: must be less than or equal to 1000000000"):
        check_settings("network", {"is": "tiny:Tiny", "width": number}, "file.yaml", ["bands"])
