import pytest

from respectra.config import Choices
from respectra.plans.figures import plan_figure
from respectra.plans.products import (
    chosen_products,
    figure_files,
    files_of_figure,
    files_of_table,
    pages,
    products,
    scored_split,
    submissions,
    table_files,
)
from respectra.plans.tables import plan_table
from tests.config.conftest import Project


@pytest.fixture
def choices(project: Project) -> Choices:
    return project.config.choices()


def test_a_table_is_made_from_scores_plans_and_published_values(
    project: Project, choices: Choices
) -> None:
    config = project.config
    assert table_files(config, "journal", "table1", "demo", choices) == [
        "published/journal/table1.csv",
        "results/score/places/net/demo-seed0/valid.csv",
        "results/score/places/net_ensemble/demo/valid.csv",
        "results/train/places/net/demo-seed0/plan.yaml",
        "results/train/places/net/demo-seed1/plan.yaml",
    ]
    assert files_of_table(plan_table(config, "overview", "methods", "demo", choices)).isdisjoint(
        {"published/overview/methods.csv"}
    )


def test_gains_and_ranks_are_made_from_the_scores_they_are_compared_with(
    project: Project, choices: Choices
) -> None:
    config = project.config
    gains = table_files(config, "journal", "table2", "demo", choices)
    assert {file.split("/")[3] for file in gains if "/score/" in file} == {
        "mixed_ensemble", "net", "linear",
    }  # fmt: skip
    ranks = table_files(config, "journal", "table3", "demo.folder", choices)
    assert {"published/journal/table1.csv", "published/journal/table3.csv"} < set(ranks)
    assert "results/score/folder/net_ensemble/demo/valid.csv" in ranks  # of table 1


def test_a_figure_is_drawn_from_data_and_products(project: Project, choices: Choices) -> None:
    files = figure_files(project.config, "journal", "figure1", "demo", choices)
    assert files == sorted(
        files_of_figure(plan_figure(project.config, "journal", "figure1", "demo", choices))
    )
    assert {
        "results/datasets/places/scenes.csv", "results/camera/places/observations",
        "results/train/places/net/demo-seed0/history.csv",
        "results/reconstruct/places/net-flips/demo-seed0/valid.h5",
    } < set(files)  # fmt: skip


def test_every_step_makes_what_tables_and_figures_rest_on(
    project: Project, choices: Choices
) -> None:
    config = project.config
    tables = [plan_table(config, "journal", "table1", "demo", choices)]
    figures = [plan_figure(config, "journal", "figure1", "demo", choices)]
    assert products("datasets", tables, figures) == {"results/datasets/places/scenes.csv"}
    assert products("camera", tables, figures) == {"results/camera/places/observations"}
    assert products("reconstruct", tables, figures) == {
        "results/reconstruct/places/net/demo-seed0/valid.h5",
        "results/reconstruct/places/net_ensemble/demo/valid.h5",
        "results/reconstruct/places/linear/demo/valid.h5",
        "results/reconstruct/places/net-flips/demo-seed0/valid.h5",
    }
    scores = products("score", tables, figures)
    assert {path.replace("/reconstruct/", "/score/").replace(".h5", ".csv")
            for path in products("reconstruct", tables, figures)} == scores  # fmt: skip
    assert products("train", tables, figures) == {
        "results/train/places/net/demo-seed0/plan.yaml",
        "results/train/places/net/demo-seed1/plan.yaml",
        "results/train/places/net/demo-seed0/history.csv",
    }
    assert products("tables", [], []) == set()


def test_classes_are_read_from_reconstructions(project: Project, choices: Choices) -> None:
    table = plan_table(project.config, "journal", "table4", "demo", choices)
    assert products("reconstruct", [table], []) == {
        "results/reconstruct/classified/net/demo-seed0/whole.h5",
        "results/reconstruct/classified/hidden/demo/whole.h5",
    }


def test_pages_are_those_that_are_chosen(project: Project, choices: Choices) -> None:
    config = project.config

    def paths(kind: str, edition: str, papers: list[str] | None = None) -> list[str]:
        return [page.path for page in pages(config, choices, kind, edition, papers)]

    assert paths("tables", "demo") == [
        "results/tables/overview/methods.demo.csv", "results/tables/journal/table1.demo.csv",
    ]  # fmt: skip
    assert paths("figures", "demo") == [
        "results/figures/overview/losses.demo.png", "results/figures/journal/figure1.demo.png",
    ]  # fmt: skip
    assert paths("tables", "demo", ["journal"]) == [
        f"results/tables/journal/table{n}.demo.csv" for n in (1, 2, 3, 4)
    ]
    assert paths("pages", "demo") == ["results/page/overview/scenes.demo.html"]
    few = choices.model_copy(update={"methods": ("linear",)})
    assert pages(config, few, "pages", "demo") == []
    assert paths("figures", "demo.folder", ["journal"]) == [
        f"results/figures/journal/figure{n}.demo.folder.png" for n in (1, 3)
    ]


def test_every_method_that_needs_no_truth_is_submitted(project: Project, choices: Choices) -> None:
    few = choices.model_copy(update={"methods": ("linear", "net", "net_ensemble")})
    assert submissions(project.config, "demo.places", few) == [
        "results/submission/places/net/demo-seed0/test.zip",
        "results/submission/places/net_ensemble/demo/test.zip",
    ]
    assert submissions(project.config, "demo.folder", few)[0].endswith("/valid.zip")


def test_a_step_makes_what_the_chosen_tables_and_figures_need(
    project: Project, choices: Choices
) -> None:
    few = choices.model_copy(update={"make": {"journal": ("table1", "figure1")}})
    assert chosen_products(project.config, "datasets", "demo", few) == [
        "results/datasets/places/scenes.csv"
    ]
    scores = chosen_products(project.config, "score", "demo", few)
    assert "results/score/places/net_ensemble/demo/valid.csv" in scores  # of the table
    assert "results/score/places/linear/demo/valid.csv" in scores  # of the figure
    assert scores == sorted(scores)


def test_pictures_whose_truth_is_kept_are_the_test_split(project: Project) -> None:
    config = project.config
    assert scored_split(config.dataset("places")) == "test"
    assert scored_split(config.dataset("folder")) == "valid"
