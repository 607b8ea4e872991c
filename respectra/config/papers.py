"""`config/papers/*.yaml`: the tables, figures and pages of a paper."""

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from respectra.config.strict import Few, Share, Size, Strict


class Column(Strict):
    """A column of a table: the scores of one data set and split."""

    label: str
    """The paper's label."""
    dataset: str
    """A data set of this project."""
    split: str
    """The scored split."""
    paper_split: str | None = None
    """The split of the published values if it is not the scored one; then nothing is judged."""
    region: Literal["full", "crop"] = "full"
    """The whole image or its scored crop."""
    metrics: dict[str, str]
    """The paper's name of a metric: a column of our scores."""
    classified: bool = False
    """Scores of the data set's classification."""
    unpublished: bool = False
    """The truth was never published, so only data that stand in for it are scored."""
    condition: str | None = None
    """A file in `config/conditions/`: the pictures are those of this condition."""


class Table(Strict):
    """A table, with the paper's own labels."""

    model_config = ConfigDict(serialize_by_alias=True)

    caption: str
    """The caption."""
    is_: str = Field(alias="is", default="scores")
    """The kind of table: a function of `respectra/tables/kinds.py`."""
    settings: dict[str, Any] = {}
    """Further arguments of the function."""
    columns: tuple[Column, ...] = ()
    """Where the scores come from."""
    rows: dict[str, str | None] | Literal["every_method"] = {}
    """The paper's label of a row: a method, or null if there is none; or `every_method`."""
    extra_rows: dict[str, str] = {}
    """Rows that the paper does not print."""
    conditions: tuple[str | None, ...] = ()
    """Files in `config/conditions/`: each row is repeated for each of them; null: the pictures as
    they are."""
    datasets: tuple[str, ...] = ()
    """Data sets: each row is repeated for each of them, trained on it, and each column, scored on
    it. Those whose files are missing are left out."""
    compared_with: dict[str, tuple[str, ...]] = {}
    """In a table of gains: the methods whose best score a row is compared with."""
    ranked: str | None = None
    """The metric that ranks the rows; the smallest value is first."""
    primary: str | None = None
    """The table whose ranks are printed as subscripts."""
    published: bool = True
    """Whether `published/` has this table."""
    timed_size: Size | None = None
    """Rows and columns of the image whose time is printed."""
    training_dataset: str | None = None
    """The data set of the trainings whose hours stand next to the paper's."""
    macs_size: dict[str, Size] = {}
    """For a column: rows and columns of the image whose multiply-accumulates are printed
    (256×256 if not given)."""
    remark: str | None = None
    """A sentence below the caption."""


class Figure(Strict):
    """A figure: the function that draws it, its data and methods."""

    model_config = ConfigDict(serialize_by_alias=True)

    caption: str
    """The caption."""
    is_: str = Field(alias="is")
    """A function of `respectra/figures/`."""
    dataset: str
    """A data set of this project."""
    split: str
    """The split that is shown."""
    methods: tuple[str, ...] | dict[str, str] | Literal["every_method"] = ()
    """The methods that are shown: a list, or a mapping from the paper's labels."""
    scenes: tuple[str, ...] | Few = 1
    """Names of scenes, or the first so many; a data set that stands in shows as many of its own."""
    conditions: tuple[str | None, ...] = ()
    """Files in `config/conditions/` whose pictures are shown; null: the pictures as they are."""
    datasets: tuple[str, ...] = ()
    """Data sets: each method is trained on each of them and scored on each. Those whose files are
    missing are left out."""
    classified: bool = False
    """Whether it shows the data set's classification."""
    unpublished: bool = False
    """The truth was never published, so only data that stand in for it are shown."""
    settings: dict[str, Any] = {}
    """Further arguments of the function."""

    @model_validator(mode="after")
    def _names_a_method_once(self) -> Self:
        values = self.methods.values() if isinstance(self.methods, dict) else self.methods
        names = [] if isinstance(self.methods, str) else list(values)
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"methods: {name} is named twice; remove one of them")
        return self

    def named_methods(self) -> dict[str, str | None]:
        """The methods that the figure names, each with its label in the paper, if it has one."""
        if isinstance(self.methods, str):
            return {}
        if isinstance(self.methods, dict):
            return {method: label for label, method in self.methods.items()}
        return dict.fromkeys(self.methods)


class Page(Strict):
    """A page for a browser: scenes with the spectra of methods at every pixel."""

    caption: str
    """The caption."""
    dataset: str
    """A data set of this project."""
    split: str
    """The split that is shown."""
    methods: tuple[str, ...]
    """The methods that are shown."""
    scenes: tuple[str, ...] | Few = 1
    """Names of scenes, or the first so many; a data set that stands in shows as many of its own."""
    metamers: str | None = None
    """A file in `config/conditions/` with `metamer: true`, whose spectra are shown as metamers of
    the true ones; null: no metamers."""
    precision: Literal["8bit", "half"] = "8bit"
    """The coding of values: steps of 1/254 of each spectrum's range, or half precision, which
    doubles the size of the file."""


class Paper(Strict):
    """The tables, figures and pages of a paper."""

    name: str
    title: str
    """Title of the paper or collection."""
    paper: str | None = None
    """Key in `docs/references.bib`."""
    departures: tuple[str, ...] = ()
    """Where scores and tables knowingly differ from the paper, one sentence each."""
    tolerance: Share
    """Relative difference up to which a value counts as reproduced."""
    tables: dict[str, Table]
    """Tables by name; the name is part of the path of the result."""
    figures: dict[str, Figure] = {}
    """Figures by name; the name is part of the path of the result."""
    pages: dict[str, Page] = {}
    """Pages by name; the name is part of the path of the result."""
