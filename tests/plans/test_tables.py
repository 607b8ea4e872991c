import pytest

from respectra.config import Choices
from respectra.plans.figures import plan_figure
from respectra.plans.steps import plan_train
from respectra.plans.tables import leaking_scenes, plan_table
from tests.config.conftest import Project, sentence


@pytest.fixture
def choices(project: Project) -> Choices:
    return project.config.choices()


def test_a_table_has_the_rows_and_columns_of_the_paper(project: Project, choices: Choices) -> None:
    plan = plan_table(project.config, "journal", "table1", "full", choices)
    assert plan["rows"] == ["Net", "Ours", "Lost"]
    assert plan["columns"] == [
        {
            "label": "Places",
            "metrics": {"MRAE": "mrae"},
            "source": "places/valid",
            "other_images": None,
        }
    ]
    assert plan["published"] == "published/journal/table1.csv"
    assert [(cell["row"], cell["region"], cell["scores"]) for cell in plan["cells"]] == [
        ("Net", "crop", "results/score/places/net/full-seed0/valid.csv"),
        ("Ours", "crop", "results/score/places/net_ensemble/full/valid.csv"),
    ]
    assert plan["parameters"] == {"Net": 1000, "Ours": None}
    assert plan["macs"] == {"Net": 2.5e9, "Ours": None}
    assert plan["passes"] == {"Net": {"net": 1}, "Ours": {"net": 2}}


def test_every_seed_has_a_cell(project: Project, choices: Choices) -> None:
    seeds = choices.model_copy(update={"seeds": (0, 4)})
    cells = plan_table(project.config, "journal", "table1", "demo", seeds)["cells"]
    assert [cell["scores"].split("/")[4] for cell in cells] == ["demo-seed0", "demo-seed4", "demo"]


def test_a_table_states_the_trainings_behind_its_rows(project: Project, choices: Choices) -> None:
    config = project.config
    trained = plan_table(config, "journal", "table1", "demo", choices)["trained"]
    assert {path: training["rows"] for path, training in trained.items()} == {
        "results/train/places/net/demo-seed0/plan.yaml": ["Net", "Ours"],
        "results/train/places/net/demo-seed1/plan.yaml": ["Net", "Ours"],
    }
    for training in trained.values():
        assert training["plan"] == plan_train(config, "net", "demo")


def test_a_stand_in_takes_the_place_of_the_papers_data(project: Project, choices: Choices) -> None:
    plan = plan_table(project.config, "journal", "table1", "demo.folder", choices)
    assert plan["columns"][0]["source"] == "folder/valid"
    assert plan["edition"]["stand_in"] == "A folder"
    assert {cell["scores"].split("/")[2] for cell in plan["cells"]} == {"folder"}


def test_a_table_makes_the_methods_that_are_chosen_and_their_variants(
    project: Project, choices: Choices
) -> None:
    config = project.edit("papers/journal.yaml", "Lost: null", "Lost: null, Flipped: net-flips")
    few = choices.model_copy(update={"methods": ("net", "linear")})
    plan = plan_table(config, "journal", "table1", "demo", few)
    assert {cell["row"] for cell in plan["cells"]} == {"Net", "Flipped"}
    assert plan["rows"] == ["Net", "Ours", "Lost", "Flipped"]


def test_gains_wait_for_the_scores_they_are_compared_with(
    project: Project, choices: Choices
) -> None:
    plan = plan_table(project.config, "journal", "table2", "demo", choices)
    (rivals,) = plan["compared_with"].values()
    assert [cell["scores"] for rival in rivals for cell in rival] == [
        "results/score/places/net/demo-seed0/valid.csv",
        "results/score/places/linear/demo/valid.csv",
    ]
    assert {path.split("/")[3] for path in plan["trained"]} == {"net", "chained", "chained-clipped"}


def test_a_gain_over_methods_that_are_not_chosen_is_not_made(
    project: Project, choices: Choices
) -> None:
    few = choices.model_copy(update={"methods": ("mixed_ensemble", "net")})  # without linear
    plan = plan_table(project.config, "journal", "table2", "demo", few)
    assert (plan["cells"], plan["compared_with"], plan["trained"]) == ([], {}, {})


def test_ranks_wait_for_the_table_that_they_are_of(project: Project, choices: Choices) -> None:
    config = project.config
    plan = plan_table(config, "journal", "table3", "demo.folder", choices)
    first = plan_table(config, "journal", "table1", "demo.folder", choices)
    assert plan["primary"] == {
        "published": "published/journal/table1.csv", "cells": first["cells"], "ranked": None,
    }  # fmt: skip
    assert plan["ranked"] == "MRAE"
    assert first["primary"] is None


def test_what_was_never_published_is_scored_on_a_stand_in_only(
    project: Project, choices: Choices
) -> None:
    config = project.config
    plan = plan_table(config, "journal", "table3", "full", choices)
    assert (plan["cells"], plan["trained"], plan["columns"]) == ([], {}, [])
    stand_in = plan_table(config, "journal", "table3", "full.folder", choices)
    assert [cell["scores"] for cell in stand_in["cells"]] == [
        "results/score/folder/net/full-seed0/valid.csv"  # the folder has no split test
    ]


def test_classes_are_scored_in_files_of_their_own(project: Project, choices: Choices) -> None:
    config = project.config
    plan = plan_table(config, "journal", "table4", "demo", choices)
    assert [cell["scores"] for cell in plan["cells"]] == [
        "results/score/classified/net/demo-seed0/whole.classes.csv",
        "results/score/classified/hidden/demo/whole.classes.csv",
    ]
    assert plan_table(config, "journal", "table4", "demo.folder", choices)["cells"] == []


def test_the_overview_has_the_chosen_methods(project: Project, choices: Choices) -> None:
    config = project.config
    few = choices.model_copy(update={"methods": ("net-flips", "linear")})
    plan = plan_table(config, "overview", "methods", "demo", few)
    assert plan["rows"] == ["Linear", "Net, flips"]
    assert plan["published"] is None
    everything = plan_table(config, "overview", "methods", "demo", choices)["rows"]
    assert "Hidden" not in everything
    assert len(everything) == 7


def test_only_the_full_budget_on_the_papers_own_data_is_judged(
    project: Project, choices: Choices
) -> None:
    judged = {
        edition: plan_table(project.config, "journal", "table1", edition, choices)["judged"]
        for edition in ("full", "half", "full.folder")
    }
    assert judged == {"full": True, "half": False, "full.folder": False}


def test_times_are_read_if_they_were_measured(project: Project, choices: Choices) -> None:
    config = project.edit(
        "papers/journal.yaml",
        "caption: The scores",
        "caption: The scores\n    timed_size: [8, 9]\n    macs_size: {Places: [4, 5]}",
    )
    plan = plan_table(config, "journal", "table1", "demo", choices)
    assert (plan["timed_size"], plan["macs_size"], plan["timings"]) == (
        [8, 9],
        {"Places": [4, 5]},
        None,
    )
    project.write("results/timings.csv", "method,seconds\n")
    assert (
        plan_table(config, "journal", "table1", "demo", choices)["timings"] == "results/timings.csv"
    )
    assert plan_table(config, "journal", "table2", "demo", choices)["timings"] is None


def test_leaking_scenes_are_left_out_if_that_is_chosen(project: Project, choices: Choices) -> None:
    config = project.config
    strict = choices.model_copy(update={"leaks": "leave_out"})
    for chosen, scenes in ((choices, []), (strict, ["b"])):  # a and b show one place
        assert leaking_scenes(config, "places", chosen) == scenes
        cells = plan_table(config, "journal", "table1", "full", chosen)["cells"]
        assert [cell["left_out"] for cell in cells] == [scenes] * len(cells)
    assert leaking_scenes(config, "folder", strict) == []


def test_a_column_states_that_its_images_are_not_the_papers(
    project: Project, choices: Choices
) -> None:
    strict = choices.model_copy(update={"leaks": "leave_out"})

    def other_images(edition: str, chosen: Choices) -> str | None:
        plan = plan_table(project.config, "journal", "table1", edition, chosen)
        return plan["columns"][0]["other_images"]

    assert other_images("full", choices) is None
    assert other_images("full", strict) == "without the scenes of places that are trained on"
    project.edit("papers/journal.yaml", "region: crop", "region: crop, paper_split: test")
    assert other_images("full", choices) == other_images("full", strict) == "validation, not test"
    assert (
        other_images("full.folder", choices) is None
    )  # the images are not the paper's in any case


def test_unknown_tables_and_figures_name_their_neighbour(
    project: Project, choices: Choices
) -> None:
    config = project.config
    assert sentence(lambda: plan_table(config, "journal", "tabel1", "demo", choices)) == (
        "config/papers/journal.yaml: tabel1 is no table; did you mean table1?"
    )
    assert sentence(lambda: plan_figure(config, "journal", "figuer1", "demo", choices)) == (
        "config/papers/journal.yaml: figuer1 is no figure; did you mean figure1?"
    )
    assert "jornal is no paper" in sentence(
        lambda: plan_table(config, "jornal", "table1", "demo", choices)
    )
