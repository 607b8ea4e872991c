from pathlib import Path

import numpy as np
import pytest

from respectra.camera.observations import Observations, read_clipped, read_gains
from respectra.camera.response import project
from respectra.datasets.store import Store
from tests.conftest import Data


def test_pixels_are_a_read_only_memory_map(data: Data) -> None:
    pixels = Observations(data.observations).pixels("a")
    assert isinstance(pixels, np.memmap)
    assert (pixels.shape, pixels.dtype) == ((40, 48, 3), np.uint8)
    with pytest.raises(ValueError, match="read-only"):
        pixels[0, 0, 0] = 1


def test_rgb_is_scaled_as_the_method_states(data: Data) -> None:
    observations = Observations(data.observations)
    pixels = np.moveaxis(observations.pixels("a"), -1, 0).astype(float)
    low, high = pixels.min(), pixels.max()
    assert 0 < low < high < 255  # otherwise the scales would not differ
    np.testing.assert_allclose(observations.rgb("a", "unit"), pixels / 255, rtol=1e-6)
    np.testing.assert_allclose(observations.rgb("a", "max"), pixels / high, rtol=1e-6)
    np.testing.assert_allclose(
        observations.rgb("a", "per_image"), (pixels - low) / (high - low), atol=1e-6
    )


@pytest.mark.parametrize("scale", ["unit", "per_image", "max"])
def test_a_patch_is_scaled_by_the_range_of_the_whole_image(data: Data, scale: str) -> None:
    observations = Observations(data.observations)
    patch = observations.pixels("a")[3:9, 4:20].astype(np.float32)
    scaled = observations.scale_pixels(patch, "a", scale)
    whole = observations.rgb("a", scale)
    np.testing.assert_array_equal(np.moveaxis(scaled, -1, 0), whole[:, 3:9, 4:20])


def test_an_image_of_one_value_is_not_divided_by_zero(tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.full((4, 4, 3), 51, np.uint8))
    for scale in ("per_image", "max"):
        assert np.isfinite(Observations(tmp_path).rgb("flat", scale)).all()
    assert Observations(tmp_path).rgb("flat", "per_image")[0, 0, 0] == pytest.approx(0.2)


def test_the_response_has_the_bands_of_the_data_set(data: Data) -> None:
    assert Observations(data.observations).response.shape == (3, 31)


def test_the_table_says_which_pictures_are_clipped(tmp_path: Path) -> None:
    (tmp_path / "scenes.csv").write_text("scene,clipped\na,yes\nb,no\n")
    assert read_clipped(tmp_path / "scenes.csv") == {"a": True, "b": False}


def test_the_gain_of_a_scene_is_exact(data: Data) -> None:
    """The challenge's code scales a whole picture without noise to a mean of 0.18 before clipping."""
    observations, store = Observations(data.observations), Store(data.scenes)
    for scene in "abcd":
        signal = project(store.cube(scene), observations.response)
        assert observations.gain(scene) == pytest.approx(0.18 / signal.mean(), rel=1e-12)


def test_the_sensor_has_no_gains(data: Data) -> None:
    observations = Observations(data.observations)
    ratio = observations.response / observations.sensor_response
    np.testing.assert_allclose(ratio[:, 15], [2.2933984, 1.0, 1.62308182])


def test_a_scene_without_a_gain_is_named(tmp_path: Path) -> None:
    (tmp_path / "scenes.csv").write_text("scene,gain\na,0.5\nb,\n")
    assert read_gains(tmp_path / "scenes.csv") == {"a": 0.5}
    with pytest.raises(ValueError, match="states no gain for b"):
        Observations(tmp_path / "observations").gain("b")
