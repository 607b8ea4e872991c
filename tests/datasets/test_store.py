import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from respectra.datasets.store import Observations, Store, joined, windows
from tests.conftest import Data


def test_cubes_are_memory_maps_that_nobody_can_write(data: Data) -> None:
    cube = Store(data.scenes).bands_last("a")
    assert isinstance(cube, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        cube[0, 0, 0] = 1


def test_scenes_come_by_split_in_the_manifests_order(data: Data) -> None:
    store = Store(data.scenes)
    assert store.scenes("train") == ["a", "b"]
    assert store.scenes() == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="no scene is in split test; there are train, valid"):
        store.scenes("test")


def test_another_data_sets_training_cubes_stand_beside(data: Data) -> None:
    first, other = Store(data.scenes), Store(data.scenes)
    both = joined(first, {"other": other})
    assert both.scenes("train") == ["a", "b", "other/a", "other/b"]
    assert both.scenes("valid") == ["c", "d"]
    np.testing.assert_array_equal(both.cube("other/b"), other.cube("b"))
    np.testing.assert_array_equal(both.cube("b"), first.cube("b"))
    assert (both.size("other/a"), both.has_cube("other/a")) == ((40, 48), True)
    assert both.wavelengths_nm == first.wavelengths_nm
    assert first.scenes("train") == ["a", "b"]


def test_another_data_set_of_other_bands_is_refused(data: Data, data_of_16_bands: Data) -> None:
    with pytest.raises(ValueError, match="beside: few has 16 bands from 400 to 700 nm"):
        joined(Store(data.scenes), {"few": Store(data_of_16_bands.scenes)})


def test_what_is_no_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "scenes.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="is no manifest"):
        Store(tmp_path / "scenes.csv")


def test_rgb_is_scaled_as_the_method_asks(data: Data) -> None:
    seen = Observations(data.observations)
    pixels = np.moveaxis(seen.pixels("a"), -1, 0).astype(float)
    np.testing.assert_allclose(seen.rgb("a", "unit"), pixels / 255, rtol=1e-6)
    np.testing.assert_allclose(seen.rgb("a", "max"), pixels / pixels.max(), rtol=1e-6)
    low, high = pixels.min(), pixels.max()
    np.testing.assert_allclose(seen.rgb("a", "per_image"), (pixels - low) / (high - low), atol=1e-6)


def test_a_window_keeps_the_whole_images_range(data: Data) -> None:
    """Cropping before scaling gives every patch a brightness of its own."""
    seen = Observations(data.observations)
    window = slice(3, 9), slice(4, 20)
    whole = seen.rgb("a", "per_image")
    np.testing.assert_array_equal(seen.rgb("a", "per_image", window), whole[:, 3:9, 4:20])


def test_an_image_of_one_value_is_not_divided_by_zero(tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.full((4, 4, 3), 51, np.uint8))
    for scale in ("per_image", "max"):
        assert np.isfinite(Observations(tmp_path).rgb("flat", scale)).all()
    assert Observations(tmp_path).rgb("flat", "per_image")[0, 0, 0] == pytest.approx(0.2)


def test_a_grid_of_the_challenges_patches() -> None:
    assert windows(482, 512, 128, 8) == (45, 49)


def test_memory_does_not_grow_with_the_number_of_scenes(tmp_path: Path) -> None:
    """The usual loader holds all 947 training scenes: about 29 GB."""
    code = """
import resource, sys
import numpy as np
from respectra.datasets.store import Observations, Store
from respectra.train.patches import Patches
store, seen = Store(sys.argv[1] + "/scenes.csv"), Observations(sys.argv[1])
phase = dict(patch=32, stride=None, batch=8, augment=["flip"], iterations=10**6)
patches = Patches(store, seen, store.scenes("train")[: int(sys.argv[2])],
                  inputs={"rgb": {"scale": "per_image"}}, phase=phase, seed=0, number=0)
for i in range(60):
    patches[i]
anonymous = [l for l in open("/proc/self/status") if l.startswith("RssAnon")][0]
print(anonymous.split()[1])
"""
    (tmp_path / "cubes").mkdir()
    lines = ["scene,split,path,rows,columns"]
    for i in range(64):
        shape = (128, 128, 31)
        np.save(tmp_path / f"cubes/{i}.npy", np.ones(shape, np.float32))
        np.save(tmp_path / f"{i}.npy", np.ones((128, 128, 3), np.uint8))
        lines.append(f"{i},train,cubes/{i}.npy,128,128")
    (tmp_path / "scenes.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "wavelengths.csv").write_text("wavelength_nm\n" + "1\n" * 31)
    if not Path("/proc/self/status").exists():
        pytest.skip("memory is read from /proc")
    kilobytes = [
        int(subprocess.check_output([sys.executable, "-c", code, str(tmp_path), str(n)]))
        for n in (2, 64)
    ]
    assert kilobytes[1] < kilobytes[0] + 8_000  # 62 further scenes hold 126 MB
