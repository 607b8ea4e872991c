"""Types of the plans that travel from `respectra.plans` to the functions of the steps.

A plan is a nested dict of plain values, because Snakemake compares it and YAML stores it. The
types below let mypy find a misspelt key. This module imports nothing of the package, so that every
folder may import it.
"""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

Settings = Mapping[str, Any]  # a block `{is: module:Name, …}`: what to build, with its arguments


class FloorPlan(TypedDict):
    """Smaller values of a cube are raised to `floor`."""

    floor: float


class DatasetPlan(TypedDict):
    """How the cubes of a data set are read, checked and stored."""

    read: Settings
    wavelengths_nm: list[float] | None
    zeros: str | FloorPlan
    size: list[int] | None  # rows, columns
    range: list[float] | None  # minimum, maximum
    stored: str  # float32 or float16
    files: dict[str, str]  # SHA-256 of every file that is read, by its path in the folder
    code: str


class ResponsePlan(TypedDict):
    """A table of spectral responses and the columns of R, G and B."""

    file: str
    columns: list[str]
    gains: list[float]
    unit: NotRequired[str]  # share, percent or relative


class FetchPlan(TypedDict):
    """The files of a data set and where they are published."""

    name: str
    title: str
    read: Settings  # with the folder
    wavelengths_nm: list[float] | None
    get: Settings  # the block `get` of the data set's YAML


class CameraPlan(TypedDict):
    """How a data set is photographed, or where its observations are."""

    response: ResponsePlan
    seed: int
    chain: list[Settings]
    provided: str | None  # path of the provided pictures inside the data set's folder
    agreement: NotRequired[float]  # smallest accepted correlation of a provided picture
    files: dict[str, str]  # SHA-256 of the response and of the provided pictures
    code: str


class ConditionPlan(TypedDict):
    """How the scored pictures of a split, and perhaps their cubes, differ from the data set."""

    split: str
    light: str | None
    metamer: bool
    response: ResponsePlan
    balanced: bool  # whether each channel has the sensitivity of the data set's camera
    chain: list[Settings]
    seed: int
    shuffle: bool
    files: dict[str, str]  # SHA-256 of the response
    code: str


class RGBPlan(TypedDict):
    """How pixel values are scaled: `unit`, `per_image` or `max`."""

    scale: str


class InputsPlan(TypedDict):
    """What a network receives."""

    rgb: RGBPlan
    superpixels: Settings | None
    estimate: Settings | None


class HoldOutPlan(TypedDict):
    """Training scenes that a phase leaves out."""

    share: float
    seed: int


class HardScenesPlan(TypedDict):
    """The share of scenes with the greatest loss, and how often a phase repeats them."""

    share: float
    times: int


class ChoosePlan(TypedDict):
    """Which scenes choose the best weights, how often and by which metric."""

    split: str
    every: int
    by: str


class PhaseSettings(TypedDict):
    """One phase of a training recipe without its length."""

    loss: dict[str, float]
    optimizer: Settings
    schedule: Settings
    patch: int | list[int]  # rows and columns
    resize: bool
    stride: int | None
    batch: int
    augment: list[str]
    precision: str
    accumulate: int
    hold_out: HoldOutPlan | None
    choose: ChoosePlan | None
    objective: str
    freeze: list[str]
    clipping: str | None
    hard_scenes: HardScenesPlan | None
    extra_datasets: bool
    cubes: str


class PhasePlan(PhaseSettings):
    """One phase of a training recipe, as the budget affords it."""

    iterations: int | None  # if epochs are stated: the greatest number that the budget affords
    epochs: float | None


class RunPhase(PhaseSettings):
    """One phase of a training on a data set, which makes iterations of epochs."""

    iterations: int


class TrainPlan(TypedDict):
    """A network and its recipe."""

    network: Settings
    inputs: InputsPlan
    train: list[PhasePlan]
    starts_from: str | None
    extra_datasets: list[str]
    code: str


class ReleasedPlan(TypedDict):
    """The network that takes the authors' published weights."""

    network: Settings
    code: str


class ReconstructionPlan(TypedDict):
    """How a trained network is applied to an image."""

    tile: int | None
    overlap: int
    self_ensemble: str
    maximum: float | str | None  # of each cube; or `common`, that of the training cubes


class ReconstructPlan(TypedDict):
    """A network and how it is applied."""

    network: Settings
    inputs: InputsPlan
    reconstruct: ReconstructionPlan
    code: str


class EnsemblePlan(TypedDict):
    """How the members' reconstructions are combined."""

    ensemble: Settings
    weights: list[float]
    margin: int | None  # pixels left out on each side of the scored crop, where a function asks
    maximum: float | None  # that the data set states for all cubes, where a function asks
    code: str


class ControlPlan(TypedDict):
    """A control or a fit: exactly one of the two keys is present."""

    control: NotRequired[Settings]
    fit: NotRequired[Settings]
    code: str


class PlausiblePlan(TypedDict):
    """Which rgb reconstructions give back."""

    rgb: str  # camera or observation
    linear: bool  # whether the values of observations are linear
    code: str


class SubmissionPlan(TypedDict):
    """How reconstructions of test images are packed."""

    margin: int  # pixels left out on each side
    code: str


class ScorePlan(TypedDict):
    """What is scored of a scene."""

    margin: int  # pixels left out on each side of the crop
    colours: bool  # whether the error of colours is scored
    code: str


class ClassifyPlan(TypedDict):
    """How the pixels of a scene are classified."""

    labels: Settings
    samples: str
    network: Settings
    optimizer: Settings
    batch: int
    classes: int
    epochs: int
    share: float
    iterations: int | None
    runs: int
    code: str


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
    ensemble, or of the same method trained with other seeds; `spread` names what they are.
    """

    title: str
    reconstructions: str
    scores: str
    others: list[str]
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
    split: str
    shown: int | list[str]  # the first so many scenes, or their names
    methods: list[CurvePlan]
    precision: str
    files: dict[str, str]  # SHA-256 of the template, its style and scripts
    code: str
