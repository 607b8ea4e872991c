import shutil
from pathlib import Path

import pytest
import yaml

from respectra.config import Config, ConfigError

ROOT = Path(__file__).parents[1]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the configuration to break."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


def edit(tree: Path, file: str, old: str, new: str) -> Config:
    path = tree / "config" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return Config(tree)


def test_a_variant_changes_what_it_says_and_nothing_else() -> None:
    config = Config(ROOT)
    whole, variant = config.method("hprn"), config.method("hprn-no_ssrm")
    assert whole.network is not None
    assert variant.network == {**whole.network, "spatial_relation": "none"}
    assert variant.inputs is not None
    assert variant.inputs.superpixels is None
    assert variant.train == whole.train


def test_the_narrow_twin_keeps_every_part() -> None:
    method = Config(ROOT).method("hprn", small=True)
    assert method.network is not None
    assert method.network["channels"] == 32
    assert method.network["spatial_relation"] == "code"
    assert method.expect.parameters is None


def test_a_budget_scales_iterations_and_caps_patches() -> None:
    config = Config(ROOT)
    phase = config.method("mst_plus_plus").train[0]
    assert config.budget("full").spend(phase) == phase
    assert config.budget("reduced").spend(phase).iterations == 15_000
    spent = config.budget("demo").spend(phase)
    assert (spent.iterations, spent.patch, spent.batch) == (300, 64, 1)
    assert spent.stride == 4  # half of the patch, half of the recipe's 8


def test_a_budget_adds_to_the_recipes_augmentation() -> None:
    config = Config(ROOT)
    short = config.budget("short")
    assert short.spend(config.method("mst_plus_plus").train[0]).augment == (
        "rotate", "flip", "relight", "expose",
    )  # fmt: skip
    assert config.budget("full").spend(config.method("hprn").train[0]).augment == ()


@pytest.mark.parametrize(
    ("file", "old", "new", "ask", "message"),
    [
        ("methods/hprn.yaml", "loss: {l1", "loss: {l2", lambda c: c.method("hprn"),
         "config/methods/hprn.yaml: train.0.loss: l2 is no loss; did you mean l1?"),
        ("methods/hprn.yaml", "iterations: 300_000", "iteration: 300_000", lambda c: c.method("hprn"),
         "config/methods/hprn.yaml: train.0.iteration is not known here; did you mean iterations?"),
        ("methods/hprn.yaml", "patch: 64", "patch: -1", lambda c: c.method("hprn"),
         "config/methods/hprn.yaml: train.0.patch: -1: input should be greater than 0"),
        ("methods/hprn.yaml", "no_sopc: {train.0.loss.second_order", "no_sopc: {train.0.loss.second_ordr",
         lambda c: c.method("hprn-no_sopc"), "train.0.loss.second_ordr is not set above; did you mean train.0.loss.second_order?"),
        ("methods/mst_plus_plus.yaml", "title: MST++", "titel: MST++", lambda c: c.method("mst_plus_plus"),
         "titel is not known here; did you mean title?"),
        ("methods/mst_plus_plus.yaml", "  stages: 3", "  stages: 3\n  stages: 4", lambda c: c.method("mst_plus_plus"),
         "stages is there twice"),
        ("methods/hprn_ensemble.yaml", "method: hprn,", "method: hprm,", lambda c: c.method("hprn_ensemble"),
         "hprm is no method; did you mean hprn"),
        ("methods/mialgo_han.yaml", "after: mialgo_han", "after: mialgo_ham", lambda c: c.method("mialgo_han-clipped"),
         "config/methods/mialgo_han.yaml: after: mialgo_ham is no method; did you mean mialgo_han?"),
        ("methods/mialgo_han.yaml", "after: null", "after: mialgo_han-clipped", lambda c: c.method("mialgo_han"),
         "config/methods/mialgo_han.yaml: after: mialgo_han would begin with its own training"),
        ("methods/mirnet.yaml", "held_out: {train.0.hold_out: {share: 0.05", "held_out: {train.0.hold_out: {share: 0.06",
         lambda c: c.method("mst_plus_plus_fitted_ensemble"), "members.1: mirnet-held_out has seen the scenes that weights are fitted to"),
        ("methods/mialgo_han.yaml", "flip, simulate]", "flip]", lambda c: c.method("mialgo_han"),
         "train.0: beside: other data sets' cubes have pictures only if these are simulated"),
        ("config.yaml", "beside: []", "beside: [cava]", lambda c: c.choices(),
         "config/config.yaml: beside: cava is no dataset; did you mean cave?"),
        ("datasets/synthetic.yaml", "camera: ntire2022", "camera: ntire2020", lambda c: c.dataset("synthetic"),
         "config/datasets/synthetic.yaml: camera: ntire2020 is no camera; did you mean ntire2022?"),
        ("datasets/folder.yaml", "  key: cube", "  kye: cube", lambda c: c.dataset("folder"),
         "folder:read has no setting kye; did you mean key?"),
        ("cameras/ntire2022.yaml", "noise:photons", "noise:photns", lambda c: c.camera("ntire2022"),
         "photns is no camera; did you mean photons?"),
        ("budgets/demo.yaml", "iterations: 300", "iterations: 0", lambda c: c.budget("demo"),
         "config/budgets/demo.yaml: iterations: 0: input should be greater than 0"),
        ("budgets/full.yaml", "share: 1.0", "share: 0", lambda c: c.budget("full"), "config/budgets/full.yaml: share: 0"),
        ("papers/overview.yaml", "MRAE: mrae", "MRAE: mare", lambda c: c.paper("overview"),
         "mare is no metric; did you mean mrae?"),
        ("papers/hprn.yaml", "baseline: hprn-baseline", "baseline: hprn-base_line", lambda c: c.paper("hprn"),
         "base_line is no variant of hprn; did you mean baseline?"),
        ("config.yaml", "dataset: synthetic", "dataset: syntetic", lambda c: c.choices(),
         "config/config.yaml: dataset: syntetic is no dataset; did you mean synthetic?"),
        ("config.yaml", "budget: demo", "budget: demos", lambda c: c.choices(), "demos is no budget; did you mean demo?"),
        ("config.yaml", "[table8, table9, table10]", "[tabel8]", lambda c: c.choices(),
         "make.hprn: tabel8 is no table or figure; did you mean table8?"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_file_key_and_near_miss(
    tree: Path, file: str, old: str, new: str, ask, message: str
) -> None:
    config = edit(tree, file, old, new)
    with pytest.raises(ConfigError) as caught:
        ask(config)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda c: c.method("mst_plus_pluss"), "mst_plus_pluss is no method; did you mean mst_plus_plus?"),
        (lambda c: c.method("hprn-no_srm"), "no_srm is no variant of hprn; did you mean no_ssrm?"),
        (lambda c: c.dataset("arad2k"), "arad2k is no dataset; did you mean arad1k?"),
        (lambda c: c.budget("fll"), "fll is no budget; did you mean full?"),
    ],
)  # fmt: skip
def test_a_misspelt_name_names_its_neighbours(ask, message: str) -> None:
    with pytest.raises(ConfigError, match="is no") as caught:
        ask(Config(ROOT))
    assert message in str(caught.value)


def test_yaml_cannot_run_code(tree: Path) -> None:
    path = tree / "config/budgets/demo.yaml"
    path.write_text("caption: !!python/object/apply:os.system ['false']\n")
    with pytest.raises(ConfigError, match="not readable as YAML"):
        Config(tree).budget("demo")


def test_every_file_in_config_is_read_without_a_complaint() -> None:
    config = Config(ROOT)
    for method in config.methods:
        for variant in ["", *(f"-{v}" for v in config.variants(method))]:
            config.method(method + variant)
            config.method(method + variant, small=True)
    for name in config.names("papers"):
        config.paper(name)
    for name in config.names("cameras"):
        config.camera(name)
    config.choices()


def test_every_cited_paper_is_in_the_bibliography() -> None:
    entries = (ROOT / "docs/references.bib").read_text()
    for path in (ROOT / "config").rglob("*.yaml"):
        raw = yaml.safe_load(path.read_text()) or {}
        for key in filter(None, (raw.get("paper"), raw.get("get", {}).get("cite"))):
            assert f"{{{key}," in entries, f"{path}: {key}"


def test_a_variant_of_a_data_set_is_the_data_set_but_for_what_it_changes() -> None:
    config = Config(ROOT)
    plain, grouped = config.dataset("arad1k"), config.dataset("arad1k-grouped")
    assert "arad1k-grouped" in config.datasets
    assert grouped.read == {**plain.read, "splits": "data/splits/arad1k_grouped.csv"}
    same = {"name": "arad1k", "title": plain.title, "read": plain.read}
    assert grouped.model_copy(update=same) == plain
    with pytest.raises(ConfigError, match="groupd is no variant of arad1k; did you mean grouped"):
        config.dataset("arad1k-groupd")
