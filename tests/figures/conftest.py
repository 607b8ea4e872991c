"""A data set with the products of two methods, to draw figures of."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from respectra.datasets.store import Store
from respectra.figures.contents import Contents
from respectra.figures.style import STYLE
from respectra.plan_types import FigureMethodPlan, FigurePlan
from respectra.reconstructions import write_reconstructions
from tests.conftest import WAVELENGTHS, Data

METRICS = ("mrae", "rmse", "psnr", "ssim", "sam")


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    """The style of all figures, which are closed after the test."""
    with plt.rc_context(STYLE):  # type: ignore[arg-type]
        yield
    plt.close("all")


def write_products(store: Store, folder: Path, number: int, title: str) -> FigureMethodPlan:
    """The products of a method with two runs: cubes that are 1 + 0.1 number times the true ones."""
    reconstructions = folder / f"{number}.h5"
    with write_reconstructions(reconstructions, WAVELENGTHS) as write:
        for scene in store.scenes("valid"):
            write(scene, np.asarray(store.cube(scene)) * (1 + 0.1 * number))
    scores, histories = [], []
    for seed in range(2):
        score = 0.1 * number + 0.01 * seed
        lines = [
            {"scene": scene, "region": region, **dict.fromkeys(METRICS, score)}
            for scene in store.scenes("valid")
            for region in ("full", "crop")
        ]
        scores.append(folder / f"{number}-{seed}.csv")
        pd.DataFrame(lines).to_csv(scores[-1], index=False)
        steps = np.arange(1, 41)
        history = {"phase": 0, "iteration": steps, "learning_rate": 1e-3 / steps, "loss": 1 / steps}
        histories.append(folder / f"{number}-{seed}-history.csv")
        pd.DataFrame(history).to_csv(histories[-1], index=False)
    return {
        "title": title,
        "control": number == 1,
        "reconstructions": [str(reconstructions)],
        "members": [],
        "scores": [str(path) for path in scores],
        "maps": [],
        "histories": [str(path) for path in histories],
        "conditions": [
            {"reconstructions": [str(reconstructions)], "scores": [str(path) for path in scores]},
            {"reconstructions": [str(reconstructions)], "scores": [str(path) for path in scores]},
        ],
    }


@pytest.fixture
def figure_plan(data: Data, tmp_path: Path) -> FigurePlan:
    store = Store(data.scenes)
    return {
        "is": "camera_response:draw",
        "caption": "A figure",
        "edition": {"budget": "all of it", "small": False, "stand_in": None},
        "scenes": str(data.scenes),
        "cubes": str(data.cubes),
        "observations": str(data.observations),
        "response": str(data.response),
        "camera": {"chain": [{"is": "jpeg:lossless"}], "seed": 0},
        "split": "valid",
        "shown": 2,
        "methods": [
            write_products(store, tmp_path, number, title)
            for number, title in enumerate(["linear", "HPRN"], start=1)
        ],
        "conditions": [
            {"title": title, "scenes": str(data.scenes), "observations": str(data.observations)}
            for title in ("as it is", "gain 2")
        ],
        "classes": None,
        "settings": {},
        "code": "",
    }


@pytest.fixture
def contents(figure_plan: FigurePlan) -> Contents:
    return Contents.from_plan(figure_plan)
