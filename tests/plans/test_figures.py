import pytest

from respectra.config import Choices, Config
from respectra.datasets.layout import read_splits
from respectra.plans.figures import chosen_methods, is_drawable, plan_figure
from tests.config.conftest import Project, sentence
from tests.conftest import ROOT


@pytest.fixture
def choices(project: Project) -> Choices:
    return project.config.choices()


def test_a_figure_names_the_products_it_is_drawn_from(project: Project, choices: Choices) -> None:
    plan = plan_figure(project.config, "journal", "figure1", "demo", choices)
    linear, net = plan["methods"]
    assert (linear["title"], linear["control"], net["title"]) == ("Linear", True, "Net, flips")
    assert net["reconstructions"] == ["results/reconstruct/places/net-flips/demo-seed0/valid.h5"]
    assert net["scores"] == ["results/score/places/net-flips/demo-seed0/valid.csv"]
    assert net["histories"] == ["results/train/places/net/demo-seed0/history.csv"]
    assert (linear["histories"], linear["maps"], net["maps"]) == ([], [], [])
    assert plan["shown"] == 1
    assert plan["scenes"] == "results/datasets/places/scenes.csv"


def test_a_figure_has_the_papers_labels(project: Project, choices: Choices) -> None:
    config = project.edit(
        "papers/journal.yaml", "[linear, net-flips]", "{Baseline: linear, Ours: net-flips}"
    )
    plan = plan_figure(config, "journal", "figure1", "demo", choices)
    assert [method["title"] for method in plan["methods"]] == ["Baseline", "Ours"]
    few = choices.model_copy(update={"methods": ("net",)})
    plan = plan_figure(config, "journal", "figure1", "demo", few)
    assert [method["title"] for method in plan["methods"]] == ["Ours"]


def test_a_figure_of_the_training_split_shows_histories_only(
    project: Project, choices: Choices
) -> None:
    plan = plan_figure(project.config, "overview", "losses", "demo", choices)
    assert plan["shown"] == ["a", "b"]
    assert all(method["reconstructions"] == method["scores"] == [] for method in plan["methods"])
    assert any(method["histories"] for method in plan["methods"])


def test_a_figure_of_classes_names_maps_and_classes(project: Project, choices: Choices) -> None:
    config = project.config
    plan = plan_figure(config, "journal", "figure2", "demo", choices)
    (net,) = plan["methods"]
    assert net["maps"] == ["results/score/classified/net/demo-seed0/whole.classes.npy"]
    assert net["scores"] == ["results/score/classified/net/demo-seed0/whole.classes.csv"]
    assert plan["classes"] == {
        "labels": {"is": "folder:labels", "folder": "data/labels"}, "names": ["asphalt", "meadows"],
    }  # fmt: skip
    assert sentence(lambda: plan_figure(config, "journal", "figure2", "demo.folder", choices)) == (
        "config/datasets/folder.yaml: has no `classify` on split valid"
    )


def test_a_figure_is_drawn_if_it_has_data_and_methods_to_show(
    project: Project, choices: Choices
) -> None:
    config = project.config

    def drawable(edition: str, chosen: Choices = choices) -> list[str]:
        keys = ("figure1", "figure2", "figure3")
        return [key for key in keys if is_drawable(config, "journal", key, edition, chosen)]

    assert drawable("full") == ["figure1", "figure2"]  # the truth of figure3 is not published
    assert drawable("full.folder") == ["figure1", "figure3"]  # the folder has no classes
    few = choices.model_copy(update={"methods": ("linear",)})
    assert drawable("full.folder", few) == ["figure1", "figure3"]
    other = choices.model_copy(update={"methods": ("sparse",)})
    assert drawable("full.folder", other) == ["figure3"]  # it shows no method
    figure = config.paper("journal").figures["figure1"]
    assert chosen_methods(config, figure, few) == ["linear"]


def test_a_stand_in_shows_as_many_scenes_as_the_paper_names() -> None:
    """It has none of the paper's scenes."""
    config = Config(ROOT)
    choices = config.choices()
    assert plan_figure(config, "hprn", "figure7c", "full", choices)["shown"] == ["ARAD_HS_0453"]
    assert plan_figure(config, "hprn", "figure7c", "demo.synthetic", choices)["shown"] == 1
    for key in ("figure1", "figure7a", "figure7b", "figure7c", "figure7d"):
        figure = config.paper("hprn").figures[key]
        splits = read_splits("nowhere", config.dataset(figure.dataset).read["splits"])
        assert {splits[scene] for scene in figure.scenes} == {"test"}  # type: ignore[union-attr]
