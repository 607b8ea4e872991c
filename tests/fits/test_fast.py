import numpy as np
import pytest

from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.fits import fast as module
from respectra.fits.fast import Fast, apply_matrix, compute_statistics, fast, fit_matrix
from respectra.metrics import mrae
from tests.conftest import Data


def test_the_matrix_is_the_pseudo_inverse() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random((31, 3))
    rgb = rng.random((3, 6, 7)).astype(np.float32)
    cube = apply_matrix(truth, rgb)
    np.testing.assert_allclose(fit_matrix(rgb, cube), truth, atol=1e-5)


def test_a_grey_image_has_a_matrix_too() -> None:
    rgb = np.ones((3, 4, 4), np.float32) * np.linspace(0.1, 1, 16, dtype=np.float32).reshape(4, 4)
    matrix = fit_matrix(rgb, np.repeat(rgb[:1], 31, axis=0))
    np.testing.assert_allclose(apply_matrix(matrix, rgb), np.repeat(rgb[:1], 31, axis=0), atol=1e-5)


def test_images_are_described_by_their_statistics_and_not_by_their_place() -> None:
    rgb = np.random.default_rng(0).random((3, 8, 8))
    assert compute_statistics(rgb).shape == (27,)
    np.testing.assert_allclose(compute_statistics(rgb[:, ::-1]), compute_statistics(rgb))
    assert np.abs(compute_statistics(rgb) - compute_statistics(rgb[::-1])).max() > 0


def test_a_training_image_is_given_the_matrices_of_others(data: Data) -> None:
    """Like a new image; with two training images it is the matrix of the other."""
    store, observations = Store(data.scenes), Observations(data.observations)
    cubes = dict(fast(store, observations, "train", neighbours=[1]))
    for scene, other in (("a", "b"), ("b", "a")):
        rgb = observations.rgb(scene, "unit")
        matrix = fit_matrix(observations.rgb(other, "unit"), store.cube(other))
        np.testing.assert_allclose(cubes[scene], apply_matrix(matrix, rgb), rtol=1e-5)
    estimate = Fast(store, observations, neighbours=[1])
    part = estimate("a", observations.rgb("a", "unit")[:, 3:9, 5:7])
    np.testing.assert_allclose(part, cubes["a"][:, 3:9, 5:7], rtol=1e-5)


def test_a_scene_is_described_once_however_many_patches_it_has(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, observations = Store(data.scenes), Observations(data.observations)
    estimate = Fast(store, observations, neighbours=[1])
    described: list[int] = []
    monkeypatch.setattr(
        module, "compute_statistics", lambda rgb: described.append(1) or compute_statistics(rgb)
    )
    for scene in ("a", "c", "c", "a", "c"):
        estimate(scene, observations.rgb(scene, "unit")[:, :4, :4])
    assert len(described) == 1  # of c; the statistics of training images are stored


def test_more_neighbours_than_images_are_not_tried(data: Data) -> None:
    store, observations = Store(data.scenes), Observations(data.observations)
    ((_, cube), *_) = fast(store, observations, "valid", neighbours=[50])
    assert cube.shape == store.cube("c").shape
    assert mrae(cube, store.cube("c")) < 1


def test_the_scored_scenes_never_choose(data: Data, cube_reads: list[str]) -> None:
    store, observations = Store(data.scenes), Observations(data.observations)
    list(fast(store, observations, "valid", neighbours=[1, 2]))
    assert set(cube_reads) == set(store.scenes("train"))
