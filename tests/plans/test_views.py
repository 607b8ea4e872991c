import pytest

from respectra.config import Choices
from respectra.plan_types import PagePlan
from respectra.plans.cells import Cell
from respectra.plans.views import files_of_page, is_viewable, page_files, plan_page, plan_runs
from tests.config.conftest import Project, sentence


@pytest.fixture
def choices(project: Project) -> Choices:
    return project.config.choices()


def test_a_page_is_made_from_data_products_and_members(project: Project, choices: Choices) -> None:
    files = page_files(project.config, "overview", "scenes", "demo", choices)
    assert files == [
        "results/camera/places/observations",
        "results/datasets/places/cubes",
        "results/datasets/places/scenes.csv",
        "results/reconstruct/places/net/demo-seed0/valid.h5",
        "results/reconstruct/places/net/demo-seed1/valid.h5",
        "results/reconstruct/places/net_ensemble/demo/valid.h5",
        "results/score/places/net/demo-seed0/valid.csv",
        "results/score/places/net_ensemble/demo/valid.csv",
    ]
    plan = plan_page(project.config, "overview", "scenes", "demo", choices)
    assert files == files_of_page(plan)
    assert plan["shown"] == ["b", "c"]
    assert [method["spread"] for method in plan["methods"]] == [
        None,
        "standard deviation of 2 members",
    ]
    assert {"template.html", "style.css", "decode.js"} <= set(plan["files"])


def test_several_seeds_have_a_spread(project: Project, choices: Choices) -> None:
    seeds = choices.model_copy(update={"seeds": (0, 4)})
    net = plan_page(project.config, "overview", "scenes", "demo", seeds)["methods"][0]
    assert net["spread"] == "standard deviation of 2 seeds"
    assert [path.split("/")[4] for path in net["others"]] == ["demo-seed0", "demo-seed4"]
    assert net["reconstructions"] == net["others"][0]


def test_a_single_training_has_the_spread_over_turns(project: Project, choices: Choices) -> None:
    config = project.edit(
        "methods/net.yaml",
        "variants:",
        "variants:\n  spread: {reconstruct.self_ensemble: deviation}",
    )
    net = plan_page(config, "overview", "scenes", "demo", choices)["methods"][0]
    assert net["spread"] == "standard deviation over 8 flips and quarter turns of the picture"
    assert net["deviations"] == "results/reconstruct/places/net-spread/demo-seed0/valid.h5"
    assert net["deviations"] in page_files(config, "overview", "scenes", "demo", choices)
    seeds = choices.model_copy(update={"seeds": (0, 4)})
    net = plan_page(config, "overview", "scenes", "demo", seeds)["methods"][0]
    assert (net["deviations"], net["spread"]) == (None, "standard deviation of 2 seeds")
    runs = [Cell("places", name, "demo-seed0", "valid") for name in ("net-no_branch", "net-flips")]
    plan = plan_runs(config, runs, 1, "8bit")  # another training has no such variant
    assert [method["deviations"] for method in plan["methods"]] == [None, net_file(plan)]


def net_file(plan: PagePlan) -> str:
    """The deviations of the method whose training `net-flips` uses."""
    return plan["methods"][1]["reconstructions"].replace("net-flips", "net-spread")


def test_metamers_are_those_of_a_condition(project: Project, choices: Choices) -> None:
    project.write("config/conditions/metamer.yaml", "{title: metamer, metamer: true}")
    config = project.edit(
        "papers/overview.yaml", "caption: Scenes", "caption: Scenes\n    metamers: metamer"
    )
    plan = plan_page(config, "overview", "scenes", "demo", choices)
    manifest = "results/conditions/places/valid.metamer/scenes.csv"
    assert plan["metamers"] == manifest
    assert manifest in files_of_page(plan)
    cell = Cell("places", "linear", "demo", "valid")
    assert plan_runs(config, [cell], 1, "8bit")["metamers"] == manifest
    darker = Cell("places", "linear", "demo", "valid.brighter")
    assert plan_runs(config, [darker], 1, "8bit")["metamers"] is None
    config = project.edit("papers/overview.yaml", "metamers: metamer", "metamers: brighter")
    assert "pages.scenes.metamers: brighter has no metamers" in sentence(
        lambda: config.paper("overview")
    )


def test_a_stand_in_shows_as_many_scenes_of_its_own(project: Project, choices: Choices) -> None:
    plan = plan_page(project.config, "overview", "scenes", "demo.folder", choices)
    assert plan["shown"] == 2
    assert plan["scenes"] == "results/datasets/folder/scenes.csv"


def test_only_chosen_methods_are_shown(project: Project, choices: Choices) -> None:
    few = choices.model_copy(update={"methods": ("net",)})
    plan = plan_page(project.config, "overview", "scenes", "demo", few)
    assert len(plan["methods"]) == 1
    assert is_viewable(project.config, "overview", "scenes", few)
    none = choices.model_copy(update={"methods": ("linear",)})
    assert not is_viewable(project.config, "overview", "scenes", none)


def test_a_page_that_shows_no_chosen_method_is_one_sentence(
    project: Project, choices: Choices
) -> None:
    none = choices.model_copy(update={"methods": ("linear",)})
    assert (
        sentence(lambda: plan_page(project.config, "overview", "scenes", "demo", none))
        == "config/papers/overview.yaml: pages.scenes: shows none of the chosen methods; add one of net, net_ensemble"
    )


def test_an_unknown_page_is_named(project: Project, choices: Choices) -> None:
    assert sentence(lambda: plan_page(project.config, "overview", "scene", "demo", choices)) == (
        "config/papers/overview.yaml: scene is no page; did you mean scenes?"
    )


def test_runs_of_one_method_have_their_own_titles(project: Project) -> None:
    cells = [Cell("places", "net", run, "valid") for run in ("demo-seed0", "demo-seed1")]
    plan = plan_runs(project.config, [*cells, Cell("places", "linear", "demo", "valid")], 1, "half")
    assert [method["title"].partition(", ")[2] for method in plan["methods"]] == [
        "demo-seed0",
        "demo-seed1",
        "",
    ]
    assert plan["precision"] == "half"
    assert plan["edition"] is None


def test_runs_of_two_splits_are_refused(project: Project) -> None:
    cells = [Cell("places", "net", "demo-seed0", split) for split in ("valid", "test")]
    assert "a page shows the methods of one data set and split" in sentence(
        lambda: plan_runs(project.config, cells, 1, "8bit")
    )
