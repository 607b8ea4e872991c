"""Inputs that once led to a traceback, a hang, a crash or a wrong result, as fast tests."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from respectra.config.files import set_dotted
from tests.conftest import ROOT
from tests.fuzz import inputs, targets
from tests.fuzz.outcomes import observe

MST = "config/methods/mst_plus_plus.yaml"
LINEAR = "config/methods/linear.yaml"
CAVE = "config/datasets/cave.yaml"
FOLDER = "config/datasets/folder.yaml"
NESTED = inputs.nest(300, mapping=True)


def change(file: str, key: str, value: Any) -> tuple[str, bytes]:
    """A file of config/ with one key set."""
    raw = copy.deepcopy(yaml.safe_load((ROOT / file).read_text()))
    if "." in key:
        set_dotted(raw, key, value, file)
    else:
        raw[key] = value
    return file, yaml.safe_dump(raw, sort_keys=False).encode()


CONFIGURATIONS = [
    # code that the kind is not for
    (MST, "network.is", "torch.hub:load", "is no network"),
    (MST, "network.is", "layers:reflect", "is no network, which is called with bands"),
    (MST, "train.0.optimizer.is", "torch.hub:load", "is no optimizer"),
    (MST, "train.0.optimizer.is", "torch.optim:lr_scheduler", "lr_scheduler is no optimizer"),
    (MST, "train.0.schedule.is", "os:system", "is no schedule"),
    (CAVE, "read.is", "torch.utils.collect_env:run", "is no dataset"),
    (CAVE, "read.is", "scenes:store_dataset", "is no dataset"),
    # values of a wrong type or beyond all use
    (MST, "network.is", None, "is is missing; it names the network"),
    (MST, "network.is", ["a"], "is: [a] is not a name"),
    (MST, "network.stages", "three", "must be a valid integer"),
    (MST, "network.stages", 10**30, "must be less than or equal to"),
    (MST, "network.stages", 10**9, "stages: 1000000000: must be less than or equal to 4096"),
    (MST, "train.0.iterations", 10**30, "must be less than or equal to"),
    (MST, "train.0.loss", {}, "names no loss"),
    (MST, "train.0.optimizer.lr", "4e-4", "YAML reads 4e-4 as text, write 4.0e-4"),
    (MST, "train.0.optimizer.lr", float("inf"), "must be a number above 0"),
    (MST, "train.0.optimizer.is", "torch.optim:Adamm", "did you mean Adam?"),
    (MST, "small", 3, "small: 3: must be keys and values"),
    (MST, "variants", ["a"], "variants: [a]: must be keys and values"),
    (MST, "title", NESTED, "nested more than 50 times"),
    (FOLDER, "splits", 5, "splits: 5: must be a list"),
    (FOLDER, "observations", {"provided": "rgb/{scene.__class__}.png"}, "may contain {scene} only"),
    (FOLDER, "observations", {"provided": "rgb/{other}.png"}, "may contain {scene} only"),
    (FOLDER, "observations", {"provided": "rgb/all.png"}, "must contain {scene}"),
    (FOLDER, "wavelengths_nm", {"first": 400.0, "last": 700.0, "step": 1e-9}, "makes 300,000,000,001 bands"),
    (LINEAR, "title", ["x" * 1000] * 1000, "must be a valid string"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "key", "value", "message"), CONFIGURATIONS)
def test_a_configuration_is_refused_in_one_sentence(
    file: str, key: str, value: Any, message: str
) -> None:
    case = change(file, key, value)
    outcome = observe(lambda folder: targets.read_configuration(case, folder), names=("config/",))
    assert outcome.kind == "told", outcome
    assert message in outcome.detail


@pytest.mark.parametrize("name", sorted(targets.PRODUCTS))
@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"\n"], ids=["empty", "zeros", "line"])
def test_a_product_that_a_power_cut_emptied_is_named(name: str, content: bytes) -> None:
    case = (name, content, False)
    outcome = observe(lambda folder: targets.read_broken_product(case, folder))
    assert outcome.kind == "told", outcome
    assert Path(name).name in outcome.detail


@pytest.mark.parametrize("name", sorted(targets.PRODUCTS))
def test_a_product_that_is_cut_in_half_is_named(name: str) -> None:
    content = (targets.make_products() / name).read_bytes()
    case = (name, content[: len(content) // 2], True)
    outcome = observe(lambda folder: targets.read_broken_product(case, folder))
    assert outcome.kind == "told", outcome
    assert re.search(
        rf"{re.escape(Path(name).name)}: .*(cut short|damaged|incomplete)", outcome.detail
    )


WORDS = [
    [("make", "3")], [("make", "{3: 4}")], [("seeds", "3")], [("folder", "elsewhere")], [("metods", "linear")],
    [("dataset", "../x")], [("budget", "")], [("gpus", "-1")], [("loader_workers", "100000000000")],
    [("save_seconds", ".nan")], [("methods", "[[[[[[[[[[1]]]]]]]]]]")],
]  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_words_of_the_command_line_are_refused_in_one_sentence(
    words: list[tuple[str, str]],
) -> None:
    outcome = observe(lambda folder: targets.choose(words, folder), names=("config",))
    assert outcome.kind == "told", outcome


def test_a_directory_and_a_dangling_link_are_no_files_of_the_configuration(tmp_path: Path) -> None:
    for name, kind in (("folder", "is a folder"), ("link", "is a link to nothing")):

        def read(folder: Path, name: str = name) -> None:
            targets.copy_config(folder)
            path = folder / f"config/methods/{name}.yaml"
            if name == "folder":
                path.mkdir()
            else:
                path.symlink_to(tmp_path / "nothing")
            targets.Config(folder).method(name)

        outcome = observe(read, names=(f"config/methods/{name}.yaml",))
        assert outcome.kind == "told", outcome
        assert kind in outcome.detail
