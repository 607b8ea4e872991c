import os
import subprocess
import sys

import pytest

from respectra.config import Choices
from respectra.plans import steps
from tests.config.conftest import Project, sentence
from tests.conftest import ROOT


@pytest.fixture
def choices(project: Project) -> Choices:
    return project.config.choices()


def test_plans_are_the_same_in_every_process() -> None:
    """The order of a set differs from process to process."""
    code = (
        "from respectra.config import Config\nfrom respectra.plans import figures, steps, tables\n"
        "config = Config('.')\nchoices = config.choices()\n"
        "print([steps.plan_train(config, m, 'demo') for m in config.methods"
        " if config.kind(m) == 'network'])\n"
        "print(steps.plan_dataset(config, 'folder', choices), steps.plan_score(config, 'synthetic'))\n"
        "for name in config.names('papers'):\n"
        "    paper = config.paper(name)\n"
        "    print([tables.plan_table(config, name, key, 'full', choices) for key in paper.tables])\n"
        "    print([figures.plan_figure(config, name, key, 'full', choices) for key in paper.figures\n"
        "           if figures.is_drawable(config, name, key, 'full', choices)])\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(outputs) == 1


def test_a_training_is_planned_within_its_budget(project: Project) -> None:
    plan = steps.plan_train(project.config, "net", "demo")
    assert plan["network"] == {
        "is": "tiny:Tiny", "width": 8, "depth": 4, "branch": "code", "at": [1],
    }  # fmt: skip
    (phase,) = plan["train"]
    assert (phase["iterations"], phase["patch"], phase["optimizer"]["lr"]) == (300, 32, 1.0e-3)
    full = steps.plan_train(project.config, "net", "full")
    assert full["network"]["width"] == 32
    assert full["train"][0]["iterations"] == 1000
    assert (plan["starts_from"], plan["extra_datasets"]) == (None, [])
    assert steps.plan_training(project.config, "net", "demo-seed7") == plan


def test_a_variant_has_its_own_network_and_the_code_of_its_method(project: Project) -> None:
    net, variant = (steps.plan_train(project.config, m, "full") for m in ("net", "net-no_branch"))
    assert variant["network"] == {**net["network"], "branch": "none"}
    assert {**variant, "network": net["network"]} == net


def test_a_training_that_starts_from_another_states_it(project: Project) -> None:
    assert steps.plan_train(project.config, "chained-clipped", "full")["starts_from"] == "chained"


def test_extra_data_sets_are_in_the_plans_of_those_that_use_them(project: Project) -> None:
    names = ("places", "classified")
    chained = steps.plan_train(project.config, "chained", "full", names)
    assert chained["extra_datasets"] == list(names)
    assert steps.plan_train(project.config, "net", "full", names)["extra_datasets"] == []
    assert steps.plan_train(project.config, "net", "full", names) == steps.plan_train(
        project.config, "net", "full"
    )


def test_what_a_method_is_named_or_how_it_is_tiled_is_no_part_of_its_training(
    project: Project,
) -> None:
    before = steps.plan_train(project.config, "net", "full")
    project.edit("methods/net.yaml", "title: Net", "title: Other\npaper: someone2020")
    project.edit("methods/net.yaml", "tile: null, overlap: 0", "tile: 64, overlap: 8")
    config = project.edit("methods/net.yaml", "parameters: 1000", "parameters: 2000")
    assert steps.plan_train(config, "net", "full") == before
    assert steps.plan_reconstruct(config, "net", "full-seed0")["reconstruct"]["tile"] == 64


def test_the_metric_that_chooses_the_weights_is_part_of_the_digest(project: Project) -> None:
    """The training calls it by name."""
    project.edit(
        "methods/net.yaml",
        "hold_out: null",
        "hold_out: {share: 0.05, seed: 0}\n    choose: {split: held_out, every: 10, by: mrae}",
    )
    before = steps.plan_train(project.config, "net", "full")
    unchosen = steps.plan_train(project.config, "chained", "full")
    text = (project.package / "metrics.py").read_text()
    project.write("respectra/metrics.py", text.replace("float: ...", "float: return 1"))
    assert steps.plan_train(project.config, "net", "full")["code"] != before["code"]
    assert steps.plan_train(project.config, "chained", "full") == unchosen


def test_a_late_setting_is_in_no_early_plan(project: Project) -> None:
    reconstruct = steps.plan_reconstruct(project.config, "net-flips", "demo-seed0")
    assert reconstruct["reconstruct"]["self_ensemble"] == "flips"
    assert steps.plan_train(project.config, "net-flips", "demo") == steps.plan_train(
        project.config, "net", "demo"
    )


def test_the_authors_weights_are_a_run_of_the_whole_network(project: Project) -> None:
    config = project.config
    assert steps.plan_reconstruct(config, "net", "released")["network"]["width"] == 32
    assert steps.plan_reconstruct(config, "net", "demo-seed3")["network"]["width"] == 8
    assert steps.plan_reconstruct(config, "net", "full-seed3")["network"]["width"] == 32
    assert steps.plan_released(config, "net")["network"]["width"] == 32


def test_a_fit_has_a_small_version(project: Project) -> None:
    assert steps.plan_control(project.config, "sparse", "demo")["fit"]["atoms"] == 60
    assert steps.plan_control(project.config, "sparse", "full")["fit"]["atoms"] == 500
    assert steps.plan_control(project.config, "linear", "full")["control"] == {"is": "linear"}


def test_an_ensemble_has_the_weights_of_its_members(project: Project) -> None:
    plan = steps.plan_ensemble(project.config, "net_ensemble")
    assert plan["ensemble"] == {"is": "weighted_mean"}
    assert plan["weights"] == [2.0, 1.0]
    assert plan["margin"] is None


def test_an_ensemble_that_takes_the_margin_has_that_of_the_data_set(project: Project) -> None:
    config = project.edit("methods/net_ensemble.yaml", "weighted_mean", "select")
    assert steps.plan_ensemble(config, "net_ensemble", "places")["margin"] == 8
    assert steps.plan_ensemble(config, "net_ensemble")["margin"] == 0


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (lambda c: steps.plan_train(c, "net_ensemble", "demo"), "net_ensemble is an ensemble; only networks are trained"),
        (lambda c: steps.plan_train(c, "linear", "demo"), "linear is a control; only networks are trained"),
        (lambda c: steps.plan_train(c, "net", "dmo"), "config/budgets: dmo is no budget; did you mean demo?"),
        (lambda c: steps.plan_reconstruct(c, "sparse", "demo"), "sparse is a fit; only networks are trained"),
        (lambda c: steps.plan_released(c, "sparse"), "sparse is a fit; only networks are trained"),
        (lambda c: steps.plan_ensemble(c, "net"), "net is a network; only ensembles have members"),
        (lambda c: steps.plan_control(c, "net", "demo"), "net is a network; it is neither a control nor a fit"),
        (lambda c: steps.plan_classify(c, "places", "demo"), "config/datasets/places.yaml: has no `classify`"),
    ],
)  # fmt: skip
def test_a_step_that_does_not_fit_the_method_is_refused(project: Project, plan, message) -> None:
    assert sentence(lambda: plan(project.config)) == message


def test_a_data_set_is_its_files_wherever_they_are(project: Project, choices: Choices) -> None:
    config = project.config
    plan = steps.plan_dataset(config, "places", choices)
    assert list(plan["files"]) == ["a.mat", "data/places.csv"]
    assert plan["read"] == {"is": "folder:read", "splits": "data/places.csv"}
    assert (plan["size"], plan["range"], plan["zeros"]) == ([32, 48], [0.0, 1.0], "refuse")
    project.write("elsewhere/a.mat", "a cube")
    moved = project.edit("datasets/places.yaml", "folder: data/places", "folder: elsewhere")
    assert steps.plan_dataset(moved, "places", choices)["files"] == plan["files"]
    project.write("elsewhere/a.mat", "another cube")
    assert steps.plan_dataset(moved, "places", choices)["files"] != plan["files"]


def test_the_folder_of_a_data_set_may_be_a_choice(project: Project, choices: Choices) -> None:
    config = project.config
    assert steps.folder_of(config, "folder", choices) == "data/folder"
    other = choices.model_copy(update={"folder": "./2024_05_01"})
    assert steps.folder_of(config, "folder", other) == "./2024_05_01"
    assert steps.folder_of(config, "places", other) == "data/places"
    assert steps.folder_of(config, "classified", other) is None
    assert steps.plan_dataset(config, "classified", choices)["files"] == {}
    assert steps.data_folders(config, choices) == {
        "classified": None, "folder": "data/folder", "places": "data/places",
        "places-grouped": "data/places",
    }  # fmt: skip


def test_a_camera_follows_its_response_and_the_provided_pictures(
    project: Project, choices: Choices
) -> None:
    config = project.config
    simulated = steps.plan_camera(config, "folder", choices)
    assert simulated["provided"] is None
    assert list(simulated["files"]) == ["data/response.csv"]
    provided = steps.plan_camera(config, "places", choices)
    assert provided["provided"] == "rgb/{scene}.jpg"
    assert list(provided["files"]) == ["data/response.csv", "rgb/a.jpg"]
    project.write("data/response.csv", "wavelength_nm,R,G,B\n400,2,0,0\n")
    assert steps.plan_camera(config, "folder", choices)["files"] != simulated["files"]


def test_a_response_that_does_not_exist_is_named(project: Project, choices: Choices) -> None:
    config = project.edit("cameras/plain.yaml", "data/response.csv", "data/responce.csv")
    text = sentence(lambda: steps.plan_camera(config, "folder", choices))
    assert text == "config/cameras/plain.yaml: response.file: data/responce.csv is missing"


def test_a_score_knows_the_margin_of_the_crop(project: Project) -> None:
    config = project.config
    assert steps.plan_score(config, "places")["margin"] == 8
    assert steps.plan_submission(config, "places")["margin"] == 8
    assert steps.plan_score(config, "classified")["margin"] == 0


def test_a_classification_is_spent_within_the_budget(project: Project) -> None:
    config = project.config
    demo, half, full = (
        steps.plan_classify(config, "classified", run) for run in ("demo-seed0", "half", "full")
    )
    assert (demo["iterations"], demo["runs"], demo["share"]) == (300, 3, 1.0)
    assert (half["iterations"], half["runs"], half["share"]) == (None, 10, 0.5)
    assert (full["iterations"], full["runs"], full["share"]) == (None, 10, 1.0)
    assert (full["classes"], full["network"]["side"]) == (2, 3)
