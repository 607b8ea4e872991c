"""What a figure shows: scenes of a data set and the products of methods."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from respectra.camera.observations import Observations
from respectra.camera.response import read_response
from respectra.datasets.store import Store
from respectra.figures.style import brighten
from respectra.plan_types import ClassesPlan, FigureCameraPlan, FigureMethodPlan, FigurePlan
from respectra.reconstructions import Reconstructions
from respectra.score_files import read_scores

Array = NDArray[np.floating]


@dataclass(frozen=True)
class MethodProducts:
    """A method in a figure, with a file per run.

    Attributes:
        title: the name of the method in figures.
        control: whether the method is a control, whose answer is known.
        reconstructions: files of cubes.
        members: files of cubes of the members of an ensemble.
        scores: CSV files.
        histories: CSV files of loss and learning rate.
        maps: `.npy` files of classes, for a data set with classes.
        conditions: the files of cubes and of scores under each condition of the figure.
    """

    title: str
    control: bool
    reconstructions: tuple[Path, ...]
    scores: tuple[Path, ...]
    histories: tuple[Path, ...]
    maps: tuple[Path, ...] = ()
    members: tuple[Path, ...] = ()
    conditions: tuple[tuple[tuple[Path, ...], tuple[Path, ...]], ...] = ()

    @classmethod
    def from_plan(cls, plan: FigureMethodPlan) -> "MethodProducts":
        """The products that a plan lists."""
        return cls(
            title=plan["title"],
            control=plan["control"],
            reconstructions=tuple(map(Path, plan["reconstructions"])),
            scores=tuple(map(Path, plan["scores"])),
            histories=tuple(map(Path, plan["histories"])),
            maps=tuple(map(Path, plan["maps"])),
            members=tuple(map(Path, plan["members"])),
            conditions=tuple(
                (tuple(map(Path, each["reconstructions"])), tuple(map(Path, each["scores"])))
                for each in plan["conditions"]
            ),
        )

    def cube(self, scene: str) -> Array:
        """The first run's reconstruction of a scene, (bands, rows, columns)."""
        return Reconstructions(self.reconstructions[0]).cube(scene)

    def read_scores(self, region: str) -> list[pd.DataFrame]:
        """Read the scores of a region, `full` or `crop`: a frame per run, a row per scene."""
        return [_read_frame(path, region) for path in self.scores]

    def read_condition_scores(self, region: str) -> list[list[pd.DataFrame]]:
        """Read the scores of a region under each condition: a frame per run."""
        return [[_read_frame(path, region) for path in paths] for _, paths in self.conditions]


def _read_frame(path: Path, region: str) -> pd.DataFrame:
    frame = read_scores(path)
    return frame[frame["region"] == region]


@dataclass(frozen=True)
class ShownCondition:
    """A condition in a figure.

    Attributes:
        title: the name of the condition in figures.
        store: its cubes.
        observations: its pictures.
    """

    title: str
    store: Store
    observations: Observations


@dataclass(frozen=True)
class Contents:
    """What a figure shows.

    Attributes:
        store: the cubes of the data set.
        observations: its pictures.
        response_file: the camera's response at the bands of the data set.
        scenes: the scenes to show.
        methods: the methods to show.
        camera: the camera's processing chain and seed.
        classes: the labels of a classified scene and the names of the classes.
        conditions: the conditions whose pictures are shown.
    """

    store: Store
    observations: Observations
    response_file: Path
    scenes: tuple[str, ...]
    methods: tuple[MethodProducts, ...]
    camera: FigureCameraPlan
    classes: ClassesPlan | None = None
    conditions: tuple[ShownCondition, ...] = ()

    @classmethod
    def from_plan(cls, plan: FigurePlan) -> "Contents":
        """The contents that a plan lists.

        Raises:
            ValueError: a scene is not in the plan's split.
        """
        store = Store(plan["scenes"])
        names = store.scenes(plan["split"])
        shown = plan["shown"]
        scenes = names[:shown] if isinstance(shown, int) else shown
        for scene in scenes:
            if scene not in names:
                raise ValueError(
                    f"scene {scene} is not in split {plan['split']}; it has {', '.join(names)}"
                )
        return cls(
            store=store,
            observations=Observations(plan["observations"]),
            response_file=Path(plan["response"]),
            scenes=tuple(scenes),
            methods=tuple(MethodProducts.from_plan(method) for method in plan["methods"]),
            camera=plan["camera"],
            classes=plan["classes"],
            conditions=tuple(
                ShownCondition(
                    each["title"], Store(each["scenes"]), Observations(each["observations"])
                )
                for each in plan["conditions"]
            ),
        )

    @cached_property
    def response(self) -> Array:
        """The camera's response with its gains, (3, bands)."""
        return read_response(self.response_file)

    def picture(self, scene: str) -> Array:
        """An observation, brightened for display, (rows, columns, 3) in [0, 1]."""
        pixels = self.observations.pixels(scene)
        return brighten(pixels, pixels)

    def band(self, nm: float) -> int:
        """The index of the band nearest to a wavelength."""
        return int(np.abs(np.asarray(self.store.wavelengths_nm) - nm).argmin())
