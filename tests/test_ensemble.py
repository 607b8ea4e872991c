from pathlib import Path

import numpy as np
import pytest

from respectra.ensemble import ensemble, median, weighted_mean
from respectra.reconstructions import Reconstructions, writer
from tests.conftest import Data


def cube(value: float) -> np.ndarray:
    return np.full((31, 40, 48), value, np.float32)


def write(path: Path, value: float, scenes: str = "cd") -> Path:
    with writer(path, [400.0 + 10 * i for i in range(31)]) as put:
        for scene in scenes:
            put(scene, cube(value))
    return path


def test_one_member_is_that_member() -> None:
    one = np.random.default_rng(0).random((31, 4, 4), dtype=np.float32)
    np.testing.assert_array_equal(weighted_mean([one], weights=[0.3]), one)


def test_weights_need_not_sum_to_one() -> None:
    np.testing.assert_allclose(weighted_mean([cube(1), cube(4)], weights=[2, 4]), 3.0)


def test_the_median_forgets_an_outlier() -> None:
    np.testing.assert_array_equal(median([cube(1), cube(2), cube(9)], weights=[1, 1, 1]), cube(2))


def test_members_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        weighted_mean([cube(1), cube(1)[:, :3]], weights=[1, 1])


def test_files_are_combined_scene_by_scene(data: Data, tmp_path: Path) -> None:
    plan = {"ensemble": {"is": "weighted_mean"}, "weights": [1.0, 3.0]}
    members = [write(tmp_path / "one.h5", 0.0), write(tmp_path / "two.h5", 1.0)]
    save = tmp_path / "both.h5"
    ensemble(plan=plan, members=members, scenes=data.scenes, split="valid", save=save)
    np.testing.assert_allclose(Reconstructions(save).cube("d"), 0.75)


def test_a_member_without_a_scene_is_named(data: Data, tmp_path: Path) -> None:
    plan = {"ensemble": {"is": "weighted_mean"}, "weights": [1.0]}
    members = [write(tmp_path / "one.h5", 0.0, scenes="c")]
    with pytest.raises(ValueError, match=r"one\.h5: has no scene d"):
        ensemble(plan=plan, members=members, scenes=data.scenes, split="valid", save=tmp_path / "x")
    assert not (tmp_path / "x").exists()
