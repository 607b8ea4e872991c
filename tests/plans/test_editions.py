import pytest

from respectra.build import ConfigError
from respectra.plans.editions import (
    Edition,
    chosen_edition,
    describe_edition,
    is_available,
    read_edition,
    source_of,
)
from tests.config.conftest import Project, sentence


@pytest.mark.parametrize(
    ("text", "edition"),
    [
        ("full", Edition("full", None)),
        ("demo.folder", Edition("demo", "folder")),
        ("demo.places-grouped", Edition("demo", "places-grouped")),
    ],
)
def test_an_edition_is_a_budget_and_a_stand_in_or_none(
    project: Project, text: str, edition: Edition
) -> None:
    assert read_edition(project.config, text) == edition
    assert str(edition) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fll", "config/budgets: fll is no budget; did you mean full?"),
        ("demo.foldr", "config/datasets: foldr is no data set; did you mean folder?"),
        ("demo.places-groupd", "groupd is no variant of places; did you mean grouped?"),
        ("", "config/budgets: '' is no budget; known are demo, full, half"),
    ],
)
def test_an_unknown_edition_names_its_neighbour(project: Project, text: str, message: str) -> None:
    assert message in sentence(lambda: read_edition(project.config, text))


def test_the_chosen_edition_stands_in_for_the_papers_data(project: Project) -> None:
    choices = project.config.choices()
    assert chosen_edition(choices) == "demo.folder"
    assert chosen_edition(choices.model_copy(update={"dataset": "paper"})) == "demo"


def test_a_caption_states_budget_and_stand_in(project: Project) -> None:
    assert describe_edition(project.config, Edition("demo", "folder")) == {
        "budget": "small networks", "small": True, "stand_in": "A folder",
    }  # fmt: skip
    assert describe_edition(project.config, Edition("full", None)) == {
        "budget": "everything", "small": False, "stand_in": None,
    }  # fmt: skip


def test_a_stand_in_without_the_split_is_scored_on_valid(project: Project) -> None:
    config = project.config
    (column,) = config.paper("journal").tables["table3"].columns  # split test
    assert source_of(config, column, Edition("full", None)) == ("places", "test")
    assert source_of(config, column, Edition("full", "folder")) == ("folder", "valid")
    missing = column.model_copy(update={"split": "tset"})
    with pytest.raises(ConfigError, match="has no split tset; did you mean test?"):
        source_of(config, missing, Edition("full", None))


def test_what_was_never_published_is_available_on_a_stand_in_only(project: Project) -> None:
    config = project.config
    (column,) = config.paper("journal").tables["table3"].columns
    assert not is_available(config, column, Edition("full", None))
    assert is_available(config, column, Edition("full", "folder"))


def test_a_stand_in_without_classes_shows_no_classification(project: Project) -> None:
    config = project.config
    (column,) = config.paper("journal").tables["table4"].columns
    assert is_available(config, column, Edition("full", None))
    assert is_available(config, column, Edition("full", "classified"))
    assert not is_available(config, column, Edition("full", "folder"))
