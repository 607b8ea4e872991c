"""What a table or a figure of a paper needs: rows, columns, files."""

from collections.abc import Sequence
from pathlib import Path

from respectra.build import ConfigError, suggest
from respectra.config import Choices, Column, Config, Table
from respectra.config import Figure as FigureSettings
from respectra.config.strict import plain
from respectra.datasets.layout import find_leaks, read_groups, read_splits
from respectra.plan_types import (
    CellPlan,
    ClassesPlan,
    ColumnPlan,
    FigureMethodPlan,
    FigurePlan,
    PrimaryPlan,
    TablePlan,
)
from respectra.plans.cells import TIMINGS, Cell, Data, Training
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
    trainings_of,
)
from respectra.plans.steps import plan_camera
from respectra.plans.table_products import list_products
from respectra.plans.trainings import list_machines, list_trainings

_SPLIT_WORDS = {"valid": "validation", "train": "training"}  # as notes of cells name splits

# --- tables --------------------------------------------------------------------------------------


def plan_table(config: Config, paper: str, key: str, edition: str, choices: Choices) -> TablePlan:
    """Rows, columns and the files behind each cell.

    Every cell lists the scores it is the mean of, a file per seed. `trained` holds the plans that
    the trainings behind it would have today, so that the table can mark what is stale.

    Raises:
        ConfigError: the paper has no such table.
    """
    settings, of = _table(config, paper, key), read_edition(config, edition)
    rows = _rows(config, settings, choices)
    compared = {label: (m, *settings.compared_with.get(label, ())) for label, m in rows.items()
                if m}  # fmt: skip
    chosen = {
        label: methods
        for label, methods in compared.items()
        if all(is_chosen(choices, method) for method in methods)
    }
    columns = [column for column in settings.columns if is_available(config, column, of)]
    training_dataset = settings.training_dataset and (of.stand_in or settings.training_dataset)
    cells = [
        cell
        for label, (method, *_) in chosen.items()
        for cell in _cells(config, choices, columns, label, method, of)
    ]
    rivals = {
        label: [_cells(config, choices, columns, label, rival, of) for rival in methods[1:]]
        for label, methods in chosen.items()
        if label in settings.compared_with
    }
    labelled = {label: method for label, method in rows.items() if method}
    budget = config.budget(of.budget)
    return {
        "is": settings.is_,
        "settings": plain(settings.settings),
        "caption": settings.caption,
        "remark": settings.remark,
        "edition": describe_edition(config, of),
        "published": f"published/{paper}/{key}.csv" if settings.published else None,
        "rows": list(rows),
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
        "trained": list_trainings(
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


def _rows(config: Config, table: Table, choices: Choices) -> dict[str, str | None]:
    """The method of each row, by the row's label."""
    if table.rows == "every_method":
        return {title_of(config, m): m for m in list_methods(config, choices)}
    return {**table.rows, **table.extra_rows}


def _datasets(
    config: Config, columns: Sequence[Column], training_dataset: str | None, edition: Edition
) -> set[str]:
    """The data sets whose trainings a table rests on."""
    scored = {source_of(config, column, edition)[0] for column in columns}
    return scored | ({training_dataset} if training_dataset else set())


def _column(config: Config, column: Column, edition: Edition, choices: Choices) -> ColumnPlan:
    dataset, split = source_of(config, column, edition)
    other_images = None
    if column.paper_split is not None and edition.stand_in is None:
        other_images = f"{_SPLIT_WORDS.get(split, split)}, not {column.paper_split}"
    elif leaking_scenes(config, dataset, choices):
        other_images = "without the scenes of places that are trained on"
    return {
        "label": column.label,
        "metrics": dict(column.metrics),
        "source": f"{dataset}/{split}",
        "other_images": other_images,
    }


def _cells(
    config: Config,
    choices: Choices,
    columns: Sequence[Column],
    label: str,
    method: str,
    edition: Edition,
) -> list[CellPlan]:
    """The scores of a method, column by column and seed by seed."""
    cells: list[CellPlan] = []
    for column in columns:
        dataset, split = source_of(config, column, edition)
        left_out = leaking_scenes(config, dataset, choices)
        for run in runs_of(config, choices, method, edition.budget):
            cell = Cell(dataset, method, run, split)
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


# --- figures -------------------------------------------------------------------------------------


def plan_figure(config: Config, paper: str, key: str, edition: str, choices: Choices) -> FigurePlan:
    """What a figure shows and the files it is drawn from.

    Raises:
        ConfigError: the paper has no such figure.
    """
    settings, of = _figure(config, paper, key), read_edition(config, edition)
    dataset, split = source_of(config, settings, of)
    data, camera = Data(dataset), plan_camera(config, dataset, choices)
    classes = _classes(config, dataset, split) if settings.classified else None
    names = [("figure", settings.is_), *(("camera", part["is"]) for part in camera["chain"])]
    if classes:
        names.append(("dataset", classes["labels"]["is"]))
    return {
        "is": settings.is_,
        "caption": settings.caption,
        "edition": describe_edition(config, of),
        "scenes": data.scenes,
        "cubes": data.cubes,
        "observations": data.observations,
        "response": data.response,
        "camera": {"chain": camera["chain"], "seed": camera["seed"]},
        "split": split,
        "shown": shown_scenes(settings.scenes, of),
        "methods": [
            _figure_method(config, method, of.budget, dataset, split, choices, classes)
            for method in chosen_methods(config, settings, choices)
        ],
        "classes": classes,
        "settings": plain(settings.settings),
        "code": digest_code([("respectra.figures.figure", "make_figure")], names),
    }


def _figure(config: Config, paper: str, key: str) -> FigureSettings:
    figures = config.paper(paper).figures
    if key not in figures:
        known = suggest(key, figures)
        raise ConfigError(f"config/papers/{paper}.yaml: {key} is no figure; {known}")
    return figures[key]


def chosen_methods(config: Config, figure: FigureSettings, choices: Choices) -> list[str]:
    """The methods of a figure that `methods` in config.yaml includes."""
    if figure.methods == "every_method":
        return list_methods(config, choices)
    return [method for method in figure.methods if is_chosen(choices, method)]


def is_drawable(config: Config, paper: str, key: str, edition: str, choices: Choices) -> bool:
    """Whether a figure can be drawn of an edition's data, and shows a chosen method if it shows
    methods at all."""
    settings = _figure(config, paper, key)
    if settings.methods and not chosen_methods(config, settings, choices):
        return False
    return is_available(config, settings, read_edition(config, edition))


def shown_scenes(scenes: int | Sequence[str], edition: Edition) -> int | list[str]:
    """The names of the scenes, or how many; a stand-in shows as many of its own."""
    if isinstance(scenes, int):
        return scenes
    return len(scenes) if edition.stand_in else list(scenes)


def _figure_method(
    config: Config,
    method: str,
    budget: str,
    dataset: str,
    split: str,
    choices: Choices,
    classes: ClassesPlan | None,
) -> FigureMethodPlan:
    """A method in a figure: its title and products; on the training split, its histories."""
    runs = runs_of(config, choices, method, budget)
    cells = [Cell(dataset, method, run, split) for run in runs] if split != "train" else []
    is_network = config.kind(method) == "network"
    trainings = trainings_of(config, choices, method, budget) if is_network else []
    return {
        "title": title_of(config, method),
        "control": config.kind(method) == "control",
        "reconstructions": [cell.reconstructions for cell in cells],
        "scores": [cell.class_scores if classes else cell.scores for cell in cells],
        "maps": [cell.class_map for cell in cells if classes],
        "histories": [
            Training(trained_on or dataset, source, run).history
            for source, run, trained_on in trainings
        ],
    }


def _classes(config: Config, dataset: str, split: str) -> ClassesPlan:
    """Where the labels of a data set are and what they mean."""
    classify = config.dataset(dataset).classify
    if classify is None or classify.split != split:
        raise ConfigError(f"config/datasets/{dataset}.yaml: has no `classify` on split {split}")
    return {"labels": plain(classify.labels), "names": list(classify.classes)}
