"""Every data set of config/datasets: a small imitation of its archive is stored and photographed."""

import csv
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray
from PIL import Image

from respectra.camera.jpeg import compress, lossless
from respectra.camera.observations import Observations
from respectra.camera.observe import photograph_dataset
from respectra.config import Config, Dataset
from respectra.datasets.downloads import download_dataset
from respectra.datasets.inventory import inspect_files
from respectra.datasets.scenes import store_dataset
from respectra.datasets.store import Store
from respectra.plans.steps import plan_camera, plan_dataset
from tests.conftest import ROOT, smooth_cube

CONFIG = Config(ROOT)
ARCHIVES = [n for n in CONFIG.datasets if n.partition("-")[0] not in ("synthetic", "folder")]
ROWS, COLUMNS = 24, 32


def write_mat(path: Path, dataset: Dataset, cube: NDArray[np.float32]) -> None:
    """Write a cube (bands, rows, columns) with the key, version, axes and data type of the archive."""
    bands_last, key = np.moveaxis(cube, 0, -1), dataset.read.get("key")
    if dataset.read["is"] == "harvard:read":
        mask = np.ones(bands_last.shape[:2])
        scipy.io.savemat(path, {"ref": bands_last, "calib": np.ones((1, 31)), "lbl": mask})
        return
    bands = np.array(dataset.wavelengths() or [])
    if dataset.name.startswith("ntire2020"):  # v5, double
        scipy.io.savemat(path, {key: bands_last.astype(float), "bands": bands, "norm_factor": 1.0})
    elif key == "rad":  # v7.3, counts, with a picture in the same file
        with h5py.File(path, "w") as file:
            file[key] = (bands_last * 4095).astype(np.uint16).T
            file["bands"] = bands[:, None]
            file["rgb"] = np.zeros((3, COLUMNS, ROWS))
    else:  # ARAD-1K: v7.3, float32
        with h5py.File(path, "w") as file:
            file[key] = bands_last.T
            file["bands"] = bands[:, None]
            file["norm_factor"] = np.ones((1, 1))


def write_pictures(folder: Path, pattern: str, scene: str, cube: NDArray[np.float32]) -> None:
    for band, values in enumerate(cube, start=1):
        path = folder / pattern.format(scene=scene, band=band)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((values * 65535).astype(np.uint16)).save(path)


def imitate_archive(dataset: Dataset, folder: Path) -> dict[str, Any]:
    """Write a few scenes in the layout of the archive and return the settings that read them."""
    folder.mkdir(parents=True)
    read, bands = {**dataset.read, "folder": str(folder)}, len(dataset.wavelengths() or [])
    if dataset.read["is"] == "pavia:read":
        counts = np.round(smooth_cube(ROWS, COLUMNS, bands) * 8000).astype(np.uint16)
        counts[3, 4, 5] = 0
        scipy.io.savemat(folder / read["cube"], {read["key"]: np.moveaxis(counts, 0, -1)})
        return {**read, "areas": {"train": [0, 12], "valid": [12, 24], "whole": [0, 24]}}
    splits = [split for split in dataset.splits for _ in range(2)]
    scenes_of: dict[str, list[str]] = {}
    if not read["splits"].startswith("all:"):
        with open(ROOT / read["splits"], newline="") as file:
            for row in csv.DictReader(file):
                scenes_of.setdefault(row["split"], []).append(row["scene"])
        (folder / "scenes.csv").write_text("scene,split\n")
        read["splits"] = "scenes.csv"
    # One corner is bright, so that a turned picture does not agree with the cube.
    ramp = np.add.outer(np.arange(ROWS), np.arange(COLUMNS) ** 1.5)
    for number, split in enumerate(splits):
        scene = scenes_of[split].pop(0) if scenes_of else f"scene_{number}"
        cube = smooth_cube(ROWS, COLUMNS, bands, number) * (0.1 + 0.9 * ramp / ramp.max())
        cube = cube.astype(np.float32)
        if scenes_of:
            with open(folder / "scenes.csv", "a") as file:
                file.write(f"{scene},{split}\n")
        if split not in read.get("pictures_only", {}):
            if "bands" in read:
                write_pictures(folder, read["bands"], scene, cube)
            else:
                write_mat(folder / f"{scene}.mat", dataset, cube)
        if dataset.observations != "simulated":
            path = folder / dataset.observations.provided.format(scene=scene)
            path.parent.mkdir(exist_ok=True)
            pixels = np.round(255 * np.stack([cube[-3], cube[15], cube[3]])).astype(np.uint8)
            jpg = path.suffix == ".jpg"
            path.write_bytes(
                compress(pixels, quality=70, subsampling="4:2:0") if jpg else lossless(pixels)
            )
    return read


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_imitated_archive_is_stored_and_photographed(name: str, tmp_path: Path) -> None:
    dataset, choices = CONFIG.dataset(name), CONFIG.choices()
    read = imitate_archive(dataset, tmp_path / "archive")
    size = [ROWS, COLUMNS] if dataset.size else None
    store_dataset(
        plan={**plan_dataset(CONFIG, name, choices), "read": read, "size": size},
        save_scenes=tmp_path / "datasets/scenes.csv",
        save_cubes=tmp_path / "datasets/cubes",
        save_wavelengths=tmp_path / "datasets/wavelengths.csv",
    )
    store = Store(tmp_path / "datasets/scenes.csv")
    assert set(dataset.splits) == {row["split"] for row in store.rows}
    camera_plan = plan_camera(CONFIG, name, choices)
    if dataset.observations != "simulated":
        camera_plan["provided"] = dataset.observations.provided
    camera_plan["response"]["file"] = str(ROOT / camera_plan["response"]["file"])
    photograph_dataset(
        plan=camera_plan,
        scenes=tmp_path / "datasets/scenes.csv",
        save_observations=tmp_path / "camera/observations",
        save_response=tmp_path / "camera/response.csv",
        save_scenes=tmp_path / "camera/scenes.csv",
        folder=tmp_path / "archive",
    )
    observations = Observations(tmp_path / "camera/observations")
    for scene in store.scenes():
        assert observations.pixels(scene).shape == (*store.size(scene), 3)
        if store.has_cube(scene):
            cube = store.cube(scene)
            assert cube.shape == (len(dataset.wavelengths() or []), *store.size(scene))
            assert cube.min() > 0
            assert cube.max() <= 1
    with open(tmp_path / "camera/scenes.csv", newline="") as file:
        agreements = [row["agreement"] for row in csv.DictReader(file)]
    assert all(float(a) > 0.7 for a in agreements if a)


PROVIDED = [n for n in ARCHIVES if (get := CONFIG.dataset(n).get) and get.sources and "-" not in n]


@pytest.mark.parametrize("name", [n for n in PROVIDED if "{scene}" in str(CONFIG.dataset(n).get)])
def test_an_archive_that_a_person_provides_is_unpacked_to_its_places(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = CONFIG.dataset(name)
    assert dataset.get is not None
    read = imitate_archive(dataset, tmp_path / "imitation")
    monkeypatch.chdir(tmp_path)
    dropped = Path(dataset.get.sources[0]["folder"])
    dropped.mkdir(parents=True)
    with zipfile.ZipFile(dropped / "archive.zip", "w") as archive:
        for path in sorted((tmp_path / "imitation").rglob("*")):
            if path.is_file() and path.name != "scenes.csv":
                archive.write(path, Path("some_folder") / path.name)
    (tmp_path / "table.csv").write_text((tmp_path / "imitation/scenes.csv").read_text())
    settings = {**read, "folder": str(tmp_path / "data"), "splits": str(tmp_path / "table.csv")}
    dataset = dataset.model_copy(update={"read": settings})
    assert inspect_files(dataset).find_missing()
    assert not download_dataset(dataset).find_missing()
