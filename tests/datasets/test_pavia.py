from pathlib import Path

import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray

from respectra.config import Config
from respectra.datasets.cube import read_map
from respectra.datasets.pavia import labels, read
from tests.conftest import ROOT

BANDS = Config(ROOT).dataset("pavia_u").wavelengths()
SETTINGS = {"cube": "PaviaU.mat", "key": "paviaU", "wavelengths_nm": BANDS}


def test_the_scene_is_divided_into_areas(tmp_path: Path) -> None:
    counts = np.arange(10 * 4 * 103).reshape(10, 4, 103).astype(np.uint16)
    scipy.io.savemat(tmp_path / "PaviaU.mat", {"paviaU": counts})
    areas = {"train": [0, 6], "whole": [0, 10]}
    scenes = read(folder=str(tmp_path), maximum=8000, areas=areas, **SETTINGS)
    assert [scene.name for scene in scenes] == ["PaviaU_train", "PaviaU_whole"]
    assert [scene.split for scene in scenes] == ["train", "whole"]
    cube, wavelengths = scenes[0].read()
    assert (cube.shape, len(wavelengths)) == ((103, 6, 4), 103)
    np.testing.assert_allclose(np.moveaxis(cube, 0, -1), counts[:6] / 8000, rtol=1e-6)


def test_an_area_beyond_the_scene_is_refused(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "PaviaU.mat", {"paviaU": np.ones((10, 4, 103))})
    (scene,) = read(folder=str(tmp_path), maximum=1, areas={"train": [0, 11]}, **SETTINGS)
    with pytest.raises(ValueError, match="has 10 rows, but an area ends at row 11"):
        scene.read()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"PaviaU\.mat: does not exist"):
        read(folder=str(tmp_path), maximum=1, areas={}, **SETTINGS)


def write_labels(folder: Path, truth: NDArray, train: NDArray, test: NDArray) -> Path:
    maps = {"PaviaU_gt": ("paviaU_gt", truth), "TRpaviaU": ("TRpaviaU", train)}
    for name, (key, value) in {**maps, "TSpaviaU": ("TSpaviaU", test)}.items():
        scipy.io.savemat(folder / f"{name}.mat", {key: value})
    return folder


def test_samples_for_training_and_testing_are_disjoint(tmp_path: Path) -> None:
    truth = np.ones((3, 4), np.uint8)
    first = truth * np.array([[1], [0], [0]], np.uint8)
    samples = labels(folder=str(write_labels(tmp_path, truth, first, truth - first)))
    assert (samples.train.sum(), samples.test.sum()) == (4, 8)
    with pytest.raises(ValueError, match="4 pixels are samples for training and for testing"):
        labels(folder=str(write_labels(tmp_path, truth, first, truth)))
    with pytest.raises(
        ValueError, match="the maps of labels differ in size: PaviaU_gt.mat 3×4, TRpaviaU.mat 2×4"
    ):
        labels(folder=str(write_labels(tmp_path, truth, first[:2], truth)))
    with pytest.raises(
        ValueError, match=r"is not a map \(rows, columns\) of integers from 0 to 255"
    ):
        labels(folder=str(write_labels(tmp_path, truth + 0.5, first, truth - first)))


def test_the_real_labels_have_the_published_numbers_of_samples(shared: Path) -> None:
    """1,147 of the standard training samples are at pixels without a public label."""
    folder = shared / "data/pavia_u"
    samples = labels(folder=str(folder))
    assert samples.truth.shape == (610, 340)
    assert (np.count_nonzero(samples.train), np.count_nonzero(samples.test)) == (3921, 40002)
    assert np.array_equal(samples.test[samples.test > 0], samples.truth[samples.test > 0])
    assert np.count_nonzero(samples.train[samples.truth == 0]) == 1147
    crop = {**SETTINGS, "cube": "PaviaU_crop.mat"}
    (scene,) = read(folder=str(folder), maximum=8000, areas={"whole": [0, 140]}, **crop)
    cube, _ = scene.read()
    assert (cube.shape, cube.max()) == ((103, 140, 80), 1)
    window = [229, 369, 89, 169]
    part = labels(folder=str(folder), window=window)
    expected = read_map(folder / "PaviaU_crop.mat", "paviaU_gt")
    np.testing.assert_array_equal(part.truth, expected)
    assert (np.count_nonzero(part.train), np.count_nonzero(part.test)) == (627, 2363)
