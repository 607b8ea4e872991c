"""A data set with two methods' products, to draw from."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.figures.material import STYLE, Material, Shown
from respectra.metrics import METRICS
from respectra.reconstructions import write_reconstructions
from tests.conftest import WAVELENGTHS, Data


@pytest.fixture(autouse=True)
def closed():
    with plt.rc_context(STYLE):  # type: ignore[arg-type]
        yield
    plt.close("all")


@pytest.fixture
def material(data: Data, tmp_path: Path) -> Material:
    store = Store(data.scenes)
    methods = []
    for number, title in enumerate(["linear", "HPRN"]):
        path = tmp_path / f"{number}.h5"
        with write_reconstructions(path, WAVELENGTHS) as write:
            for scene in store.scenes("valid"):
                write(scene, np.asarray(store.cube(scene)) * (1 + 0.1 * (number + 1)))
        scores, histories = [], []
        for seed in range(2):
            rows = [
                {
                    "scene": s,
                    "region": r,
                    **dict.fromkeys(METRICS, 0.1 * (number + 1) + 0.01 * seed),
                }
                for s in store.scenes("valid")
                for r in ("full", "crop")
            ]
            scores.append(tmp_path / f"{number}-{seed}.csv")
            pd.DataFrame(rows).to_csv(scores[-1], index=False)
            histories.append(tmp_path / f"{number}-{seed}-history.csv")
            steps = np.arange(1, 41)
            pd.DataFrame(
                {"phase": 0, "iteration": steps, "learning_rate": 1e-3 / steps, "loss": 1 / steps}
            ).to_csv(histories[-1], index=False)
        methods.append(Shown(title, number == 0, (path,), tuple(scores), tuple(histories)))
    observations = Observations(data.observations)
    return Material(store, observations, data.response, ("c", "d"), tuple(methods))
