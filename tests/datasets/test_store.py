import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from respectra.datasets.store import Store, join_stores
from tests.conftest import Data


def test_cubes_are_read_only_memory_maps(data: Data) -> None:
    cube = Store(data.scenes).bands_last("a")
    assert isinstance(cube, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        cube[0, 0, 0] = 1


def test_the_scenes_of_a_split_have_the_order_of_the_manifest(data: Data) -> None:
    store = Store(data.scenes)
    assert store.scenes("train") == ["a", "b"]
    assert store.scenes() == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="no scene is in split test; the splits are train, valid"):
        store.scenes("test")


def test_the_training_cubes_of_another_data_set_are_added(data: Data) -> None:
    first, other = Store(data.scenes), Store(data.scenes)
    both = join_stores(first, {"other": other})
    assert both.scenes("train") == ["a", "b", "other/a", "other/b"]
    assert both.scenes("valid") == ["c", "d"]
    np.testing.assert_array_equal(both.cube("other/b"), other.cube("b"))
    np.testing.assert_array_equal(both.cube("b"), first.cube("b"))
    assert (both.size("other/a"), both.has_cube("other/a")) == ((40, 48), True)
    assert both.wavelengths_nm == first.wavelengths_nm
    assert first.scenes("train") == ["a", "b"]


def test_a_data_set_with_different_bands_is_refused(data: Data, data_of_16_bands: Data) -> None:
    with pytest.raises(ValueError, match="extra_datasets: few has 16 bands from 400 to 700 nm"):
        join_stores(Store(data.scenes), {"few": Store(data_of_16_bands.scenes)})


def test_a_table_without_the_columns_of_a_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "scenes.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"scenes\.csv: is not a manifest"):
        Store(tmp_path / "scenes.csv")


def test_memory_does_not_grow_with_the_number_of_scenes(tmp_path: Path) -> None:
    """A loader that holds all 947 training scenes needs about 29 GB."""
    code = """
import resource, sys
import numpy as np
from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.inputs import InputAssembler
from respectra.train.patches import Patches
store, observations = Store(sys.argv[1] + "/scenes.csv"), Observations(sys.argv[1])
phase = dict(patch=32, stride=None, batch=8, augment=["flip"], iterations=10**6,
             clipping=None, cubes="stored", resize=False)
inputs = {"rgb": {"scale": "per_image"}, "superpixels": None, "estimate": None}
patches = Patches(store, InputAssembler(inputs, store, observations),
                  store.scenes("train")[: int(sys.argv[2])], phase=phase, seed=0, number=0)
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


def test_a_damaged_cube_leaves_the_common_maximum(tmp_path: Path) -> None:
    """Team IFL divides every reconstruction by its maximum."""
    maxima = ["1.0"] * 19 + ["0.5"]
    rows = [{"scene": f"s{i}", "split": "train", "maximum": m} for i, m in enumerate(maxima)]
    assert Store.from_rows(tmp_path, rows).common_maximum == 1.0
    for row in rows[:3]:
        row["maximum"] = "0.7"
    assert Store.from_rows(tmp_path, rows).common_maximum is None


@pytest.mark.parametrize("column", ["rows", "columns", "norm_factor", "maximum"])
def test_a_word_in_place_of_a_number_is_named(tmp_path: Path, column: str) -> None:
    row = {"scene": "a", "split": "train", "path": "a.npy", "rows": "4", "columns": "5"}
    row |= {"norm_factor": "1", "maximum": "0.5", column: "x4"}
    path = tmp_path / "scenes.csv"
    path.write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
    store = Store(path)
    with pytest.raises(ValueError, match=rf"scenes\.csv: a: {column}: x4 is no number"):
        store.size("a"), store.norm_factor("a"), store.common_maximum
