import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from respectra import build, plan
from respectra.config import Config, ConfigError

ROOT = Path(__file__).parents[1]
CONFIG = Config(ROOT)
CHOICES = CONFIG.choices()


def test_planning_imports_neither_torch_nor_numpy() -> None:
    code = (
        "import sys\nfrom respectra import plan\nfrom respectra.config import Config\n"
        "config = Config('.')\nplan.train(config, 'hprn', 'full')\n"
        "plan.table(config, 'overview', 'methods', 'demo.synthetic', config.choices())\n"
        "print([m for m in ('torch', 'numpy', 'h5py', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[]\n", done.stderr


LOSSES = "from respectra.parts import used as helper, other\nA = 2\n"


def test_plans_are_the_same_in_every_process() -> None:
    code = (
        "from respectra import plan\nfrom respectra.config import Config\n"
        "config = Config('.')\nchoices = config.choices()\n"
        "print([plan.train(config, m, 'demo')['code'] for m in config.methods"
        " if config.kind(m) == 'network'])\n"
        "print(plan.dataset(config, 'folder', choices), plan.score(config, 'synthetic'))\n"
        "for name in config.names('papers'):\n"
        "    paper = config.paper(name)\n"
        "    print([plan.table(config, name, key, 'full', choices) for key in paper.tables])\n"
        "    print([plan.figure(config, name, key, 'full', choices) for key in paper.figures\n"
        "           if plan.possible(config, name, key, 'full')])\n"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of three modules to digest, in place of this one."""
    root = tmp_path / "respectra"
    root.mkdir()
    (root / "__init__.py").touch()
    (root / "step.py").write_text('"""A step."""\nfrom respectra import tool\nX = tool.Y\n')
    (root / "tool.py").write_text("Y = 1  # a number\n")
    (root / "losses.py").write_text(
        LOSSES + "def one(): return A + helper()\ndef two(): return other()\n"
    )
    (root / "parts.py").write_text("def used(): return 1\ndef other(): return 2\n")
    monkeypatch.setattr(build, "PACKAGE", root)
    yield root
    forget()


def forget() -> None:
    for cached in (build.source, build.tree, plan._page, plan._statements, plan._digest):
        cached.cache_clear()


def digest() -> str:
    forget()
    return plan.code(["respectra.step"], [("loss", "one")])


@pytest.mark.parametrize(
    ("file", "text", "changes"),
    [
        ("step.py", '"""Another docstring."""\nfrom respectra import tool\nX = tool.Y\n', False),
        ("tool.py", "Y = 1  # another comment\n\n\n", False),
        ("losses.py", LOSSES + "def one(): return A + helper()\ndef two(): return 4\n", False),
        ("tool.py", "Y = 2\n", True),
        ("losses.py", LOSSES.replace("2", "9") + "def one(): return A + helper()\n", True),
        ("parts.py", "def used(): return 1\ndef other(): return 9\n", False),
        ("parts.py", "def used(): return 5\ndef other(): return 2\n", True),
    ],
)
def test_a_digest_follows_what_the_code_does(
    package: Path, file: str, text: str, changes: bool
) -> None:
    before = digest()
    (package / file).write_text(text)
    assert (digest() != before) == changes


def test_a_network_is_part_of_its_own_training_alone() -> None:
    hprn, mst = (plan.train(CONFIG, m, "demo")["code"] for m in ("hprn", "mst_plus_plus"))
    assert hprn != mst
    assert plan.train(CONFIG, "hprn-no_ssrm", "demo")["code"] != ""


def test_a_variant_that_only_reconstructs_otherwise_is_not_trained_again() -> None:
    assert plan.trained_as(CONFIG, "mst_plus_plus-self_ensemble") == "mst_plus_plus"
    assert plan.trained_as(CONFIG, "hprn-no_ssrm") == "hprn-no_ssrm"
    assert plan.trained_as(CONFIG, "hprn") == "hprn"


def test_an_ensemble_rests_on_its_members_trainings() -> None:
    found = plan.trainings(CONFIG, CHOICES, "mst_plus_plus_ensemble", "demo")
    assert found == [("mst_plus_plus", "demo-seed0"), ("mst_plus_plus", "demo-seed1")]


def test_the_authors_weights_are_a_run_of_the_whole_network() -> None:
    assert plan.reconstruct(CONFIG, "hprn", "released")["network"]["channels"] == 200
    assert plan.reconstruct(CONFIG, "hprn", "demo-seed3")["network"]["channels"] == 32
    assert plan.checkpoint(CONFIG, "arad1k", "mst_plus_plus-self_ensemble", "released") == (
        "results/train/arad1k/mst_plus_plus/released/checkpoint.pt"
    )
    assert plan.released_file(CONFIG, "edsr") == "data/released/edsr.pth"


def test_a_fit_has_no_seed_and_a_narrow_twin() -> None:
    assert plan.runs(CONFIG, CHOICES, "sparse_coding", "demo") == ["demo"]
    assert plan.trainings(CONFIG, CHOICES, "sparse_coding", "demo") == []
    assert plan.control(CONFIG, "sparse_coding", "demo")["fit"]["atoms"] == 60
    assert plan.control(CONFIG, "sparse_coding", "full")["fit"]["atoms"] == 500


def test_a_training_waits_for_the_one_it_goes_on_from() -> None:
    begun = plan.start(CONFIG, "arad1k", "mialgo_han-clipped", "full", "3")
    assert begun == ["results/train/arad1k/mialgo_han/full-seed3/checkpoint.pt"]
    assert plan.start(CONFIG, "arad1k", "mialgo_han", "full", "3") == []
    behind = {method for method, _ in plan.trainings(CONFIG, CHOICES, "mialgo_ensemble", "full")}
    assert behind == {"mialgo_han", "mialgo_han-clipped", "mialgo_han-unclipped"}


def test_fitted_weights_wait_for_held_out_scenes() -> None:
    name = "mst_plus_plus_fitted_ensemble"
    files = plan.held_out_files(CONFIG, "arad1k", name, "full")
    assert len(files) == 6
    assert files[0] == "results/reconstruct/arad1k/mst_plus_plus-held_out/full-seed0/held_out.h5"
    assert plan.held_out_files(CONFIG, "arad1k", "mst_plus_plus_ensemble", "full") == []


def test_data_sets_beside_are_those_that_are_named_and_asked_for() -> None:
    names = ("cave", "icvl")
    manifests = [f"results/datasets/{name}/scenes.csv" for name in names]
    assert plan.beside(CONFIG, "arad1k", "mialgo_han-clipped", names) == manifests
    assert plan.beside(CONFIG, "cave", "mialgo_han", names) == manifests[1:]
    assert plan.beside(CONFIG, "arad1k", "mst_plus_plus", names) == []
    assert plan.train(CONFIG, "mialgo_han", "full", names)["beside"] == list(names)
    assert plan.train(CONFIG, "mst_plus_plus", "full", names)["beside"] == []


def test_a_gain_over_methods_that_are_not_asked_for_is_not_made() -> None:
    asked = CHOICES.model_copy(update={"methods": ("hprn", "unet")})
    found = plan.table(CONFIG, "hprn", "text", "demo.synthetic", asked)
    assert (found["cells"], found["against"], found["trained"]) == ([], {}, {})


def test_gains_and_ranks_wait_for_the_scores_they_are_set_against() -> None:
    files = plan.table_files(CONFIG, "ntire2022", "section6_7_gains", "demo.synthetic", CHOICES)
    scored = {file.split("/")[3] for file in files if "/score/" in file}
    assert scored == {"ivl_fast_n_squeeze_ensemble", "ivl_fast", "ivl_squeeze_ensemble"}
    assert any("/ivl_squeeze/" in file for file in files if "/train/" in file)
    ranked = plan.table_files(CONFIG, "ntire2022", "table3", "demo.synthetic", CHOICES)
    assert {"published/ntire2022/table1.csv", "published/ntire2022/table3.csv"} < set(ranked)
    assert {file.rpartition("/")[2] for file in ranked if "/score/" in file} == {
        "valid.csv", "out_of_scope.csv",
    }  # fmt: skip


def test_the_overview_is_of_the_methods_asked_for() -> None:
    asked = CHOICES.model_copy(update={"methods": ("mst_plus_plus-self_ensemble", "linear")})
    assert plan.shown(CONFIG, asked) == ["linear", "mst_plus_plus-self_ensemble"]
    assert plan.table(CONFIG, "overview", "methods", "demo.synthetic", asked)["rows"] == [
        "linear", "MST++, self_ensemble",
    ]  # fmt: skip
    assert set(CONFIG.methods) - set(plan.shown(CONFIG, CHOICES)) == {
        "observation", "ivl_lower_bound",
        "mst_plus_plus_models_ensemble", "mst_plus_plus_scales_ensemble",
    }  # fmt: skip


def test_an_ensembles_time_is_that_of_its_networks() -> None:
    assert plan.passes(CONFIG, "hprn-no_ssrm") == {"hprn": 1}
    assert plan.passes(CONFIG, "ssr_ensemble") == {"ssr_han": 4, "ssr_restormer": 1}
    assert plan.passes(CONFIG, "mst_plus_plus_challenge_ensemble")["mst_plus_plus"] == 24
    assert plan.passes(CONFIG, "ivl_fast") == {}


def test_a_table_makes_the_methods_that_are_asked_for_and_their_variants() -> None:
    few = CHOICES.model_copy(update={"methods": ("ifl_rdan", "linear")})
    rows = {c["row"] for c in plan.table(CONFIG, "ntire2022", "table4", "demo", few)["cells"]}
    assert rows == {"Best v1k4", "Best v1k8", "Best v2k4", "Best v2k8"}
    every = plan.table(CONFIG, "ntire2022", "table4", "demo", CHOICES)["cells"]
    assert len(every) == 5


def test_a_late_setting_is_in_no_early_plan() -> None:
    late = plan.reconstruct(CONFIG, "mst_plus_plus-self_ensemble", "demo")
    assert late["reconstruct"]["self_ensemble"] == "flips"
    assert "reconstruct" not in plan.train(CONFIG, "mst_plus_plus", "demo")


def test_a_stand_in_without_classes_leaves_what_is_classified_out() -> None:
    assert plan.table(CONFIG, "hprn", "table11", "demo.synthetic", CHOICES)["cells"] == []
    assert not plan.possible(CONFIG, "hprn", "figure9", "demo.synthetic")
    assert plan.possible(CONFIG, "hprn", "figure8", "demo.synthetic")
    assert plan.possible(CONFIG, "ntire2022", "figure4", "demo.synthetic")
    assert not plan.possible(CONFIG, "ntire2022", "figure4", "full")
    assert plan.possible(CONFIG, "hprn", "figure9", "demo.pavia_u-crop")
    with pytest.raises(ConfigError, match="has no `classify` on split valid"):
        plan.figure(CONFIG, "hprn", "figure9", "demo.synthetic", CHOICES)


def test_classes_are_read_from_reconstructions_and_scored_apart() -> None:
    table = plan.table(CONFIG, "hprn", "table11", "demo.pavia_u-crop", CHOICES)
    (rgb,) = [cell for cell in table["cells"] if cell["row"] == "Simulated RGB"]
    assert rgb["scores"] == "results/score/pavia_u-crop/observation/demo/whole.classes.csv"
    assert plan.products("reconstruct", [table], []) == {
        f"results/reconstruct/pavia_u-crop/{run}/whole.h5"
        for run in ("observation/demo", "hprn/demo-seed0", "oracle/demo")
    }
    short, full = (plan.classify(CONFIG, "pavia_u-crop", run) for run in ("demo-seed0", "full"))
    assert (short["iterations"], short["runs"]) == (300, 3)
    assert (full["iterations"], full["runs"], full["share"]) == (None, 10, 1.0)
    assert plan.classify(CONFIG, "pavia_u", "smoke")["runs"] == 1
    with pytest.raises(ConfigError, match="has no `classify`"):
        plan.classify(CONFIG, "synthetic", "demo")


def test_an_edition_is_a_budget_and_perhaps_a_stand_in() -> None:
    assert plan.split_edition(CONFIG, "demo.synthetic") == ("demo", "synthetic")
    assert plan.split_edition(CONFIG, "full") == ("full", None)
    with pytest.raises(ConfigError, match="did you mean synthetic"):
        plan.split_edition(CONFIG, "demo.synthetics")


def test_a_stand_in_without_the_split_is_scored_on_valid() -> None:
    table = plan.table(CONFIG, "ntire2022", "table3", "demo.folder", CHOICES)
    assert {cell["scores"].rpartition("/")[2] for cell in table["cells"]} == {"valid.csv"}
    table = plan.table(CONFIG, "ntire2022", "table3", "demo.synthetic", CHOICES)
    assert {c["scores"].rpartition("/")[2] for c in table["cells"]} == {"out_of_scope.csv"}


def test_what_was_never_published_is_scored_on_a_stand_in_alone() -> None:
    table = plan.table(CONFIG, "ntire2022", "table3", "full", CHOICES)
    assert (table["cells"], table["trained"], table["columns"]) == ([], {}, [])
    assert plan.table(CONFIG, "ntire2022", "table3", "full.synthetic", CHOICES)["cells"]


def test_only_the_full_budget_on_the_papers_own_data_is_judged() -> None:
    judged = {
        edition: plan.table(CONFIG, "ntire2022", "table1", edition, CHOICES)["judged"]
        for edition in ("full", "reduced", "full.synthetic")
    }
    assert judged == {"full": True, "reduced": False, "full.synthetic": False}


def test_unknown_tables_and_figures_are_named() -> None:
    with pytest.raises(ConfigError, match="tabel1 is no table; did you mean table1"):
        plan.table(CONFIG, "ntire2022", "tabel1", "demo", CHOICES)
    with pytest.raises(ConfigError, match="did you mean spectra"):
        plan.figure(CONFIG, "overview", "spectras", "demo", CHOICES)


def test_an_ensemble_cannot_be_trained() -> None:
    with pytest.raises(
        ConfigError, match="hprn_ensemble is an ensemble; only networks are trained"
    ):
        plan.train(CONFIG, "hprn_ensemble", "demo")


def test_leaking_scenes_are_left_out_where_that_is_asked() -> None:
    asked = CHOICES.model_copy(update={"leaks": "leave_out"})
    for choices, wanted in ((CHOICES, []), (asked, ["ARAD_1K_0950"])):
        table = plan.table(CONFIG, "ntire2022", "table1", "full", choices)
        assert all(cell["left_out"] == wanted for cell in table["cells"])
