"""Plans of tables, figures and pages: the files that they show."""

from typing import TypedDict

from respectra.plan_types.steps import Settings, TrainPlan


class EditionPlan(TypedDict):
    """What a caption says about the budget and the data."""

    budget: str
    small: bool
    stand_in: str | None


class CellPlan(TypedDict):
    """One file of scores behind a table's cell."""

    row: str
    column: str
    region: str
    metrics: dict[str, str]
    scores: str
    left_out: list[str]


class ProductsPlan(TypedDict):
    """The cubes behind a table's cell: those of a data set, and those that a method made of it."""

    row: str
    column: str
    scenes: str
    cubes: str
    observations: str
    split: str
    margin: int  # pixels left out on each side
    left_out: list[str]
    reconstructions: list[str]  # a file per run
    members: list[str]  # of an ensemble
    deviations: list[str]  # of the answers of a self-ensemble, a file per run


class ColumnPlan(TypedDict):
    """A column of a table; `source` is `data set/split`."""

    label: str
    metrics: dict[str, str]
    source: str
    other_images: str | None  # how the scored images differ from the paper's, if they do


class TrainingPlan(TypedDict):
    """The rows that rest on a training and the plan it would have today."""

    rows: list[str]
    plan: TrainPlan


class PrimaryPlan(TypedDict):
    """The table whose ranks are printed as subscripts."""

    published: str | None
    cells: list[CellPlan]
    ranked: str | None


class MachinesPlan(TypedDict):
    """The machines behind a row: a file for each training, and how many seeds repeat it."""

    files: list[str]
    repeats: int


TablePlan = TypedDict(
    "TablePlan",
    {
        "is": str,
        "settings": Settings,
        "caption": str,
        "remark": str | None,
        "edition": EditionPlan,
        "published": str | None,
        "rows": list[str],
        "conditions": list[str],  # titles that end the labels of rows, if rows have conditions
        "columns": list[ColumnPlan],
        "cells": list[CellPlan],
        "products": list[ProductsPlan],  # if the kind of table takes `products`, else none
        "compared_with": dict[str, list[list[CellPlan]]],
        "ranked": str | None,
        "primary": PrimaryPlan | None,
        "passes": dict[str, dict[str, int]],
        "macs_size": dict[str, list[int]],
        "timed_size": list[int] | None,
        "timings": str | None,
        "parameters": dict[str, int | None],
        "macs": dict[str, float | None],
        "trained": dict[str, TrainingPlan],
        "machines": dict[str, MachinesPlan],
        "judged": bool,
        "tolerance": float,
        "code": str,
    },
)
TablePlan.__doc__ = "Rows, columns and the files behind every cell of a table."


class FigureCameraPlan(TypedDict):
    """What a figure needs to photograph a cube again."""

    chain: list[Settings]
    seed: int


class FigureConditionPlan(TypedDict):
    """A condition in a figure: its title and the files of its data."""

    title: str
    scenes: str
    observations: str


class ConditionProductsPlan(TypedDict):
    """What a method made under one condition, a file per run."""

    reconstructions: list[str]
    scores: list[str]


class FigureMethodPlan(TypedDict):
    """A method in a figure: its title and the files of its products."""

    title: str
    control: bool
    reconstructions: list[str]
    members: list[str]  # reconstructions of the members of an ensemble
    scores: list[str]
    maps: list[str]
    histories: list[str]
    conditions: list[ConditionProductsPlan]  # in the order of the figure's conditions


class ClassesPlan(TypedDict):
    """Where the labels of a classified scene are, and the names of the classes."""

    labels: Settings
    names: list[str]


FigurePlan = TypedDict(
    "FigurePlan",
    {
        "is": str,
        "caption": str,
        "edition": EditionPlan,
        "scenes": str,
        "cubes": str,
        "observations": str,
        "response": str,
        "camera": FigureCameraPlan,
        "split": str,
        "shown": int | list[str],  # the first so many scenes, or their names
        "methods": list[FigureMethodPlan],
        "conditions": list[FigureConditionPlan],
        "classes": ClassesPlan | None,
        "settings": Settings,
        "code": str,
    },
)
FigurePlan.__doc__ = "What a figure shows and the files it is drawn from."


class CurvePlan(TypedDict):
    """A method of a page.

    `others` are further reconstructions whose spread is shown: those of the members of an
    ensemble, or of the same method trained with other seeds. A network with one training has
    `deviations` instead, if a variant of it computes them: the spread over the turns of a picture.
    `spread` names what is shown.
    """

    title: str
    reconstructions: str
    scores: str
    others: list[str]
    deviations: str | None
    spread: str | None


class PagePlan(TypedDict):
    """What a page for a browser shows and the files it is made from."""

    title: str
    caption: str
    edition: EditionPlan | None  # None for runs that are named one by one
    quantity: str
    scenes: str
    cubes: str
    observations: str
    metamers: str | None  # manifest of the metamers of the scenes, if they are shown
    split: str
    shown: int | list[str]  # the first so many scenes, or their names
    methods: list[CurvePlan]
    precision: str
    files: dict[str, str]  # SHA-256 of the template, its style and scripts
    code: str
