"""Scores reconstructions: one row per scene and region."""

import csv
import inspect
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from respectra.camera.response import read_response
from respectra.conditions.colours import load_observer, measure_colour_error
from respectra.conditions.lights import estimate_light
from respectra.datasets.cube import crop
from respectra.datasets.store import Store
from respectra.files import replace_atomically
from respectra.metrics import METRICS
from respectra.plan_types import ScorePlan
from respectra.reconstructions import Reconstructions

Array = NDArray[np.floating]
COLOUR_ERROR = "delta_e"  # a column of scores under a light that is known


def score_split(
    *,
    plan: ScorePlan,
    reconstructions: str | Path,
    scenes: str | Path,
    response: str | Path,
    split: str,
    save: str | Path,
) -> None:
    """Score every scene of a split, whole (`full`) and without its margin (`crop`).

    Args:
        plan: the `margin`: pixels left out on each side of the crop; whether the error of colours
            is scored too.
        reconstructions: a file of reconstructions.
        scenes: the data set's manifest.
        response: the camera's response at the data set's bands, for the back-projection.
        split: which scenes.
        save: a CSV with scene, region and a column per metric.

    Raises:
        ValueError: the shapes of a scene differ, or its crop is empty.
    """
    store, reconstructed = Store(scenes), Reconstructions(reconstructions)
    curves = read_response(response)
    observer = load_observer(store.wavelengths_nm) if plan["colours"] else None
    names = [*METRICS, *([] if observer is None else [COLOUR_ERROR])]
    with replace_atomically(save) as path, open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["scene", "region", *names])
        for scene in store.scenes(split):
            cube, reconstruction = np.asarray(store.cube(scene)), reconstructed.cube(scene)
            try:
                for region, margin in (("full", 0), ("crop", plan["margin"])):
                    cropped = crop(reconstruction, margin), crop(cube, margin)
                    values = [*compute_scores(*cropped, curves).values()]
                    if observer is not None:
                        values.append(
                            measure_colour_error(*cropped, observer, estimate_light(cube))
                        )
                    rows.writerow([scene, region, *(f"{value:.9g}" for value in values)])
            except ValueError as error:
                raise ValueError(f"{scene}: {error}") from error


def compute_scores(reconstruction: Array, cube: Array, response: Array) -> dict[str, float]:
    """Return all metrics of one scene, by their names.

    Args:
        reconstruction: (bands, rows, columns).
        cube: the truth, of the same shape.
        response: of the camera, (3, bands).
    """
    return {
        name: metric(reconstruction, cube, response)
        if "response" in inspect.signature(metric).parameters
        else metric(reconstruction, cube)
        for name, metric in METRICS.items()
    }
