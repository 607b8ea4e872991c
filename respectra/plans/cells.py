"""Every path under `results/`: the only module that writes or reads one.

A path is an experiment: its parts are the data set, the method, the run and the split. The
patterns serve the Snakemake rules, the classes everything else.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Self

from respectra.plans.splits import condition_of

RESULTS = "results"
FETCHED = "results/fetch/{dataset}.csv"
SCENES = "results/datasets/{dataset}/scenes.csv"
WAVELENGTHS = "results/datasets/{dataset}/wavelengths.csv"
CUBES = "results/datasets/{dataset}/cubes"
OBSERVATIONS = "results/camera/{dataset}/observations"
RESPONSE = "results/camera/{dataset}/response.csv"
PICTURES = "results/camera/{dataset}/scenes.csv"
CONDITION_SCENES = "results/conditions/{dataset}/{split}/scenes.csv"
CONDITION_WAVELENGTHS = "results/conditions/{dataset}/{split}/wavelengths.csv"
CONDITION_CUBES = "results/conditions/{dataset}/{split}/cubes"
CONDITION_OBSERVATIONS = "results/conditions/{dataset}/{split}/camera/observations"
CONDITION_RESPONSE = "results/conditions/{dataset}/{split}/camera/response.csv"
CONDITION_PICTURES = "results/conditions/{dataset}/{split}/camera/scenes.csv"
TRAINING_PLAN = "results/train/{dataset}/{method}/{run}/plan.yaml"
CHECKPOINT = "results/train/{dataset}/{method}/{run}/checkpoint.pt"
MACHINE = "results/train/{dataset}/{method}/{run}/machine.yaml"
HISTORY = "results/train/{dataset}/{method}/{run}/history.csv"
RECONSTRUCTIONS = "results/reconstruct/{dataset}/{method}/{run}/{split}.h5"
SCORES = "results/score/{dataset}/{method}/{run}/{split}.csv"
CLASS_SCORES = "results/score/{dataset}/{method}/{run}/{split}.classes.csv"
CLASS_MAP = "results/score/{dataset}/{method}/{run}/{split}.classes.npy"
SUBMISSION = "results/submission/{dataset}/{method}/{run}/{split}.zip"
TABLE = "results/tables/{paper}/{table}.{edition}.csv"
TABLE_MARKDOWN = "results/tables/{paper}/{table}.{edition}.md"
TABLE_TEX = "results/tables/{paper}/{table}.{edition}.tex"
FIGURE = "results/figures/{paper}/{figure}.{edition}.png"
FIGURE_PDF = "results/figures/{paper}/{figure}.{edition}.pdf"
PAGE = "results/page/{paper}/{page}.{edition}.html"
METRICS = "results/metrics.json"
LEADERBOARD = "results/leaderboard.csv"
TIMINGS = "results/timings.csv"  # what benchmarks/networks.py --save writes

_SUFFIX = re.compile(r"(\.classes)?\.(h5|csv|npy|zip)$")
RELEASED = "released"  # the run that uses the authors' published weights


@dataclass(frozen=True, order=True)
class Data:
    """A data set as it is stored and photographed, or a split of it under a condition."""

    dataset: str
    split: str | None = None  # with its condition, as in `valid.gain-double`

    @classmethod
    def of_split(cls, dataset: str, split: str) -> Self:
        """The data that a method reconstructs: a data set, or the condition of its split."""
        return cls(dataset, None if condition_of(split) is None else split)

    def _path(self, pattern: str, of_condition: str) -> str:
        chosen = pattern if self.split is None else of_condition
        return chosen.format(dataset=self.dataset, split=self.split)

    @property
    def scenes(self) -> str:
        """The manifest of the stored scenes."""
        return self._path(SCENES, CONDITION_SCENES)

    @property
    def cubes(self) -> str:
        """The folder of the stored cubes."""
        return self._path(CUBES, CONDITION_CUBES)

    @property
    def observations(self) -> str:
        """The folder of the pictures."""
        return self._path(OBSERVATIONS, CONDITION_OBSERVATIONS)

    @property
    def response(self) -> str:
        """The camera's response at the bands of the data set."""
        return self._path(RESPONSE, CONDITION_RESPONSE)

    @property
    def pictures(self) -> str:
        """The table of the pictures."""
        return self._path(PICTURES, CONDITION_PICTURES)


@dataclass(frozen=True, order=True)
class Training:
    """A run of a network's recipe on a data set."""

    dataset: str
    method: str
    run: str

    def _path(self, pattern: str) -> str:
        return pattern.format(dataset=self.dataset, method=self.method, run=self.run)

    @property
    def plan(self) -> str:
        """The plan it was trained with."""
        return self._path(TRAINING_PLAN)

    @property
    def checkpoint(self) -> str:
        """The trained weights."""
        return self._path(CHECKPOINT)

    @property
    def machine(self) -> str:
        """The machine it was trained on, and the hours it took."""
        return self._path(MACHINE)

    @property
    def history(self) -> str:
        """The losses over the iterations."""
        return self._path(HISTORY)

    @classmethod
    def from_path(cls, path: str) -> Self:
        """The training that a file of `results/train` belongs to."""
        dataset, method, run, _ = PurePosixPath(path).parts[2:]
        return cls(dataset, method, run)


@dataclass(frozen=True, order=True)
class Cell:
    """What one method made of one split of a data set: its reconstructions and their scores."""

    dataset: str
    method: str
    run: str
    split: str

    def _path(self, pattern: str) -> str:
        return pattern.format(
            dataset=self.dataset, method=self.method, run=self.run, split=self.split
        )

    @property
    def reconstructions(self) -> str:
        """The file of the reconstructed cubes."""
        return self._path(RECONSTRUCTIONS)

    @property
    def scores(self) -> str:
        """The table of scores, a row per scene and region."""
        return self._path(SCORES)

    @property
    def class_scores(self) -> str:
        """The table of a classification's scores."""
        return self._path(CLASS_SCORES)

    @property
    def class_map(self) -> str:
        """The classes of a scene's pixels."""
        return self._path(CLASS_MAP)

    @property
    def submission(self) -> str:
        """The archive for the challenge's server."""
        return self._path(SUBMISSION)

    @classmethod
    def from_path(cls, path: str) -> Self:
        """The cell that a file of `results/reconstruct` or `results/score` belongs to.

        Example:
            >>> Cell.from_path("results/score/cave/linear/demo/valid.classes.csv").split
            'valid'
            >>> Cell.from_path("results/score/cave/linear/demo/valid.gain-double.csv").split
            'valid.gain-double'
        """
        dataset, method, run, name = PurePosixPath(path).parts[2:]
        return cls(dataset, method, run, _SUFFIX.sub("", name))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The cell that a person names: a path as above, or its last parts.

        The split may be left out: it is `valid` then.

        Raises:
            ValueError: the text names no cell.

        Example:
            >>> Cell.from_text("cave/linear/demo").reconstructions
            'results/reconstruct/cave/linear/demo/valid.h5'
        """
        parts = PurePosixPath(text).parts
        if len(parts) > 2 and parts[0] == RESULTS:
            parts = parts[2:]
        if len(parts) not in (3, 4) or parts[0] == "/":
            raise ValueError(
                f"{text}: is neither a file of a cube nor a run; "
                f"name a run as DATASET/METHOD/RUN, as in {RESULTS}/reconstruct"
            )
        split = _SUFFIX.sub("", parts[3]) if len(parts) == 4 else "valid"
        return cls(parts[0], parts[1], parts[2], split)


@dataclass(frozen=True, order=True)
class Page:
    """A table, a figure or a page for a browser of a paper in one edition."""

    kind: str  # tables, figures or pages
    paper: str
    key: str
    edition: str

    @property
    def path(self) -> str:
        """The file that Snakemake is asked for: a CSV, a PNG or HTML."""
        if self.kind == "tables":
            return TABLE.format(paper=self.paper, table=self.key, edition=self.edition)
        if self.kind == "pages":
            return PAGE.format(paper=self.paper, page=self.key, edition=self.edition)
        return FIGURE.format(paper=self.paper, figure=self.key, edition=self.edition)

    @property
    def markdown(self) -> str:
        """A table for people."""
        return TABLE_MARKDOWN.format(paper=self.paper, table=self.key, edition=self.edition)


def dataset_of(path: str) -> str:
    """The data set that a product of any step before the tables belongs to."""
    return PurePosixPath(path).parts[2]


def file_of_split(part: str) -> Callable[[Any], str]:
    """An input function of a rule: a file of the data that the wildcards name.

    Args:
        part: a property of `Data`, such as `scenes`.
    """
    return lambda wildcards: str(getattr(Data.of_split(wildcards.dataset, wildcards.split), part))


def folder_of(step: str) -> str:
    """The folder of the products of a step.

    Example:
        >>> folder_of("train")
        'results/train'
    """
    return f"{RESULTS}/{step}"


def step_of(path: str) -> str | None:
    """The step that makes a path: the folder below `results`; None for any other path.

    Example:
        >>> step_of("results/score/cave/linear/demo/valid.csv"), step_of("published/x.csv")
        ('score', None)
    """
    parts = PurePosixPath(path).parts
    return parts[1] if len(parts) > 2 and parts[0] == RESULTS else None


def budget_of(run: str) -> str:
    """The budget of a run.

    Example:
        >>> budget_of("demo-seed0"), budget_of("demo"), budget_of("released")
        ('demo', 'demo', 'full')
    """
    return "full" if run == RELEASED else run.partition("-")[0]


def name_run(budget: str, seed: int | str | None) -> str:
    """The name of a run: the budget, and the seed of what is trained."""
    return budget if seed is None else f"{budget}-seed{seed}"


def seed_of(run: str) -> int:
    """The seed of a training's run.

    Raises:
        ValueError: the run has no seed.
    """
    match = re.fullmatch(r"[a-z0-9_]+-seed(\d+)", run)
    if match is None:
        raise ValueError(f"{run}: is not the run of a training, as demo-seed0 is")
    return int(match[1])
