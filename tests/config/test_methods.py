import pytest
from pydantic import ValidationError

from respectra.config import Config
from tests.config.conftest import ROOT, Project, sentence

FILE = "methods/net.yaml"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: Net", "titel: Net", "titel is not known here; did you mean title?"),
        ("title: Net", "title: 3", "title: 3: must be a valid string; write it in quotes"),
        ("title: Net", "title: 2024-05-01", "title: 2024-05-01: must be a valid string; write it in quotes"),
        ("title: Net", "title: [x]", "title: [x]: must be a valid string"),
        ("title: Net", "title:", "title: null: must be a valid string"),
        ("title: Net\n", "", "title is missing"),
        ("title: Net", "title: Net\nname: other", "name is not known here; the name is that of the file, net"),
        ("title: Net", "title: Net\ndepartures: A sentence.", "departures: A sentence.: must be a list; write [A sentence.]"),
        ("title: Net", "title: Net\nlisted: 'no'", "listed: 'no': must be a valid boolean"),
        ("title: Net", "title: Net\norigin: {code: a/b, comit: c}", "origin.comit is not known here; did you mean commit?"),
        ("title: Net", "title: Net\ncontrol: {is: linear}", "a method has exactly one of network, ensemble, fit, control, not network and control"),
        ("network: {is: tiny:Tiny, width: 32, depth: 4, branch: code, at: [1]}", "network: null",
         "a method has exactly one of network, ensemble, fit, control, not none of them"),
        ("network: {is: tiny:Tiny, width: 32, depth: 4, branch: code, at: [1]}", "network: tiny:Tiny", "network: tiny:Tiny: must be keys and values"),
        ("inputs: {rgb: {scale: unit}}\n", "", "network: a network also needs inputs and train"),
        ("scale: unit", "scale: units", "inputs.rgb.scale: units: must be 'unit', 'per_image' or 'max'"),
        ("scale: unit}", "scale: unit}, superpixels: {segments: [4], backend: fast_slic, compactness: 0}",
         "inputs.superpixels.compactness: 0: must be greater than 0"),
        ("loss: {mrae: 1.0, second_order: 2.0}", "loss: mrae", "train.0.loss: mrae: must be keys and values"),
        ("loss: {mrae: 1.0, second_order: 2.0}", "loss: [mrae]", "train.0.loss: [mrae]: must be keys and values"),
        ("loss: {mrae: 1.0, second_order: 2.0}", "loss: {}", "train.0.loss: names no loss"),
        ("loss: {mrae: 1.0, second_order: 2.0}", "loss: {mrae: heavy}", "train.0.loss.mrae: heavy: must be a valid number"),
        ("loss: {mrae: 1.0, second_order: 2.0}", "loss: {mrae: .nan}", "train.0.loss.mrae: .nan: must be a finite number"),
        ("loss: {mrae: 1.0, second_order: 2.0}", "loss: {mrae: 1e-1}", "train.0.loss.mrae: 1e-1: must be a valid number; YAML reads 1e-1 as text, write 1.0e-1"),
        ("second_order: 2.0", "second_ordr: 2.0", "train.0.loss: second_ordr is no loss; did you mean second_order?"),
        ("iterations: 1000", "iteration: 1000", "train.0.iteration is not known here; did you mean iterations?"),
        ("iterations: 1000", "iterations: 1000.0", "train.0.iterations: 1000.0: must be a valid integer"),
        ("iterations: 1000", "iterations: 3e5", "train.0.iterations: 3e5: must be a valid integer; YAML reads 3e5 as text, write 300000"),
        ("iterations: 1000", "iterations: true", "train.0.iterations: true: must be a valid integer"),
        ("iterations: 1000", "iterations: [1000]", "train.0.iterations: [1000]: must be a valid integer"),
        ("iterations: 1000", "iterations: 0", "train.0.iterations: 0: must be greater than 0"),
        ("iterations: 1000", "epochs: 0", "train.0.epochs: 0: must be greater than 0"),
        ("iterations: 1000", "iterations: null", "train.0: iterations: a phase states either iterations or epochs"),
        ("iterations: 1000", "iterations: 1000\n    epochs: 10", "train.0: iterations: a phase states either iterations or epochs"),
        ("patch: 64", "patch: -1", "train.0.patch: -1: must be greater than 0"),
        ("patch: 64", "patch: [64, 0]", "train.0.patch.1: 0: must be greater than 0"),
        ("patch: 64", "patch: [64, 32, 16]", "train.0.patch: [64, 32, 16]: must be a valid integer or have at most 2 items"),
        ("patch: 64", "patch: [64, '32']", "train.0.patch.1: '32': must be a valid integer"),
        ("patch: 64", "patch: [64, 32]\n    resize: true", "train.0: resize: whole images have no stride and are not simulated"),
        ("augment: [flip]", "augment: flip", "train.0.augment: flip: must be a list; write [flip]"),
        ("augment: [flip]", "augment: [flipp]", "train.0.augment.0: flipp: must be 'flip', 'rotate', "),
        ("augment: [flip]", "augment: [spin]", "augment: spin: turns rgb and not the cube, so only a network that scales an estimate can learn from it"),
        ("augment: [flip]", "augment: {flip: 1}", "train.0.augment: {flip: 1}: must be a list"),
        ("precision: float32", "precision: float64", "train.0.precision: float64: must be 'float32', 'bfloat16' or 'float16'"),
        ("hold_out: null", "hold_out: 0.05", "train.0.hold_out: 0.05: must be keys and values"),
        ("hold_out: null", "hold_out: {share: 2, seed: 0}", "train.0.hold_out.share: 2: must be less than or equal to 1"),
        ("hold_out: null", "hold_out: {share: 0.5}", "train.0.hold_out.seed is missing"),
        ("hold_out: null", "hard_scenes: {share: 0.5, times: 1}", "train.0.hard_scenes.times: 1: must be greater than or equal to 2"),
        ("hold_out: null", "choose: {split: held_out, every: 10, by: mrae}", "train.0: choose: split: held_out: no scene is held out; add hold_out"),
        ("hold_out: null", "choose: {split: train, every: 10, by: mrae}", "train.0: choose: split: train: these scenes are trained on; state held_out"),
        ("hold_out: null", "choose: {split: test, every: 10, by: psnr}", "train.0.choose.by: psnr: must be 'mrae', 'rmse' or 'sam'"),
        ("hold_out: null", "choose: {split: test, every: 0, by: mrae}", "train.0.choose.every: 0: must be greater than 0"),
        ("hold_out: null", "extra_datasets: true", "train.0: extra_datasets: cubes of other data sets have no pictures here; add simulate to augment"),
        ("hold_out: null", "clipping: clipped", "train.0: clipping: clipped: selects among simulated pictures; add simulate to augment"),
        ("  - loss: {mrae: 1.0, second_order: 2.0}", "    loss: {mrae: 1.0, second_order: 2.0}", "train: {loss: "),
        ("tile: null, overlap: 0", "tile: 8, overlap: 8", "reconstruct: overlap: 8: must be smaller than tile, 8"),
        ("self_ensemble: none", "self_ensemble: flip", "reconstruct.self_ensemble: flip: must be 'none', 'flips' or 'deviation'"),
        ("parameters: 1000", "parameters: 1.5", "expect.parameters: 1.5: must be a valid integer"),
        ("macs: 2.5e+9", "macs: 2.5e9", "expect.macs: 2.5e9: must be a valid number; YAML reads 2.5e9 as text, write 2.5e+9"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_network_and_its_recipe(
    project: Project, old: str, new: str, message: str
) -> None:
    config = project.edit(FILE, old, new)
    assert sentence(lambda: config.method("net")).startswith(f"config/{FILE}: {message}")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("method: net, seed: 0, weight: 2.0", "method: net, seed: -1", "members.0.seed: -1: must be greater than or equal to 0"),
        ("weight: 2.0", "weight: 0", "members.0.weight: 0: must be greater than 0"),
        ("weight: 2.0", "weight: '2'", "members.0.weight: '2': must be a valid number"),
        ("weight: 2.0", "wieght: 2.0", "members.0.wieght is not known here; did you mean weight?"),
        ("members:", "member:", "member is not known here; did you mean members?"),
        ("ensemble: {is: weighted_mean}", "control: {is: linear}", "ensemble: ensemble and members are used together"),
        ("  - {method: net, seed: 0, weight: 2.0}\n  - {method: net, seed: 1}", "  []", "ensemble: ensemble and members are used together"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_ensemble(project: Project, old: str, new: str, message: str) -> None:
    config = project.edit("methods/net_ensemble.yaml", old, new)
    text = sentence(lambda: config.method("net_ensemble"))
    assert text == f"config/methods/net_ensemble.yaml: {message}"


def test_a_rectangle_does_not_rotate(project: Project) -> None:
    project.edit("methods/net.yaml", "augment: [flip]", "augment: [rotate]")
    config = project.edit("methods/net.yaml", "patch: 64", "patch: [64, 64]")
    assert config.method("net").train[0].patch == (64, 64)
    config = project.edit("methods/net.yaml", "patch: [64, 64]", "patch: [64, 32]")
    assert sentence(lambda: config.method("net")) == (
        "config/methods/net.yaml: train.0: patch: a rectangle does not rotate into itself; "
        "remove rotate"
    )


def test_a_method_is_of_one_kind(project: Project) -> None:
    config = project.config
    kinds = {name: config.method(name).kind for name in ("net", "net_ensemble", "sparse", "linear")}
    assert kinds == {
        "net": "network",
        "net_ensemble": "ensemble",
        "sparse": "fit",
        "linear": "control",
    }
    assert kinds == {name: config.kind(name) for name in kinds}
    assert config.kind("net-flips") == "network"


def test_a_method_cannot_be_changed(project: Project) -> None:
    method = project.config.method("net")
    with pytest.raises(ValidationError, match="frozen"):
        method.title = "Other"  # type: ignore[misc]


def test_every_method_of_this_project_is_read_with_its_variants_and_small() -> None:
    config = Config(ROOT)
    for stem in config.methods:
        for name in (stem, *(f"{stem}-{variant}" for variant in config.variants(stem))):
            for small in (False, True):
                assert config.method(name, small=small).name == name
