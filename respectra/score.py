"""Reconstruction against cube → one row per scene and region."""

import csv
import inspect
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from respectra.camera.response import read_response
from respectra.datasets.cube import crop
from respectra.datasets.store import Store
from respectra.files import aside
from respectra.metrics import METRICS
from respectra.reconstructions import Reconstructions

Array = NDArray[np.floating]


def score(
    *,
    reconstructions: str | Path,
    scenes: str | Path,
    response: str | Path,
    split: str,
    margin: int,
    save: str | Path,
) -> None:
    """Score every scene of a split, whole (`full`) and on the crop.

    Args:
        reconstructions: a file of reconstructions.
        scenes: the data set's manifest.
        response: the camera's response at the data set's bands, for the back-projection.
        split: which scenes.
        margin: pixels left out on each side of the crop.
        save: a CSV: scene, region, then a column per metric.

    Raises:
        ValueError: naming the scene, if shapes differ or the crop leaves nothing.
    """
    store, found = Store(scenes), Reconstructions(reconstructions)
    curves = read_response(response)
    with aside(save) as path, open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["scene", "region", *METRICS])
        for scene in store.scenes(split):
            cube, reconstruction = np.asarray(store.cube(scene)), found.cube(scene)
            try:
                regions = {"full": 0, "crop": margin}
                for region, edge in regions.items():
                    pair = crop(reconstruction, edge), crop(cube, edge)
                    numbers = scores(*pair, curves).values()
                    rows.writerow([scene, region, *(f"{number:.9g}" for number in numbers)])
            except ValueError as error:
                raise ValueError(f"{scene}: {error}") from error


def scores(reconstruction: Array, cube: Array, response: Array) -> dict[str, float]:
    """All metrics of one scene, (bands, rows, columns) each."""
    return {
        name: metric(reconstruction, cube, response)
        if "response" in inspect.signature(metric).parameters
        else metric(reconstruction, cube)
        for name, metric in METRICS.items()
    }
