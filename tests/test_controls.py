from pathlib import Path

import numpy as np

from respectra.camera.observations import Observations
from respectra.controls import apply_control, linear, mean_spectrum, oracle
from respectra.datasets.store import Store
from respectra.reconstructions import Reconstructions
from tests.conftest import Data


def test_the_oracle_returns_the_true_cubes(data: Data, tmp_path: Path) -> None:
    apply_control(
        plan={"control": {"is": "oracle"}, "code": ""},
        scenes=data.scenes,
        observations=data.observations,
        split="valid",
        save=tmp_path / "valid.h5",
    )
    reconstructions = Reconstructions(tmp_path / "valid.h5")
    store = Store(data.scenes)
    for scene in store.scenes("valid"):
        np.testing.assert_array_equal(reconstructions.cube(scene), store.cube(scene))


def test_the_mean_spectrum_is_of_the_training_pixels(data: Data) -> None:
    store = Store(data.scenes)
    pixels = np.concatenate([store.bands_last(s).reshape(-1, 31) for s in store.scenes("train")])
    for _, cube in mean_spectrum(store, Observations(data.observations), "valid"):
        np.testing.assert_allclose(cube[:, 3, 5], pixels.mean(0), rtol=1e-5)


def test_linear_is_least_squares(data: Data) -> None:
    store, observations = Store(data.scenes), Observations(data.observations)
    train = store.scenes("train")
    rgb = np.concatenate([observations.pixels(s).reshape(-1, 3) / 255 for s in train])
    spectra = np.concatenate([store.bands_last(s).reshape(-1, 31) for s in train])
    matrix = np.linalg.pinv(rgb) @ spectra
    for scene, cube in linear(store, observations, "valid"):
        expected = observations.pixels(scene)[2, 3] / 255 @ matrix
        np.testing.assert_allclose(cube[:, 2, 3], expected, rtol=1e-3, atol=1e-5)


def test_controls_yield_every_scene_of_the_split(data: Data) -> None:
    store, observations = Store(data.scenes), Observations(data.observations)
    for function in (oracle, mean_spectrum, linear):
        assert [scene for scene, _ in function(store, observations, "valid")] == ["c", "d"]
