"""Inputs that once led to a traceback, a hang, a crash or a wrong result, as fast tests."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from respectra.config.files import set_dotted
from tests.conftest import ROOT
from tests.fuzz import (
    inputs,
    names,
    photographs,
    pictures,
    places,
    products,
    servers,
    settings,
    tables,
    weights,
)
from tests.fuzz.outcomes import observe

MST = "config/methods/mst_plus_plus.yaml"
LINEAR = "config/methods/linear.yaml"
CAVE = "config/datasets/cave.yaml"
FOLDER = "config/datasets/folder.yaml"
NESTED = inputs.nest(300, mapping=True)


def change(file: str, key: str, value: Any) -> settings.YamlCase:
    """A file of config/ with one key set."""
    raw = copy.deepcopy(yaml.safe_load((ROOT / file).read_text()))
    if "." in key:
        set_dotted(raw, key, value, file)
    else:
        raw[key] = value
    return settings.YamlCase(file, yaml.safe_dump(raw, sort_keys=False).encode())


CONFIGURATIONS = [
    # code that the kind is not for
    (MST, "network.is", "torch.hub:load", "is no network"),
    (MST, "network.is", "padding:reflect", "is no network, which is called with bands"),
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
    (FOLDER, "observations", {"provided": "/etc/{scene}"}, "must be a path in the data set's folder"),
    (FOLDER, "splits", ["train", "unused"], "unused: has a meaning of its own"),
    (FOLDER, "splits", ["train", "held_out"], "held_out: has a meaning of its own"),
    (FOLDER, "splits", ["train", "train"], "train: is given twice"),
    (FOLDER, "wavelengths_nm", [0.4, 0.5, 0.7], "0.4 to 0.7: must be in nanometres; they look like micro"),
    (FOLDER, "wavelengths_nm", [4000, 5500, 7000], "4000 to 7000: must be in nanometres; they look like Ång"),
    (FOLDER, "wavelengths_nm", {"first": 4000, "last": 7000, "step": 100}, "in nanometres; they look like Ång"),
    (LINEAR, "title", ["x" * 1000] * 1000, "must be a valid string"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "key", "value", "message"), CONFIGURATIONS)
def test_a_configuration_is_refused_in_one_sentence(
    file: str, key: str, value: Any, message: str
) -> None:
    case = change(file, key, value)
    outcome = observe(lambda folder: settings.read_configuration(case, folder), names=("config/",))
    assert outcome.kind == "told", outcome
    assert message in outcome.detail


@pytest.mark.parametrize("name", sorted(set(products.PRODUCTS) - set(products.RESTARTS)))
@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"\n"], ids=["empty", "zeros", "line"])
def test_a_product_that_a_power_cut_emptied_is_named(name: str, content: bytes) -> None:
    case = products.ProductCase(name, content, "edited")
    outcome = observe(lambda folder: products.read_broken_product(case, folder))
    assert outcome.kind == "told", outcome
    assert Path(name).name in outcome.detail


@pytest.mark.parametrize("name", sorted(set(products.PRODUCTS) - set(products.RESTARTS)))
def test_a_product_that_is_cut_in_half_is_named(name: str) -> None:
    content = (products.make_products() / name).read_bytes()
    case = products.ProductCase(name, content[: len(content) // 2], "cut")
    outcome = observe(lambda folder: products.read_broken_product(case, folder))
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
    outcome = observe(lambda folder: settings.choose(words, folder), names=("config",))
    assert outcome.kind == "told", outcome


def test_a_directory_and_a_dangling_link_are_no_files_of_the_configuration(tmp_path: Path) -> None:
    for name, kind in (("folder", "is a folder"), ("link", "is a link to nothing")):

        def read(folder: Path, name: str = name) -> None:
            settings.copy_config(folder)
            path = folder / f"config/methods/{name}.yaml"
            if name == "folder":
                path.mkdir()
            else:
                path.symlink_to(tmp_path / "nothing")
            settings.Config(folder).method(name)

        outcome = observe(read, names=(f"config/methods/{name}.yaml",))
        assert outcome.kind == "told", outcome
        assert kind in outcome.detail


WEIGHTS = [
    ("checkpoint of word bands", "wavelengths_nm: [blue, "),
    ("checkpoint of no list", "wavelengths_nm: 5.0: must be a list of positive numbers"),
    ("checkpoint of NaN bands", "must be a list of positive numbers; the file is damaged"),
    ("checkpoint of many bands", "bands: 1000000000000: must be a number from 1 to 4096"),
    ("checkpoint of 30 bands", "states 31 bands, but 30 wavelengths"),
    ("checkpoint of a large network", "must be less than or equal to 4096"),
]  # fmt: skip


@pytest.mark.parametrize(("variation", "message"), WEIGHTS)
def test_a_checkpoint_that_states_nonsense_is_refused(variation: str, message: str) -> None:
    case = weights.WeightCase(".pt", variation, weights.write_checkpoint(variation))
    check_weights(case, message)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_weights_without_values_are_refused(suffix: str) -> None:
    content = inputs.write_weights(weights.make_state(), "meta", ".pth")
    check_weights(weights.WeightCase(suffix, "meta", content))


@pytest.mark.parametrize("number", range(1, len(weights.METADATA)))
def test_safetensors_that_state_nonsense_are_refused(number: int) -> None:
    content = weights.safetensors.torch.save(weights.make_state(), weights.METADATA[number])
    case = weights.WeightCase(".safetensors", "metadata", content)
    check_weights(case)


def check_weights(case: weights.WeightCase, message: str = "") -> None:
    outcome = observe(lambda folder: weights.load_weights(case, folder), names=("weights",))
    assert outcome.kind == "told", outcome
    assert message in outcome.detail


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("machine.yaml", b"device: CPU\nh"),
        ("machine.yaml", b"device: CPU"),
        ("machine.yaml", b""),
        ("plan.yaml", b"code: '0'\nnetwork:\n  a: 1\n b"),
        ("datasets/wavelengths.csv", b"wavelength_nm\n400\n410\n"),
        ("datasets/scenes.csv", b"scene,split,path\na,train,cubes/a.npy\n"),
        ("history.csv", b"phase,iteration\n"),
        ("history.csv", b"phase,iteration,learning_rate,loss\n0,1,0.001,1\n"),
        (products.SCORES, b"scene,region,mrae\n"),
        (products.SCORES, b"scene,region,mrae\na,full,0.5\n"),
        (products.SCORES, b"scene,region,mrae\nb,full,0.25\na,full,0.5\n"),
    ],
)
def test_a_product_of_text_that_is_cut_is_named(name: str, content: bytes) -> None:
    case = products.ProductCase(name, content, "cut")
    outcome = observe(lambda folder: products.read_broken_product(case, folder))
    assert outcome.kind == "told", outcome
    assert Path(name).name in outcome.detail


@pytest.mark.parametrize("name", products.OF_ROWS)
def test_a_product_that_ends_with_a_row_too_early_is_named(name: str) -> None:
    rows = (products.make_products() / name).read_bytes().splitlines(keepends=True)
    for count in {1, len(rows) // 2, len(rows) - 1}:
        case = products.ProductCase(name, b"".join(rows[:count]), "cut")
        outcome = observe(lambda folder, case=case: products.read_broken_product(case, folder))
        assert outcome.kind == "told", (count, outcome)
        assert Path(name).name in outcome.detail


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"row\n", b"row,column,metric,value,unit,note\na,b\n"]
)
def test_a_published_table_that_is_none_is_named(content: bytes) -> None:
    case = tables.TableCase("published", content, False)
    outcome = observe(lambda folder: tables.read_table(case, folder), names=("published.csv",))
    assert outcome.kind == "told", outcome


@pytest.mark.parametrize(
    "address",
    ["http://[::1", "http://", "//x", "http://127.0.0.1:99999/a", "http://a b/", "ftp://x/a", ""],
)
def test_an_address_of_a_server_that_is_none_is_refused(address: str) -> None:
    entry = {"key": "a.mat", "links": {"self": address}}
    case = servers.make_case(record=json.dumps({"files": [entry]}).encode())
    outcome = observe(
        lambda folder: servers.fetch_from_server(case, folder),
        names=("zenodo", "127.0.0.1", "a.mat"),
    )
    assert outcome.kind == "told", outcome


@pytest.mark.parametrize(
    "way", ["gzip cut", "gzip of nothing", "gzip bomb", "broken chunks", "cut"]
)
def test_an_answer_that_ends_too_early_is_no_file(way: str) -> None:
    outcome = observe(
        lambda folder: servers.fetch_from_server(servers.make_case(way=way), folder),
        names=("a.mat",),
    )
    assert outcome.kind == "told", outcome


@pytest.mark.parametrize("way", ["redirects", "gzip", "deflate", "chunks"])
def test_a_right_answer_is_taken(way: str) -> None:
    """The test of the tests: the server that answers wrongly also answers rightly."""
    outcome = observe(lambda folder: servers.fetch_from_server(servers.make_case(way=way), folder))
    assert outcome.kind == "accepted", outcome


def test_a_picture_that_states_a_wrong_number_of_sizes_is_refused() -> None:
    content = inputs.write_picture("RGB", "TIFF", (12, 14))
    broken = content.replace(b"\x01\x01\x04\x00", b"\x01\x09\x04\x00", 1)  # no height
    assert broken != content
    case = pictures.PictureCase("", "edited", (12, 14), broken)
    for read in (pictures.read_picture, pictures.read_any_photo):
        outcome = observe(lambda folder, read=read: read(case, folder), names=("picture", "photo"))
        assert outcome.kind == "told", outcome


@pytest.mark.parametrize("kind", ["splits", "response"])
def test_a_quote_that_does_not_end_is_told_in_one_line(kind: str) -> None:
    case = tables.TableCase(kind, b'scene,split\n"good,train\nother,valid\n', False)
    outcome = observe(lambda folder: tables.read_table(case, folder), names=(".csv",))
    assert outcome.kind == "told", outcome


@pytest.mark.parametrize(
    ("place", "entry", "message"),
    [
        ("pipe", "config/config.yaml", "config/config.yaml: is a pipe or a device"),
        ("zeros", "config/variants.yaml", "config/variants.yaml: is a pipe or a device"),
        ("folder", "config/methods/hprn.yaml", "config/methods/hprn.yaml: is a folder; put a file"),
        (
            "socket",
            "config/papers/hprn.yaml",
            "config/papers/hprn.yaml: is a pipe or a device; put",
        ),
        ("dangling link", "config/datasets/synthetic.yaml", "synthetic.yaml: is a link to nothing"),
        ("pipe", "archive.zip", "archive.zip: is a pipe or a device, not a file"),
        ("large file of zeros", "archive.tar.gz", "archive.tar.gz: .*"),
        (
            "dangling link",
            "checksums.csv",
            "checksums.csv: is a link to a file that does not exist",
        ),
        ("link to a file that cannot be read", "photo.jpg", "photo.jpg: cannot be read: "),
        ("link to a file that cannot be read", "provided good.jpg", "good.jpg: cannot be read: "),
        ("pipe", "product camera/observations/b.npy", "b.npy: is a pipe or a device, not a file; "),
        ("random", "product camera/response.csv", "response.csv: is a pipe or a device, not a"),
    ],
)
def test_what_is_no_file_is_told_and_not_waited_for(place: str, entry: str, message: str) -> None:
    case = places.make_case(place, entry)
    outcome = observe(lambda folder: places.read_place(case, folder), names=places.FILES, timeout=5)
    assert outcome.kind == "told", outcome
    assert re.search(message, outcome.detail)


@pytest.mark.parametrize(
    ("command", "name", "kind"),
    [
        ("photo", b"\xff\xfe", "accepted"),
        ("view", b"caf\xe9", "accepted"),
        ("photo", b"a\nb", "told"),
        ("page", b"\x1b[31ma", "told"),
        ("photo", b"$(touch ran)", "accepted"),
        ("photo", b"-rf", "told"),
    ],
)
def test_a_name_is_used_or_refused_in_one_line(command: str, name: bytes, kind: str) -> None:
    case = names.make_case(command, b"", name)
    outcome = observe(lambda folder: names.run_on_name(case, folder))
    assert outcome.kind == kind, outcome


@pytest.mark.parametrize(
    "what",
    [
        "inverted tiff of 16 bits", "cmyk tiff of 16 bits", "lab tiff of 16 bits", "TIFF of 14×20", "float tiff",
        "tiff of 31 channels", "cmyk jpeg", "png of a transparent palette", "JPEG with orientation (6, 3)",
        "PNG with orientation 7", "animated webp", "PNG with broken EXIF 5", "JPEG of 65500×65500", "mpo",
    ],
)  # fmt: skip
def test_a_kind_of_photo_has_its_colours_or_is_refused(what: str) -> None:
    case = photographs.make_case(what, "photo.jpg", "whole")
    for read in (photographs.read_photograph, photographs.read_observation):
        outcome = observe(lambda folder, read=read: read(case, folder), names=("photo.jpg",))
        assert not outcome.is_bad, outcome


@pytest.mark.parametrize(
    "text",
    ["a: 1", "a: {network.nothing: 1}", "a: {network: null}", "'': {title: x}", "a: [1]", "3: {title: x}",
     "a: {train.7.batch: 1}", "a: {train..batch: 1}", "[1]", "a: {'': 1}", "a: {nothing: null}"],
)  # fmt: skip
def test_a_variant_of_every_method_that_is_none_is_refused(text: str) -> None:
    case = settings.YamlCase(settings.VARIANTS, text.encode())
    outcome = observe(lambda f: settings.read_configuration(case, f), names=(settings.VARIANTS,))
    assert outcome.kind == "told", outcome
