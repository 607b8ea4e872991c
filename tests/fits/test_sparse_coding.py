import numpy as np
import pytest

from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.fits.sparse_coding import k_svd, omp, sparse_coding
from tests.conftest import Data


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def direct_omp(dictionary: np.ndarray, signal: np.ndarray, count: int) -> np.ndarray:
    """The definition, one signal and one atom at a time."""
    chosen: list[int] = []
    residual, weights = signal.copy(), np.zeros(0)
    for _ in range(count):
        correlation = np.abs(dictionary @ residual)
        correlation[chosen] = -1
        chosen.append(int(correlation.argmax()))
        weights = np.linalg.lstsq(dictionary[chosen].T, signal, rcond=None)[0]
        residual = signal - weights @ dictionary[chosen]
    code = np.zeros(len(dictionary))
    code[chosen] = weights
    return code


@pytest.mark.parametrize("count", [1, 3, 5])
def test_omp_is_its_definition(count: int) -> None:
    rng = np.random.default_rng(0)
    dictionary, signals = unit(rng.standard_normal((20, 12))), rng.standard_normal((30, 12))
    codes = omp(dictionary, signals, count=count, block=7)
    expected = [direct_omp(dictionary, signal, count) for signal in signals]
    np.testing.assert_allclose(codes, expected, atol=1e-6)


def test_omp_stops_at_a_residual_of_zero() -> None:
    dictionary = np.eye(4)
    codes = omp(dictionary, np.array([[0, 0, 3.0, 0], [0, 0, 0, 0]]), count=3)
    np.testing.assert_allclose(codes, [[0, 0, 3, 0], [0, 0, 0, 0]], atol=1e-6)


def test_atoms_that_are_alike_get_no_huge_weights() -> None:
    dictionary = unit(np.array([[1.0, 0.0, 0.0], [1.0, 1e-9, 0.0], [0.0, 0.0, 1.0]]))
    assert np.abs(omp(dictionary, np.array([[1.0, 0.5, 0.2]]), count=3)).max() < 10


def test_k_svd_finds_the_atoms_of_the_signals() -> None:
    rng = np.random.default_rng(1)
    atoms = unit(rng.random((8, 20)))
    codes = np.zeros((600, 8))
    for row in codes:
        row[rng.choice(8, 2, replace=False)] = 0.5 + rng.random(2)
    dictionary = k_svd(codes @ atoms, atoms=8, sparsity=2, iterations=40, rng=rng)
    np.testing.assert_allclose(np.linalg.norm(dictionary, axis=1), 1)
    assert (np.abs(dictionary @ atoms.T).max(0) > 0.99).sum() >= 7


def test_k_svd_lowers_the_residual() -> None:
    rng = np.random.default_rng(2)
    signals = rng.random((300, 5)) @ rng.random((5, 16))

    def residual(iterations: int) -> float:
        dictionary = k_svd(
            signals, atoms=12, sparsity=2, iterations=iterations, rng=np.random.default_rng(3)
        )
        return float(np.abs(signals - omp(dictionary, signals, count=2) @ dictionary).mean())

    assert residual(12) < residual(0)


def reconstructions(data: Data) -> dict[str, np.ndarray]:
    store, observations = Store(data.scenes), Observations(data.observations)
    settings = {"atoms": 30, "sparsity": 4, "samples": 200, "iterations": 5, "seed": 0}
    return dict(sparse_coding(store, observations, "valid", **settings))


def test_a_reconstruction_projects_to_the_colours(data: Data) -> None:
    observations = Observations(data.observations)
    for scene, cube in reconstructions(data).items():
        rgb = np.einsum("cb,bhw->chw", observations.response, cube).ravel()
        observed = np.moveaxis(observations.pixels(scene), -1, 0).ravel()
        assert np.corrcoef(rgb, observed)[0, 1] > 0.95


def test_it_is_the_same_every_time_and_never_negative(data: Data) -> None:
    one, two = reconstructions(data), reconstructions(data)
    for scene, cube in one.items():
        np.testing.assert_array_equal(cube, two[scene])
        assert cube.min() >= 0
        assert cube.shape == Store(data.scenes).cube(scene).shape
