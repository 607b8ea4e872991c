"""An edition: a budget, and the data set that stands in for the papers' own, if one does."""

from collections.abc import Sequence
from typing import NamedTuple

from respectra.build import ConfigError, suggest
from respectra.config import Choices, Column, Config, Figure, Page
from respectra.plan_types import EditionPlan


class Edition(NamedTuple):
    """A budget and the stand-in data set; None: each paper's own data sets."""

    budget: str
    stand_in: str | None

    def __str__(self) -> str:
        """As it stands in the names of tables and figures."""
        return self.budget if self.stand_in is None else f"{self.budget}.{self.stand_in}"


def read_edition(config: Config, text: str) -> Edition:
    """An edition from its text: `full`, or `demo.synthetic`.

    Raises:
        ConfigError: the budget or the data set is unknown.
    """
    budget, _, stand_in = text.partition(".")
    config.budget(budget)
    if stand_in:
        config.dataset(stand_in)
    return Edition(budget, stand_in or None)


def chosen_edition(choices: Choices) -> str:
    """The edition that `config.yaml` chooses."""
    return str(Edition(choices.budget, None if choices.dataset == "paper" else choices.dataset))


def describe_edition(config: Config, edition: Edition, datasets: Sequence[str] = ()) -> EditionPlan:
    """What captions say about an edition; `datasets` are shown instead of one that stands in."""
    budget = config.budget(edition.budget)
    names = datasets or ([edition.stand_in] if edition.stand_in else [])
    stand_in = "; ".join(config.dataset(name).title for name in names) or None
    return {"budget": budget.caption, "small": budget.small, "stand_in": stand_in}


def source_of(config: Config, column: Column | Figure | Page, edition: Edition) -> tuple[str, str]:
    """The data set and split that a column, figure or page shows; a stand-in may lack the split.

    Raises:
        ConfigError: the paper's own data set has no such split.
    """
    dataset = edition.stand_in or column.dataset
    splits = config.dataset(dataset).splits
    if column.split in splits:
        return dataset, column.split
    if edition.stand_in:
        return dataset, "valid"
    raise ConfigError(
        f"config/datasets/{dataset}.yaml: has no split {column.split}; "
        f"{suggest(column.split, splits)}"
    )


def is_available(config: Config, item: Column | Figure, edition: Edition) -> bool:
    """Whether a column can be scored or a figure drawn: some truths were never published, and not
    every stand-in has classes."""
    if item.unpublished and edition.stand_in is None:
        return False
    classes = config.dataset(edition.stand_in or item.dataset).classify
    return not item.classified or classes is not None
