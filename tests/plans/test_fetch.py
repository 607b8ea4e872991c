import pytest

from respectra.build import ConfigError
from respectra.config import Choices
from respectra.plans.fetch import find_missing_data, plan_fetch
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
    message = find_missing_data(config, "places", choices)
    assert message is not None
    assert message.endswith("; no source has them")
    assert "b.mat" in message
    assert "\n" not in message
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
