"""Checks of papers: what tables, figures and pages name exists, and no choice is unfair."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from respectra.build import ConfigError, suggest
from respectra.config.settings import check_settings
from respectra.config.strict import check_name
from respectra.messages import show

if TYPE_CHECKING:
    from respectra.config.papers import Column, Figure, Page, Paper, Table
    from respectra.config.tree import Config
COLOUR_ERROR = "delta_e"  # a column of scores that only conditions with a light have


def check_paper(config: Config, paper: Paper, where: str) -> None:
    """Check the methods, data sets, metrics and functions that tables, figures and pages name.

    Raises:
        ConfigError: with file, key, value and the closest known name.
    """
    for key, table in paper.tables.items():
        check_name(key, f"{where}: tables")
        _check_table(config, paper, table, f"{where}: tables.{key}")
    for key, figure in paper.figures.items():
        check_name(key, f"{where}: figures")
        place = f"{where}: figures.{key}"
        _check_datasets(config, figure, {figure.split}, place)
        given = ["datasets"] if figure.datasets else []
        check_settings("figure", {"is": figure.is_, **figure.settings}, place, given)
        _check_source(config, figure, place)
        _check_conditions(config, figure.conditions, f"{place}.conditions")
        for method in figure.named_methods():
            check_row(config, method, place)
            _check_choice(config, method, {figure.split}, place)
    for key, page in paper.pages.items():
        check_name(key, f"{where}: pages")
        _check_page(config, page, f"{where}: pages.{key}")


def _check_page(config: Config, page: Page, place: str) -> None:
    _check_split(config, page, place)
    if not page.methods:
        raise ConfigError(f"{place}.methods: names no method; a page shows at least one")
    for method in page.methods:
        check_row(config, method, place)
        _check_choice(config, method, {page.split}, place)
    if page.metamers is not None:
        _check_conditions(config, [page.metamers], f"{place}.metamers")
        condition = config.condition(page.metamers)
        if not condition.metamer or condition.shuffle:
            raise ConfigError(
                f"{place}.metamers: {page.metamers} has no metamers in the place of the true "
                "spectra; name a condition with metamer: true and without shuffle"
            )


def _check_choice(config: Config, name: str, splits: set[str], place: str) -> None:
    """No training chooses its weights on scenes that are scored."""
    method = config.method(name)
    for phase in method.train:
        if phase.choose is not None and phase.choose.split in splits:
            raise ConfigError(
                f"{place}: {name} chooses its weights on split {phase.choose.split}, which is "
                "scored here; set choose.split of the method to held_out or to another split"
            )
    earlier = [method.starts_from] if method.starts_from else []
    for other in (*(member.method for member in method.members), *earlier):
        _check_choice(config, other, splits, place)


def _check_table(config: Config, paper: Paper, table: Table, place: str) -> None:
    given = ["products", *(["datasets"] if table.datasets else [])]
    check_settings("table", {**table.settings, "is": table.is_}, place, given)
    _check_datasets(config, table, {column.split for column in table.columns}, place)
    _check_conditions(config, table.conditions, f"{place}.conditions")
    if table.training_dataset is not None:
        config.check_known("datasets", table.training_dataset, f"{place}.training_dataset")
    for i, column in enumerate(table.columns):
        _check_source(config, column, f"{place}.columns.{i}")
        _check_conditions(config, [column.condition], f"{place}.columns.{i}.condition")
        conditions = table.conditions if column.condition is None else [column.condition]
        for metric in () if column.classified else column.metrics.values():
            _check_metric(config, metric, conditions, f"{place}.columns.{i}.metrics")
    rows = {} if table.rows == "every_method" else {**table.rows, **table.extra_rows}
    rivals = [rival for label in table.compared_with.values() for rival in label]
    splits = {column.split for column in table.columns}
    for method in (*rows.values(), *rivals):
        if method is not None:
            check_row(config, method, place)
            _check_choice(config, method, splits, place)
    references: list[tuple[str, str, Iterable[str], Collection[str]]] = [
        ("primary", "table", [table.primary] if table.primary else [], paper.tables)
    ]
    if rows:
        references.append(("compared_with", "row", table.compared_with, rows))
    if table.columns:  # else the columns are those of the published table
        metrics = {metric for column in table.columns for metric in column.metrics}
        labels = {column.label for column in table.columns}
        references.append(("ranked", "metric", [table.ranked] if table.ranked else [], metrics))
        references.append(("macs_size", "column", table.macs_size, labels))
    for key, noun, names, known in references:
        for name in names:
            if name not in known:
                raise ConfigError(f"{place}.{key}: {name} is no {noun}; {suggest(name, known)}")


def _check_metric(
    config: Config, metric: str, conditions: Sequence[str | None], place: str
) -> None:
    """A metric exists, and the colours that it may need are scored under each condition."""
    if metric != COLOUR_ERROR:
        check_settings("metric", {"is": metric}, place)
    elif not conditions or not all(name and config.condition(name).light for name in conditions):
        raise ConfigError(
            f"{place}: {COLOUR_ERROR} is scored under a light; state conditions with `light`"
        )


def _check_source(config: Config, item: Column | Figure, place: str) -> None:
    """The data set, split and classes that a column or figure shows exist."""
    _check_split(config, item, place)
    if item.classified and config.dataset(item.dataset).classify is None:
        raise ConfigError(f"{place}.classified: {item.dataset} has no classification")


def _check_split(config: Config, item: Column | Figure | Page, place: str) -> None:
    config.check_known("datasets", item.dataset, f"{place}.dataset")
    dataset = config.dataset(item.dataset)
    if item.split not in dataset.splits:
        hint = suggest(item.split, dataset.splits)
        raise ConfigError(f"{place}.split: {item.split} is no split of {dataset.name}; {hint}")


def _check_conditions(config: Config, names: Sequence[str | None], place: str) -> None:
    """The conditions that a column, a table or a figure names exist; none is given twice."""
    for name in names:
        if name is not None:
            config.check_known("conditions", name, place)
        if names.count(name) > 1:
            raise ConfigError(f"{place}: {show(name)} is given twice")


def _check_datasets(config: Config, item: Table | Figure, splits: set[str], place: str) -> None:
    """The data sets that are trained on and scored exist, with both splits, each once."""
    if item.datasets and item.conditions:
        raise ConfigError(f"{place}: states datasets and conditions; remove one of them")
    for name in item.datasets:
        config.check_known("datasets", name, f"{place}.datasets")
        if item.datasets.count(name) > 1:
            raise ConfigError(f"{place}.datasets: {name} is given twice")
        known = config.dataset(name).splits
        for split in sorted({"train", *splits}):
            if split not in known:
                raise ConfigError(
                    f"{place}.datasets: {name} has no split {split}; {suggest(split, known)}"
                )


def check_row(config: Config, method: str, place: str) -> None:
    """A method that a table, figure or page names exists."""
    config.check_known("methods", method, place)
    config.method(method)
