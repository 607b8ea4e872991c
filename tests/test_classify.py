import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io
import torch
from numpy.typing import NDArray
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_cohen_kappa

from respectra.classify import (
    classify_scene,
    compute_accuracies,
    find_overlapping,
    scale_bands,
    view_neighbourhoods,
)
from respectra.config import Config
from respectra.datasets.scenes import store_dataset
from respectra.datasets.store import Store
from respectra.plans.steps import plan_classify
from respectra.reconstructions import write_reconstructions
from tests.conftest import ROOT

BANDS = Config(ROOT).dataset("pavia_u").wavelengths()
Classified = Callable[..., pd.DataFrame]


def test_every_pixel_has_its_own_surroundings() -> None:
    pixels = torch.arange(2 * 7 * 8.0).reshape(2, 7, 8)
    neighbourhoods = view_neighbourhoods(pixels, 3)
    assert neighbourhoods.shape == (7, 8, 2, 3, 3)
    torch.testing.assert_close(neighbourhoods[3, 4], pixels[:, 2:5, 3:6])
    torch.testing.assert_close(
        neighbourhoods[0, 0, :, 0, 0], pixels[:, 1, 1]
    )  # mirrored, edge not repeated


def test_bands_are_scaled_by_the_truth() -> None:
    truth = np.array([[[1.0, 3.0]], [[5.0, 5.0]]], np.float32)
    np.testing.assert_allclose(scale_bands(truth + 1, truth), [[[0.5, 1.5]], [[1.0, 1.0]]])


def test_overlapping_neighbourhoods_are_found() -> None:
    train, test = np.zeros((1, 9), np.uint8), np.ones((1, 9), np.uint8)
    train[0, 0] = 1
    overlapping = find_overlapping(train, test, 3)  # both are 3 wide, up to two columns apart
    assert overlapping.tolist() == [[True] * 3 + [False] * 6]


def test_accuracies_are_those_of_torchmetrics() -> None:
    rng = np.random.default_rng(0)
    test = rng.integers(0, 5, (20, 30)).astype(np.uint8)
    classes = np.where(rng.random(test.shape) < 0.5, test, rng.integers(1, 5, test.shape))
    classes = np.maximum(classes, 1).astype(np.uint8)
    numbers = compute_accuracies(test, classes)
    estimate, target = (torch.from_numpy(x[test > 0].astype(np.int64) - 1) for x in (classes, test))
    expected = {
        "oa": multiclass_accuracy(estimate, target, 4, average="micro"),
        "aa": multiclass_accuracy(estimate, target, 4, average="macro"),
        "kappa": multiclass_cohen_kappa(estimate, target, 4),
    }
    for key, value in expected.items():
        assert numbers[key] == pytest.approx(float(value), abs=1e-6), key
    assert compute_accuracies(test, test)["kappa"] == pytest.approx(1.0)


@pytest.fixture
def classified(tmp_path: Path) -> Classified:
    """A scene of three stripes, each with its own spectrum, and its labels."""
    truth = np.repeat([1, 2, 3], 8).astype(np.uint8) * np.ones((30, 1), np.uint8)
    rng = np.random.default_rng(0)
    spectra = rng.random((4, 103)) + 0.1
    cube = spectra[truth] * (1 + 0.05 * rng.standard_normal((*truth.shape, 1)))
    folder = tmp_path / "data"
    folder.mkdir()
    scipy.io.savemat(folder / "PaviaU.mat", {"paviaU": cube})
    train, test = truth.copy(), truth.copy()
    train[4:], test[:4] = 0, 0
    for name, key, labels in (
        ("PaviaU_gt", "paviaU_gt", truth), ("TRpaviaU", "TRpaviaU", train),
        ("TSpaviaU", "TSpaviaU", test),
    ):  # fmt: skip
        scipy.io.savemat(folder / f"{name}.mat", {key: labels})
    read = {"is": "pavia:read", "folder": str(folder), "cube": "PaviaU.mat", "key": "paviaU"}
    store_dataset(
        plan={
            "read": {**read, "maximum": 2, "areas": {"whole": [0, 30]}}, "wavelengths_nm": BANDS,
            "zeros": "refuse", "size": None, "range": None, "stored": "float32",
            "files": {}, "code": "",
        },
        save_scenes=tmp_path / "scenes.csv",
        save_cubes=tmp_path / "cubes",
        save_wavelengths=tmp_path / "wavelengths.csv",
    )  # fmt: skip
    plan = plan_classify(Config(ROOT), "pavia_u", "smoke")
    small = {
        "is": "up_classifier:UPClassifier", "side": 7, "dropout": 0.0,
    }  # fmt: skip

    def run(cube: NDArray | None = None, **changes: object) -> pd.DataFrame:
        store = Store(tmp_path / "scenes.csv")
        with write_reconstructions(tmp_path / "whole.h5", BANDS) as write:
            write("PaviaU_whole", store.cube("PaviaU_whole") if cube is None else cube)
        labels = {"is": "pavia:labels", "folder": str(folder)}
        classify_scene(
            plan={**plan, "labels": labels, "network": small, "iterations": 30, "batch": 32,
                  "runs": 2, "classes": 3, **changes},
            reconstructions=tmp_path / "whole.h5",
            scenes=tmp_path / "scenes.csv",
            split="whole",
            save_csv=tmp_path / "whole.classes.csv",
            save_map=tmp_path / "whole.classes.npy",
        )  # fmt: skip
        return pd.read_csv(tmp_path / "whole.classes.csv")

    return run


def test_different_spectra_are_classified(classified: Classified, tmp_path: Path) -> None:
    rows = classified()
    assert rows["oa"].min() > 0.85
    assert (rows["runs"] == len(rows)).all()
    assert (rows["trained"] == 4 * 24).all()
    assert (rows["tested"] == 26 * 24).all()
    assert (rows["shared"] == 6 * 24).all()  # of side 7: up to six rows below the training rows
    assert np.load(tmp_path / "whole.classes.npy").shape == (30, 24)
    assert rows["oa"].tolist() == classified()["oa"].tolist()  # the same seeds, the same numbers


def test_a_constant_cube_is_classified_by_chance(classified: Classified) -> None:
    rows = classified(np.ones((3, 30, 24), np.float32))
    assert rows["kappa"].max() < 0.2


def test_disjoint_samples_share_no_neighbourhood(classified: Classified) -> None:
    rows = classified(samples="disjoint", runs=1)
    assert rows[["tested", "shared"]].values.tolist() == [[20 * 24, 0]]


def test_labels_of_another_scene_are_refused(classified: Classified) -> None:
    with pytest.raises(ValueError, match=re.escape("has (29, 24) pixels, its labels (30, 24)")):
        classified(np.ones((3, 29, 24), np.float32))
