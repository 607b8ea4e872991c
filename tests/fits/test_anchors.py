import numpy as np
import pytest

from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.fits.anchors import a_plus, a_plus_plus, apply_maps, find_nearest, fit_maps
from respectra.fits.samples import Samples
from tests.conftest import Data

SETTINGS = {
    "anchors": 12, "sparsity": 3, "iterations": 2, "learnt_from": 200, "neighbours": 50,
    "ridge": 1e-3, "samples": 100, "seed": 0,
}  # fmt: skip


def two_groups(count: int = 400) -> tuple[Samples, np.ndarray]:
    """Reddish and bluish colours, each group with a linear map of its own."""
    rng = np.random.default_rng(0)
    rgb = rng.random((count, 3)) * [0.3, 0.3, 0.3]
    group = np.arange(count) % 2
    rgb[group == 0, 0] += 0.6
    rgb[group == 1, 2] += 0.6
    matrices = rng.random((2, 3, 31))
    spectra = np.einsum("nc,ncb->nb", rgb, matrices[group])
    return Samples(rgb, spectra, np.zeros(count, dtype=np.intp)), group


def test_a_map_of_each_group_is_exact_where_one_map_is_not() -> None:
    samples, group = two_groups()
    anchors = np.stack([samples.rgb[group == i].mean(0) for i in (0, 1)])
    maps = fit_maps(samples.rgb, anchors, samples, neighbours=100, ridge=0)
    nearest = find_nearest(samples.rgb, anchors)
    assert (nearest == group).mean() > 0.99
    spectra = apply_maps(samples.rgb, group, maps)
    np.testing.assert_allclose(spectra, samples.spectra, rtol=1e-6)
    single = samples.rgb @ np.linalg.lstsq(samples.rgb, samples.spectra, rcond=None)[0]
    assert np.abs(single - samples.spectra).max() > 0.1


def test_spectra_can_tell_apart_what_colours_cannot() -> None:
    """Two kinds of surface with the same colours: anchors of spectra separate them."""
    rng = np.random.default_rng(1)
    rgb, kinds = rng.random((300, 3)) + 0.2, np.arange(300) % 2
    matrices = np.stack([np.eye(3, 31), np.eye(3, 31, 20)])
    spectra = np.einsum("nc,ncb->nb", rgb, matrices[kinds])
    samples = Samples(rgb, spectra, np.zeros(300, dtype=np.intp))
    anchors = np.stack([spectra[kinds == i].mean(0) for i in (0, 1)])
    maps = fit_maps(spectra, anchors, samples, neighbours=150, ridge=0)
    np.testing.assert_allclose(maps, matrices, atol=1e-8)
    assert (find_nearest(spectra, anchors) == kinds).all()


def test_the_nearest_anchor_has_the_smallest_angle() -> None:
    anchors = np.array([[1.0, 0, 0], [5.0, 5.0, 0], [0, 0, 0.1]])
    keys = np.array([[0.1, 0.01, 0], [3.0, 2.9, 0], [0.1, 0, 9.0], [0, 0, 0]])
    assert find_nearest(keys, anchors).tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("method", "more"), [(a_plus, {}), (a_plus_plus, {"degree": 2, "ridges": [1e-6]})]
)
def test_exposure_scales_the_spectrum(data: Data, method, more, tmp_path, monkeypatch) -> None:
    """The observation with half the values gives half the spectrum."""
    store, observations = Store(data.scenes), Observations(data.observations)
    (scene,) = store.scenes("valid")[:1]
    even = observations.pixels(scene) // 2 * 2
    pixels = observations.pixels

    def reconstruct(values: np.ndarray) -> np.ndarray:
        monkeypatch.setattr(
            observations, "pixels", lambda name: values if name == scene else pixels(name)
        )
        return next(c for s, c in method(store, observations, "valid", **SETTINGS, **more) if s == scene)  # fmt: skip

    np.testing.assert_allclose(reconstruct(even), 2 * reconstruct(even // 2), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("method", "more"), [(a_plus, {}), (a_plus_plus, {"degree": 2, "ridges": [1e-6]})]
)
def test_every_scene_is_reconstructed_alike_twice(data: Data, method, more) -> None:
    store, observations = Store(data.scenes), Observations(data.observations)
    first, second = (dict(method(store, observations, "valid", **SETTINGS, **more)) for _ in "ab")
    assert list(first) == store.scenes("valid")
    for scene, cube in first.items():
        assert cube.shape == store.cube(scene).shape
        np.testing.assert_array_equal(cube, second[scene])
