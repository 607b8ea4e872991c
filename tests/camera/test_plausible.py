from pathlib import Path

import numpy as np
import pytest

from respectra.camera.observations import Observations
from respectra.camera.plausible import make_plausible, match_observation, match_rgb
from respectra.datasets.store import Store
from respectra.metrics import back_projection
from respectra.reconstructions import Reconstructions, write_reconstructions
from tests.conftest import WAVELENGTHS, Data, smooth_cube

RNG = np.random.default_rng(0)
RESPONSE = RNG.random((3, 31))


def pair() -> tuple[np.ndarray, np.ndarray]:
    """A cube and a reconstruction of it."""
    cube = smooth_cube(12, 10).astype(np.float64)
    return cube, cube * (1 + 0.3 * np.random.default_rng(1).standard_normal(cube.shape))


def test_the_result_gives_back_its_rgb_and_no_error_grows() -> None:
    cube, reconstruction = pair()
    rgb = np.tensordot(RESPONSE, cube, 1)
    plausible = match_rgb(reconstruction, rgb, RESPONSE)
    np.testing.assert_allclose(np.tensordot(RESPONSE, plausible, 1), rgb)
    before, after = (np.square(x - cube).sum(0) for x in (reconstruction, plausible))
    assert (after <= before + 1e-12).all()
    assert after.mean() < before.mean()


def test_what_the_camera_does_not_see_stays() -> None:
    cube, reconstruction = pair()
    plausible = match_rgb(reconstruction, np.tensordot(RESPONSE, cube, 1), RESPONSE)
    unseen = np.linalg.svd(RESPONSE)[2][3:]  # a basis of the null space
    np.testing.assert_allclose(
        np.tensordot(unseen, plausible, 1), np.tensordot(unseen, reconstruction, 1), atol=1e-10
    )


def test_the_truth_does_not_change() -> None:
    cube, _ = pair()
    np.testing.assert_allclose(match_rgb(cube, np.tensordot(RESPONSE, cube, 1), RESPONSE), cube)


def test_an_observation_decides_colours_and_not_brightness() -> None:
    cube, _ = pair()
    signal = np.tensordot(RESPONSE, cube, 1)
    pixels = np.moveaxis(signal / signal.max() * 250, 0, -1)  # a camera without rounding
    plausible = match_observation(0.5 * cube, pixels, RESPONSE)  # type: ignore[arg-type]
    np.testing.assert_allclose(plausible, 0.5 * cube)


def test_a_clipped_pixel_stays_and_the_others_give_back_the_observation() -> None:
    _, reconstruction = pair()
    pixels = RNG.integers(1, 200, (12, 10, 3)).astype(np.uint8)
    pixels[2, 3, 1] = 255
    plausible = match_observation(reconstruction, pixels, RESPONSE)
    np.testing.assert_array_equal(plausible[:, 2, 3], reconstruction[:, 2, 3])
    ratio = np.moveaxis(np.tensordot(RESPONSE, plausible, 1), 0, -1) / pixels
    known = np.ones((12, 10), bool)
    known[2, 3] = False
    np.testing.assert_allclose(ratio[known], ratio[0, 0, 0])
    assert not np.allclose(ratio[2, 3], ratio[0, 0, 0])


@pytest.mark.parametrize("value", [0, 255])
def test_a_picture_without_a_known_colour_changes_nothing(value: int) -> None:
    _, reconstruction = pair()
    pixels = np.full((12, 10, 3), value, np.uint8)
    plausible = match_observation(reconstruction, pixels, RESPONSE)
    np.testing.assert_array_equal(plausible, reconstruction)


def run(data: Data, tmp_path: Path, rgb: str, linear: bool = True) -> Reconstructions:
    store = Store(data.scenes)
    with write_reconstructions(tmp_path / "before.h5", WAVELENGTHS) as write:
        for i, scene in enumerate(store.scenes("valid")):
            noise = np.random.default_rng(i).random(store.cube(scene).shape)
            write(scene, (store.cube(scene) * (0.5 + noise)).astype(np.float32))
    make_plausible(
        plan={"rgb": rgb, "linear": linear, "code": ""},
        reconstructions=tmp_path / "before.h5", scenes=data.scenes,
        observations=data.observations, split="valid", save=tmp_path / "after.h5",
    )  # fmt: skip
    return Reconstructions(tmp_path / "after.h5")


def test_the_back_projection_error_is_zero_for_the_rgb_of_the_camera(data: Data, tmp_path) -> None:
    store, response = Store(data.scenes), Observations(data.observations).response
    after = run(data, tmp_path, "camera")
    before = Reconstructions(tmp_path / "before.h5")
    for scene in store.scenes("valid"):
        cube = np.asarray(store.cube(scene))
        assert back_projection(after.cube(scene), cube, response) < 1e-5
        assert back_projection(before.cube(scene), cube, response) > 1e-3


def test_the_observation_is_given_back_up_to_a_gain(data: Data, tmp_path: Path) -> None:
    observations = Observations(data.observations)
    files = run(data, tmp_path, "observation")
    for scene in Store(data.scenes).scenes("valid"):
        pixels = np.moveaxis(observations.pixels(scene), -1, 0)
        known = ((pixels > 20) & (pixels < 255)).all(0)
        projected = np.tensordot(observations.response, files.cube(scene), 1)
        ratio = projected[:, known] / pixels[:, known]
        np.testing.assert_allclose(ratio, np.median(ratio), rtol=1e-3)


def test_values_that_are_not_linear_are_refused(data: Data, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="colour matrix or a gamma"):
        run(data, tmp_path, "observation", linear=False)
    run(data, tmp_path, "camera", linear=False)
