"""What many tests need: a small data set on disk, the real data if it is there."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from respectra.camera.observe import observe_all
from respectra.datasets.scenes import make_dataset
from respectra.datasets.store import Store

torch.set_num_threads(1)  # two workers on two cores

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
WAVELENGTHS = [400.0 + 10 * i for i in range(31)]


@pytest.fixture
def shared() -> Path:
    """Reference material beside the repository; nothing in the repository needs it."""
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
    """A folder of `.npz` cubes with a table of splits, as a user would have it."""
    folder.mkdir(parents=True, exist_ok=True)
    wavelengths = np.linspace(400, 700, bands)
    for seed, scene in enumerate(splits):
        cube = np.moveaxis(smooth_cube(*size, bands, seed), 0, -1)
        np.savez(folder / f"{scene}.npz", cube=cube, wavelengths_nm=wavelengths)
    with open(folder / "scenes.csv", "w", newline="") as file:
        csv.writer(file).writerows([("scene", "split"), *splits.items()])
    return folder


def dataset_plan(folder: Path, **changes: object) -> dict[str, object]:
    read = {"is": "folder:read", "folder": str(folder), "splits": "scenes.csv", "key": "cube"}
    found = {"read": read, "wavelengths_nm": None, "zeros": "refuse", "size": None, "range": None}
    return {**found, "stored": "float32", **changes}


def camera_plan(**changes: object) -> dict[str, object]:
    return {
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
        **changes,
    }


class Data:
    """A stored and photographed data set."""

    def __init__(self, root: Path, folder: Path, **changes: object) -> None:
        self.scenes = root / "datasets/scenes.csv"
        self.cubes = root / "datasets/cubes"
        self.observations = root / "camera/observations"
        self.response = root / "camera/response.csv"
        make_dataset(
            dataset_plan(folder, **changes),
            save_scenes=self.scenes,
            save_cubes=self.cubes,
            save_wavelengths=root / "datasets/wavelengths.csv",
        )
        observe_all(
            camera_plan(),
            self.scenes,
            save_observations=self.observations,
            save_response=self.response,
            save_scenes=root / "camera/scenes.csv",
        )


@pytest.fixture
def asked_cubes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scenes whose cubes are asked for from here on."""
    asked: list[str] = []
    cube = Store.cube

    def watched(self: Store, scene: str) -> np.ndarray:
        asked.append(scene)
        return cube(self, scene)

    monkeypatch.setattr(Store, "cube", watched)
    return asked


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """Four scenes of 40×48×31: two to train with, two to score."""
    root = tmp_path_factory.mktemp("data")
    splits = {"a": "train", "b": "train", "c": "valid", "d": "valid"}
    return Data(root, write_folder(root / "folder", splits))


@pytest.fixture(scope="session")
def data_of_16_bands(tmp_path_factory: pytest.TempPathFactory) -> Data:
    root = tmp_path_factory.mktemp("sixteen")
    return Data(root, write_folder(root / "folder", {"a": "train", "b": "valid"}, bands=16))
