import numpy as np
import pytest

from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.fits.samples import Samples, apply_to_pixels, draw_samples
from tests.conftest import Data


def test_samples_are_pixels_of_the_training_scenes(data: Data) -> None:
    store, observations = Store(data.scenes), Observations(data.observations)
    samples = draw_samples(store, observations, 50, np.random.default_rng(0))
    scenes = store.scenes("train")
    assert np.bincount(samples.scenes).tolist() == [50] * len(scenes)
    rgb = observations.rgb(scenes[0], "unit").reshape(3, -1).T
    spectra = store.bands_last(scenes[0]).reshape(len(rgb), -1)
    for colour, spectrum in zip(samples.rgb[:50], samples.spectra[:50], strict=True):
        place = np.flatnonzero((spectra == spectrum.astype(np.float32)).all(1))
        np.testing.assert_allclose(rgb[place[0]], colour, rtol=1e-6)


def test_a_small_scene_gives_all_its_pixels(data: Data) -> None:
    store, observations = Store(data.scenes), Observations(data.observations)
    samples = draw_samples(store, observations, 10**6, np.random.default_rng(0))
    assert len(samples.rgb) == sum(np.prod(store.size(scene)) for scene in store.scenes("train"))


@pytest.mark.parametrize(("count", "held_out"), [(1, 1), (3, 3), (4, 1), (8, 2)])
def test_a_quarter_of_the_scenes_is_held_out(count: int, held_out: int) -> None:
    numbers = np.arange(count)
    fitted, rest = Samples(np.zeros((count, 3)), np.zeros((count, 5)), numbers).divide()
    assert len(rest.scenes) == held_out
    if count >= 4:
        assert not set(fitted.scenes) & set(rest.scenes)
        assert len(fitted.scenes) + len(rest.scenes) == count


def test_a_map_of_pixels_keeps_their_places(data: Data) -> None:
    store, observations = Store(data.scenes), Observations(data.observations)
    matrix = np.random.default_rng(0).random((3, 31))
    cubes = apply_to_pixels(store, observations, "valid", lambda rgb: rgb @ matrix)
    for scene, cube in cubes:
        expected = np.einsum("cb,chw->bhw", matrix, observations.rgb(scene, "unit"))
        np.testing.assert_allclose(cube, expected, rtol=1e-5)
        assert cube.dtype == np.float32
