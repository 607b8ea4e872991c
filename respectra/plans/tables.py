"""What a table of a paper needs: rows, columns, files."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from respectra.build import ConfigError, suggest
from respectra.config import Choices, Column, Config, Table
from respectra.config.strict import plain
from respectra.datasets.layout import find_leaks, read_groups, read_splits
from respectra.plan_types import (
    CellPlan,
    ColumnPlan,
    PrimaryPlan,
    TablePlan,
    TrainingPlan,
)
from respectra.plans.cells import TIMINGS, Cell
from respectra.plans.cross_data import describe_pairs, list_in_place
from respectra.plans.digest import digest_code
from respectra.plans.editions import (
    Edition,
    describe_edition,
    is_available,
    read_edition,
    source_of,
)
from respectra.plans.runs import (
    count_passes,
    is_chosen,
    list_methods,
    runs_of,
    title_of,
    title_of_condition,
)
from respectra.plans.splits import name_split
from respectra.plans.table_products import list_products
from respectra.plans.trainings import list_machines, list_trainings

_SPLIT_WORDS = {"valid": "validation", "train": "training"}  # as notes of cells name splits


def plan_table(config: Config, paper: str, key: str, edition: str, choices: Choices) -> TablePlan:
    """Rows, columns and the files behind each cell.

    Every cell lists the scores it is the mean of, a file per seed. `trained` holds the plans that
    the trainings behind it would have today, so that the table can mark what is stale.

    Raises:
        ConfigError: the paper has no such table.
    """
    settings, of = _table(config, paper, key), read_edition(config, edition)
    datasets = list_in_place(config, settings.datasets, of, choices)
    rows, conditions, trained_on = _rows(config, settings, choices, datasets)
    compared = {label: (m, *settings.compared_with.get(label, ())) for label, m in rows.items()
                if m}  # fmt: skip
    chosen = {
        label: methods
        for label, methods in compared.items()
        if all(is_chosen(choices, method) for method in methods)
    }
    columns = _columns(config, settings, of, datasets)
    training_dataset = settings.training_dataset and (of.stand_in or settings.training_dataset)
    list_cells = partial(_cells, config, choices, columns, of, conditions, trained_on)
    cells = [cell for label, methods in chosen.items() for cell in list_cells(label, methods[0])]
    rivals = {
        label: [list_cells(label, rival) for rival in methods[1:]]
        for label, methods in chosen.items()
        if label in settings.compared_with
    }
    labelled = {label: method for label, method in rows.items() if method}
    budget = config.budget(of.budget)
    return {
        "is": settings.is_,
        "settings": plain(settings.settings) | ({"datasets": trained_on} if datasets else {}),
        "caption": settings.caption,
        "remark": _remark(config, settings, datasets),
        "edition": describe_edition(config, of, datasets),
        "published": f"published/{paper}/{key}.csv" if settings.published else None,
        "rows": list(rows),
        "conditions": [title_of_condition(config, name) for name in settings.conditions],
        "columns": [_column(config, column, of, choices) for column in columns],
        "cells": cells,
        "products": list_products(config, settings.is_, cells),
        "compared_with": rivals,
        "ranked": settings.ranked,
        "primary": _primary(config, paper, settings, edition, choices),
        "passes": {label: count_passes(config, m) for label, m in labelled.items()},
        "macs_size": {label: list(size) for label, size in settings.macs_size.items()},
        "timed_size": list(settings.timed_size) if settings.timed_size else None,
        "timings": TIMINGS if settings.timed_size and Path(TIMINGS).is_file() else None,
        "parameters": {row: config.method(m).expect.parameters for row, m in labelled.items()},
        "macs": {row: config.method(m).expect.macs for row, m in labelled.items()},
        "trained": _trainings(config, choices, chosen, trained_on, of.budget)
        or list_trainings(
            config, choices, chosen, _datasets(config, columns, training_dataset, of), of.budget
        ),
        "machines": list_machines(config, choices, chosen, training_dataset, of.budget),
        "judged": budget.verdict and of.stand_in is None,
        "tolerance": config.paper(paper).tolerance,
        "code": digest_code([("respectra.tables", "make_table")], [("table", settings.is_)]),
    }


def _table(config: Config, paper: str, key: str) -> Table:
    tables = config.paper(paper).tables
    if key not in tables:
        raise ConfigError(f"config/papers/{paper}.yaml: {key} is no table; {suggest(key, tables)}")
    return tables[key]


def _primary(
    config: Config, paper: str, table: Table, edition: str, choices: Choices
) -> PrimaryPlan | None:
    """The table whose ranks a table also prints."""
    if table.primary is None:
        return None
    plan = plan_table(config, paper, table.primary, edition, choices)
    return {"published": plan["published"], "cells": plan["cells"], "ranked": plan["ranked"]}


def _remark(config: Config, table: Table, datasets: Sequence[str]) -> str | None:
    sentences = [*filter(None, [table.remark]), *describe_pairs(config, datasets)]
    return ". ".join(sentences) or None


def _columns(
    config: Config, table: Table, edition: Edition, datasets: Sequence[str]
) -> list[Column]:
    """The columns that can be scored: for each data set that the table names, or its own."""
    columns = [column for column in table.columns if is_available(config, column, edition)]
    if not datasets:
        return columns
    return [
        column.model_copy(update={"label": name, "dataset": name, "condition": name})
        for column in columns
        for name in datasets
    ]


def _trainings(
    config: Config,
    choices: Choices,
    chosen: Mapping[str, Sequence[str]],
    trained_on: Mapping[str, str],
    budget: str,
) -> dict[str, TrainingPlan]:
    """The trainings behind the rows of a table whose rows state the data set of the training."""
    trainings: dict[str, TrainingPlan] = {}
    for name in dict.fromkeys(trained_on.values()):
        rows = {label: methods for label, methods in chosen.items() if trained_on[label] == name}
        trainings |= list_trainings(config, choices, rows, [name], budget)
    return trainings


def _rows(
    config: Config, table: Table, choices: Choices, datasets: Sequence[str]
) -> tuple[dict[str, str | None], dict[str, str | None], dict[str, str]]:
    """By the label of each row: its method, its condition, and the data set of its training if
    the row states one."""
    if table.rows == "every_method":
        methods: dict[str, str | None] = {
            title_of(config, m): m for m in list_methods(config, choices)
        }
    else:
        methods = {**table.rows, **table.extra_rows}
    if datasets:
        trained = {f"{m}, trained on {name}": (m, name) for m in methods for name in datasets}
        rows = {label: methods[m] for label, (m, _) in trained.items()}
        return rows, dict.fromkeys(rows), {label: name for label, (_, name) in trained.items()}
    if not table.conditions:
        return methods, dict.fromkeys(methods), {}
    rows, conditions = dict[str, str | None](), dict[str, str | None]()
    for label, method in methods.items():
        for condition in table.conditions:
            name = f"{label}, {title_of_condition(config, condition)}"
            rows[name], conditions[name] = method, condition
    return rows, conditions, {}


def _datasets(
    config: Config, columns: Sequence[Column], training_dataset: str | None, edition: Edition
) -> set[str]:
    """The data sets whose trainings a table rests on."""
    scored = {source_of(config, column, edition)[0] for column in columns}
    return scored | ({training_dataset} if training_dataset else set())


def _column(config: Config, column: Column, edition: Edition, choices: Choices) -> ColumnPlan:
    is_data = column.condition is not None and column.condition == column.dataset
    dataset, split = (
        (column.dataset, column.split) if is_data else source_of(config, column, edition)
    )
    other_images = None
    if column.paper_split is not None and edition.stand_in is None:
        other_images = f"{_SPLIT_WORDS.get(split, split)}, not {column.paper_split}"
    elif leaking_scenes(config, dataset, choices):
        other_images = "without the scenes of places that are trained on"
    return {
        "label": column.label,
        "metrics": dict(column.metrics),
        "source": f"{dataset}/{name_split(split, None if is_data else column.condition)}",
        "other_images": other_images,
    }


def _cells(
    config: Config,
    choices: Choices,
    columns: Sequence[Column],
    edition: Edition,
    conditions: Mapping[str, str | None],
    trained_on: Mapping[str, str],
    label: str,
    method: str,
) -> list[CellPlan]:
    """The scores of a method, column by column and seed by seed, under the row's condition."""
    cells: list[CellPlan] = []
    for column in columns:
        scored, split = (
            (column.dataset, column.split) if trained_on else source_of(config, column, edition)
        )
        dataset = trained_on.get(label, scored)
        left_out = leaking_scenes(config, dataset, choices) if dataset == scored else []
        condition = column.condition or conditions[label]
        for run in runs_of(config, choices, method, edition.budget):
            cell = Cell(dataset, method, run, name_split(split, condition))
            cells.append(
                {
                    "row": label,
                    "column": column.label,
                    "region": column.region,
                    "metrics": dict(column.metrics),
                    "scores": cell.class_scores if column.classified else cell.scores,
                    "left_out": left_out,
                }
            )
    return cells


def leaking_scenes(config: Config, dataset: str, choices: Choices) -> list[str]:
    """Scored scenes that no table counts: those whose place is also in the training split, if
    `leaks: leave_out` is chosen."""
    settings = config.dataset(dataset)
    if choices.leaks == "keep" or settings.groups is None:
        return []
    splits = read_splits(settings.read["folder"], settings.read["splits"])
    return find_leaks(splits, read_groups(settings.groups))
