"""Fixtures and functions that many tests use: a small data set on disk, and the plans of its steps."""

import csv
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from respectra.camera.observe import photograph_dataset
from respectra.datasets.scenes import store_dataset
from respectra.datasets.store import Store
from respectra.plan_types import CameraPlan, DatasetPlan

torch.set_num_threads(1)  # the suite runs two workers on two cores

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
WAVELENGTHS = [400.0 + 10 * i for i in range(31)]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the files that take longest, so that both processes end at the same time."""
    items.sort(key=lambda item: "workflow" not in item.path.parts)


@pytest.fixture
def shared() -> Path:
    """The folder of reference material next to the repository; the test is skipped without it."""
    if not SHARED.is_dir():
        pytest.skip(f"reference material is not at {SHARED}")
    return SHARED


def smooth_cube(rows: int, columns: int, bands: int = 31, seed: int = 0) -> NDArray[np.float32]:
    """A positive cube with smooth spectra, (bands, rows, columns)."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 1, bands)
    basis = np.stack([np.exp(-(((x - c) / 0.25) ** 2)) for c in np.linspace(0, 1, 5)])
    weights = rng.random((5, rows, columns)) + 0.05
    cube = np.tensordot(basis.T, weights, 1)
    return (cube / cube.max()).astype(np.float32)


def write_folder(
    folder: Path,
    splits: dict[str, str],
    *,
    size: tuple[int, int] = (40, 48),
    bands: int = 31,
) -> Path:
    """Write a folder of `.npz` cubes and its table of splits, as a user would."""
    folder.mkdir(parents=True, exist_ok=True)
    wavelengths = np.linspace(400, 700, bands)
    for seed, scene in enumerate(splits):
        cube = np.moveaxis(smooth_cube(*size, bands, seed), 0, -1)
        np.savez(folder / f"{scene}.npz", cube=cube, wavelengths_nm=wavelengths)
    with open(folder / "scenes.csv", "w", newline="") as file:
        csv.writer(file).writerows([("scene", "split"), *splits.items()])
    return folder


def dataset_plan(folder: Path, **changes: object) -> DatasetPlan:
    """A plan of `store_dataset` for a folder that `write_folder` wrote."""
    plan: DatasetPlan = {
        "read": {"is": "folder:read", "folder": str(folder), "splits": "scenes.csv", "key": "cube"},
        "wavelengths_nm": None,
        "zeros": "refuse",
        "size": None,
        "range": None,
        "stored": "float32",
        "files": {},
        "code": "",
    }
    return cast(DatasetPlan, {**plan, **changes})


def camera_plan(**changes: object) -> CameraPlan:
    """A plan of `photograph_dataset` with the camera of the challenge."""
    plan: CameraPlan = {
        "response": {
            "file": str(ROOT / "data/cameras/ntire2022.csv"),
            "columns": ["R", "G1", "B"],
            "gains": [2.2933984, 1.0, 1.62308182],
        },
        "seed": 0,
        "chain": [
            {"is": "noise:photons", "electrons": 750},
            {"is": "exposure:to_mean", "mean": 0.18},
            {"is": "bits:truncate", "bits": 8},
            {"is": "jpeg:compress", "quality": 70, "subsampling": "4:2:0"},
        ],
        "provided": None,
        "files": {},
        "code": "",
    }
    return cast(CameraPlan, {**plan, **changes})


class Data:
    """A stored and photographed data set.

    Args:
        root: the folder to write to.
        folder: the folder of the cubes and their table of splits.
        changes: entries of the plan of `store_dataset` that differ from `dataset_plan`.
    """

    def __init__(self, root: Path, folder: Path, **changes: Any) -> None:
        self.scenes = root / "datasets/scenes.csv"
        self.cubes = root / "datasets/cubes"
        self.observations = root / "camera/observations"
        self.response = root / "camera/response.csv"
        store_dataset(
            plan=dataset_plan(folder, **changes),
            save_scenes=self.scenes,
            save_cubes=self.cubes,
            save_wavelengths=root / "datasets/wavelengths.csv",
        )
        photograph_dataset(
            plan=camera_plan(),
            scenes=self.scenes,
            save_observations=self.observations,
            save_response=self.response,
            save_scenes=root / "camera/scenes.csv",
        )


@pytest.fixture
def cube_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list to which every call of `Store.cube` during the test appends its scene."""
    scenes: list[str] = []
    read_cube = Store.cube

    def record(self: Store, scene: str) -> NDArray[np.float32]:
        scenes.append(scene)
        return read_cube(self, scene)

    monkeypatch.setattr(Store, "cube", record)
    return scenes


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """Four scenes of 40×48×31: two for training, two for validation."""
    root = tmp_path_factory.mktemp("data")
    splits = {"a": "train", "b": "train", "c": "valid", "d": "valid"}
    return Data(root, write_folder(root / "folder", splits))


@pytest.fixture(scope="session")
def data_of_16_bands(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """Two scenes of 40×48×16: one for training, one for validation."""
    root = tmp_path_factory.mktemp("sixteen")
    return Data(root, write_folder(root / "folder", {"a": "train", "b": "valid"}, bands=16))
