import pytest

from respectra.build import ConfigError
from respectra.config import Choices
from respectra.plans.fetch import find_available, find_missing_data, plan_fetch
from tests.config.conftest import Project, sentence


@pytest.fixture
def choices(project: Project) -> Choices:
    return project.config.choices()


def test_a_transfer_knows_the_files_and_their_sources(project: Project, choices: Choices) -> None:
    plan = plan_fetch(project.config, "places", choices)
    assert (plan["name"], plan["title"]) == ("places", "Places")
    assert plan["read"]["folder"] == "data/places"
    assert plan["get"]["files"] == {"cubes": "{scene}.mat"}
    assert plan["get"]["sources"] == [{"is": "dropped", "folder": "data/incoming"}]
    wavelengths = plan["wavelengths_nm"]
    assert wavelengths is not None
    assert len(wavelengths) == 31


def test_a_data_set_that_is_published_nowhere_is_not_transferred(
    project: Project, choices: Choices
) -> None:
    assert sentence(lambda: plan_fetch(project.config, "folder", choices)) == (
        "config/datasets/folder.yaml: has no `get`, so there is nothing to download"
    )
    assert find_missing_data(project.config, "folder", choices) is None


def test_a_data_set_with_all_its_files_is_planned(project: Project, choices: Choices) -> None:
    for scene in "bcd":
        project.write(f"data/places/{scene}.mat", "a cube")
    assert find_missing_data(project.config, "places", choices) is None


def test_missing_files_are_named_with_the_way_to_get_them(
    project: Project, choices: Choices
) -> None:
    """The only source is a folder that a person fills: empty first, then with the files."""
    config = project.config
    assert sentence(lambda: find_missing_data(config, "places", choices)) == (
        "places: b.mat, c.mat, d.mat are missing; put the files into data/places, or archives of "
        "them into data/incoming, and run `python -m respectra data get places`; no source has "
        "them (`snakemake available_datasets` gets the other data sets)"
    )
    message = find_missing_data(config, "places", choices, only_planned=True)
    assert message is not None
    assert "no source has them" in message
    project.write("data/incoming/places.zip", "an archive")
    assert find_missing_data(config, "places", choices) == (
        "places: b.mat and 2 more are missing in data/places; a job downloads them"
    )


def test_a_transfer_that_is_not_wanted_ends_the_planning(
    project: Project, choices: Choices
) -> None:
    offline = choices.model_copy(update={"download": False})
    with pytest.raises(
        ConfigError, match="b.mat.*, or set `download: true` in config/config.yaml$"
    ):
        find_missing_data(project.config, "places", offline)


def test_data_sets_without_a_source_are_left_out_with_a_sentence(
    project: Project, choices: Choices
) -> None:
    manifests = [f"results/datasets/{name}/scenes.csv" for name in ("folder", "places")]
    sentences: list[str] = []
    available = find_available(project.config, manifests, choices, sentences.append)
    assert available == manifests[:1]
    (text,) = sentences
    assert text.startswith("left out: places: b.mat, c.mat, d.mat are missing; put the files ")
