"""The folder `config/`: names, variants, small versions."""

import pytest
import yaml

from respectra.config import Config, tree
from tests.config.conftest import ROOT, Project, sentence

RULE = "a name has lower-case letters, digits and underscores only"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("methods/My-Data.yaml", f"'My-Data' is no name: {RULE}; rename it to my_data"),
        ("methods/données.yaml", f"'données' is no name: {RULE}; rename it to donnees"),
        ("methods/a b.yaml", f"'a b' is no name: {RULE}; rename it to a_b"),
        ("methods/-.yaml", f"'-' is no name: {RULE}"),
        ("methods/net.old.yaml", f"'net.old' is no name: {RULE}; rename it to net_old"),
        ("methods/other.yml", "is not read; rename it to other.yaml"),
        ("methods/other.YAML", "is not read; rename it to other.yaml"),
        ("datasets/My-Data.yaml", f"'My-Data' is no name: {RULE}; rename it to my_data"),
        ("datasets/other.yml", "is not read; rename it to other.yaml"),
        ("cameras/Nikon D40.yaml", f"'Nikon D40' is no name: {RULE}; rename it to nikon_d40"),
        ("budgets/Full.yaml", f"'Full' is no name: {RULE}; rename it to full"),
        ("papers/2022-ntire.yaml", f"'2022-ntire' is no name: {RULE}; rename it to 2022_ntire"),
    ],
)
def test_a_file_has_a_name_that_can_stand_in_a_path(
    project: Project, file: str, message: str
) -> None:
    project.write(f"config/{file}", "title: x")
    assert sentence(project.config.check_everything) == f"config/{file}: {message}"


def test_other_files_and_folders_are_no_methods(project: Project) -> None:
    methods = project.config.methods
    project.write("config/methods/README.md", "Our networks.")
    project.write("config/methods/old.yaml/net.yaml", "title: x")
    assert project.config.methods == methods


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nett", "config/methods: nett is no method; did you mean net?"),
        ("NET", "config/methods: NET is no method; did you mean net?"),
        ("nett-flips", "config/methods: nett is no method; did you mean net?"),
        ("../methods/net", "config/methods: ../methods/net is no method; known are "),
        ("", "config/methods: '' is no method; known are "),
        ("net-flip", "config/methods/net.yaml: flip is no variant of net; did you mean flips?"),
        ("net-", "config/methods/net.yaml: '' is no variant of net; known are "),
        ("net-flips-x", "config/methods/net.yaml: flips-x is no variant of net; did you mean flips?"),
        ("linear-x", "config/methods/linear.yaml: x is no variant of linear; none is known"),
    ],
)  # fmt: skip
def test_a_misspelt_method_names_its_neighbour(project: Project, name: str, message: str) -> None:
    assert sentence(lambda: project.config.method(name)).startswith(message)


def test_every_folder_names_the_neighbour(project: Project) -> None:
    config = project.config
    assert (
        sentence(lambda: config.dataset("place"))
        == "config/datasets: place is no data set; did you mean places?"
    )
    assert (
        sentence(lambda: config.camera("plan"))
        == "config/cameras: plan is no camera; did you mean plain?"
    )
    assert (
        sentence(lambda: config.budget("fll"))
        == "config/budgets: fll is no budget; did you mean full?"
    )
    assert (
        sentence(lambda: config.paper("jornal"))
        == "config/papers: jornal is no paper; did you mean journal?"
    )


def test_a_variant_changes_what_it_states_and_nothing_else(project: Project) -> None:
    config = project.config
    whole, variant = config.method("net"), config.method("net-no_branch")
    assert variant.network == {**(whole.network or {}), "branch": "none"}
    assert variant.expect == whole.expect.model_copy(update={"parameters": 900})
    same = {"name": "net", "network": whole.network, "expect": whole.expect}
    assert variant.model_copy(update=same) == whole
    assert config.changes("net-no_branch") == {"network.branch": "none", "expect.parameters": 900}
    assert config.variants("net") == ["flips", "held_out", "no_branch", "no_order"]
    assert config.variants("linear") == []


def test_null_in_a_variant_removes_a_key(project: Project) -> None:
    assert project.config.method("net-no_order").train[0].loss == {"mrae": 1.0}


@pytest.mark.parametrize(
    ("old", "new", "name", "message"),
    [
        ("no_branch:", "No-Branch:", "net", f"variants: 'No-Branch' is no name: {RULE}; rename it to no_branch"),
        ("no_branch:", "'no branch':", "net-flips", f"variants: 'no branch' is no name: {RULE}; rename it to no_branch"),
        ("no_branch:", "3:", "net", "line 20: is not readable as YAML: 3 is not a key; keys are text, write '3' in quotes"),
        ("no_order:", "no_branch:", "net", "line 21: is not readable as YAML: no_branch is given twice"),
        ("{network.branch: none,", "{network.brnch: none,", "net-no_branch", "variants.no_branch: network.brnch is not set in the file; did you mean network.branch?"),
        ("{network.branch: none,", "{network.branch: non,", "net-no_branch", "variant no_branch: network: branch: non: must be 'code', 'paper' or 'none'"),
        ("{network.branch: none,", "{train.1.patch: 3,", "net-no_branch", "variants.no_branch: train.1.patch is not set in the file; did you mean train.0?"),
        ("{network.branch: none,", "{title.x: 3,", "net-no_branch", "variants.no_branch: title.x is not set in the file; title holds no keys"),
        ("{network.branch: none,", "{name: other,", "net-no_branch", "variants.no_branch: name is not set in the file; known are"),
        ("{network.branch: none,", "{train: null,", "net-no_branch", "variant no_branch: network: a network also needs inputs and train"),
        ("{network.branch: none,", "{title: null,", "net-no_branch", "variant no_branch: title is missing"),
        ("{network.branch: none, expect.parameters: 900}", "3", "net", "variants.no_branch: 3: must be keys and values"),
        ("{network.branch: none, expect.parameters: 900}", "[a]", "net", "variants.no_branch: [a]: must be keys and values"),
        ("{network.branch: none, expect.parameters: 900}", "", "net-no_branch", "variants.no_branch: null: must be keys and values"),
        ("variants:\n", "variants: [a]\nvariant:\n", "net", "variants: [a]: must be keys and values"),
        ("variants:\n", "variant:\n", "net", "variant is not known here; known are"),
        ("variants:\n", "variant:\n", "net-flips", "flips is no variant of net; none is known"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_variant(
    project: Project, old: str, new: str, name: str, message: str
) -> None:
    config = project.edit("methods/net.yaml", old, new)
    text = sentence(lambda: config.method(name))
    assert text.startswith(f"config/methods/net.yaml: {message}")


def test_the_small_version_changes_what_it_states_and_expects_no_counts(
    project: Project,
) -> None:
    config = project.config
    whole, small = config.method("net"), config.method("net", small=True)
    assert small.network == {**(whole.network or {}), "width": 8}
    assert small.train[0].optimizer["lr"] == 1.0e-3
    assert small.expect == whole.expect.model_copy(update={"parameters": None, "macs": None})
    assert config.method("linear", small=True) == config.method("linear")


def test_the_small_version_of_a_variant_is_of_the_variant(project: Project) -> None:
    network = project.config.method("net-no_branch", small=True).network or {}
    assert (network["width"], network["branch"]) == (8, "none")


def test_what_a_variant_removes_the_small_version_does_not_need(project: Project) -> None:
    config = project.edit(
        "methods/net.yaml", "small: {", "small: {train.0.loss.second_order: 0.5, "
    )
    assert config.method("net", small=True).train[0].loss == {"mrae": 1.0, "second_order": 0.5}
    assert config.method("net-no_order", small=True).train[0].loss == {"mrae": 1.0}


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("{network.widht: 8}", "small: network.widht is not set in the file; did you mean network.width?"),
        ("{network.width: 8.5}", "small: network: width: 8.5: must be a valid integer"),
        ("{network: 8}", "small: network: 8: must be keys and values"),
        ("{title: null}", "small: title is missing"),
        ("3", "small: 3: must be keys and values"),
        ("[a]", "small: [a]: must be keys and values"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_small_version(project: Project, new: str, message: str) -> None:
    old = "{network.width: 8, train.0.optimizer.lr: 1.0e-3}"
    config = project.edit("methods/net.yaml", old, new)
    text = sentence(lambda: config.method("net", small=True))
    assert text == f"config/methods/net.yaml: {message}"
    assert sentence(config.check_everything) == text


def test_data_sets_are_listed_with_their_variants(project: Project) -> None:
    assert project.config.datasets == ["classified", "folder", "places", "places-grouped"]


def test_a_file_is_read_once(project: Project) -> None:
    config = project.config
    first = config.method("net"), config.dataset("places"), config.paper("journal")
    project.edit("methods/net.yaml", "title: Net", "title: Other")
    project.edit("datasets/places.yaml", "title: Places", "title: Other")
    project.edit("papers/journal.yaml", "title: A paper", "title: Other")
    again = config.method("net"), config.dataset("places"), config.paper("journal")
    assert all(one is two for one, two in zip(first, again, strict=True))
    assert project.config.method("net").title == "Other"


def test_reading_a_method_leaves_the_file_as_it_was_read(project: Project) -> None:
    """A variant, or the small version, changes a copy."""
    config = project.config
    for name in ("net-no_branch", "net-no_order", "net"):
        config.method(name, small=True)
    assert config.method("net") == project.config.method("net")


def test_every_mistake_is_met_when_everything_is_checked(project: Project) -> None:
    project.config.check_everything()
    config = project.edit("datasets/places.yaml", "camera: plain", "camera: plian")
    assert "camera: plian is no camera" in sentence(config.check_everything)


def test_every_file_of_this_project_is_read_without_a_complaint() -> None:
    config = Config(ROOT)
    config.check_everything()
    assert config.choices() == config.choices(
        yaml.safe_load((ROOT / "config/config.yaml").read_text())
    )


def test_every_cited_paper_is_in_the_bibliography() -> None:
    entries = (ROOT / "docs/references.bib").read_text()
    for path in (ROOT / "config").rglob("*.yaml"):
        raw = yaml.safe_load(path.read_text()) or {}
        for key in filter(None, (raw.get("paper"), raw.get("get", {}).get("cite"))):
            assert f"{{{key}," in entries, f"{path}: {key}"


# --- the folder of the data sets -----------------------------------------------------------------


def test_data_sets_are_read_from_the_chosen_folder() -> None:
    config = Config(ROOT)
    assert config.dataset("arad1k").read["folder"] == "data/arad1k"
    config.choices({"data_root": "/shared disk/spectra"})
    arad1k = config.dataset("arad1k")
    assert arad1k.read["folder"] == "/shared disk/spectra/arad1k"
    assert arad1k.read["splits"] == "data/splits/arad1k.csv"  # of the checkout
    assert arad1k.get is not None
    assert arad1k.get.sources[0]["folder"] == "/shared disk/spectra/incoming/arad1k"
    classify = config.dataset("pavia_u-crop").classify
    assert classify is not None
    assert classify.labels["folder"] == "/shared disk/spectra/pavia_u"
    config.choices({"data_root": "disk"})
    assert config.dataset("cave").read["folder"] == str(ROOT / "disk/cave")
    config.choices()
    assert config.dataset("cave").read["folder"] == "data/cave"


def test_the_chosen_folder_may_stand_in_the_file(project: Project) -> None:
    """Commands that take no choices read it there."""
    text = (project.root / "config/config.yaml").read_text()
    project.write("config/config.yaml", f"{text}\ndata_root: /disk\n")
    place = (project.root / "config/datasets/places.yaml").read_text()
    assert "folder: data/places" in place
    assert project.config.dataset("places").read["folder"] == "/disk/places"


def test_a_folder_is_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(ROOT)
    names = config.names("papers")
    monkeypatch.setattr(tree, "list_names", None)
    names.append("a name that the caller adds")
    assert config.names("papers") == names[:-1]
