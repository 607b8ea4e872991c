from inspect import signature
from pathlib import Path

import numpy as np
import pytest

from respectra.build import function
from respectra.config import Config
from respectra.datasets.store import Store
from respectra.ensemble import (
    by_clipping,
    combine_members,
    fit_weights,
    median,
    normalised_mean,
    oracle,
    weighted_mean,
)
from respectra.metrics import mrae
from respectra.plans.steps import plan_ensemble, plan_reconstruct
from respectra.reconstructions import Reconstructions, write_reconstructions
from tests.conftest import ROOT, Data

NOTHING = {"margin": None, "maximum": None, "code": ""}


def cube(value: float) -> np.ndarray:
    return np.full((31, 40, 48), value, np.float32)


def write(path: Path, value: float, scenes: str = "cd") -> Path:
    with write_reconstructions(path, [400.0 + 10 * i for i in range(31)]) as put:
        for scene in scenes:
            put(scene, cube(value))
    return path


def test_one_member_is_that_member() -> None:
    one = np.random.default_rng(0).random((31, 4, 4), dtype=np.float32)
    np.testing.assert_array_equal(weighted_mean([one], weights=[0.3]), one)


def test_weights_need_not_sum_to_one() -> None:
    np.testing.assert_allclose(weighted_mean([cube(1), cube(4)], weights=[2, 4]), 3.0)


def test_a_mean_is_scaled_to_the_common_maximum(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bright = cube(1.0)
    bright[0, 0, 0] = 5.0
    mean = normalised_mean([bright, cube(1.0)], weights=[1, 1], common=1.0)
    assert (mean.max(), mean[0, 0, 1]) == pytest.approx((1.0, 1 / 3))
    assert not normalised_mean([cube(0.0)], weights=[1], common=1.0).any()
    plan = {"ensemble": {"is": "normalised_mean"}, "weights": [1.0], **NOTHING}
    given = {"plan": plan, "scenes": data.scenes, "split": "valid", "save": tmp_path / "x.h5"}
    for common, stated, value in ((0.7, None, 0.7), (None, None, 2.0), (None, 1.0, 1.0)):
        monkeypatch.setattr(Store, "common_maximum", common)
        given["plan"] = {**plan, "maximum": stated}
        combine_members(members=[write(tmp_path / "a.h5", 2.0)], **given)
        np.testing.assert_allclose(Reconstructions(tmp_path / "x.h5").cube("d"), value, rtol=1e-6)


def test_the_median_ignores_an_outlier() -> None:
    np.testing.assert_array_equal(median([cube(1), cube(2), cube(9)], weights=[1, 1, 1]), cube(2))


def test_members_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        weighted_mean([cube(1), cube(1)[:, :3]], weights=[1, 1])


def test_files_are_combined_scene_by_scene(data: Data, tmp_path: Path) -> None:
    plan = {"ensemble": {"is": "weighted_mean"}, "weights": [1.0, 3.0], **NOTHING}
    members = [write(tmp_path / "one.h5", 0.0), write(tmp_path / "two.h5", 1.0)]
    save = tmp_path / "both.h5"
    combine_members(plan=plan, members=members, scenes=data.scenes, split="valid", save=save)
    np.testing.assert_allclose(Reconstructions(save).cube("d"), 0.75)


def test_weights_are_fitted_to_the_held_out_scenes_and_sum_to_one(
    data: Data, tmp_path: Path
) -> None:
    """The mean of two members with weights 1 : 3 is the truth; the third is useless."""
    store = Store(data.scenes)
    (scene,) = store.scenes("held_out")
    assert scene in store.scenes("train")
    rng = np.random.default_rng(0)
    truth = store.cube(scene)
    error = rng.normal(0, 0.1, truth.shape).astype(np.float32) * truth
    cubes = (truth + 3 * error, truth - error, truth * rng.uniform(2, 3, truth.shape))
    held_out = [tmp_path / f"{i}.h5" for i in range(3)]
    for path, values in zip(held_out, cubes, strict=True):
        with write_reconstructions(path, [400.0] * 31) as file:
            file(scene, values.astype(np.float32))
    weights = fit_weights(store, [Reconstructions(path) for path in held_out])
    assert weights == pytest.approx([0.25, 0.75, 0.0], abs=0.01)
    assert sum(weights) == pytest.approx(1)

    members = [write(tmp_path / f"{v}.h5", v) for v in (1.0, 5.0, 9.0)]
    plan = {"ensemble": {"is": "fitted_mean"}, "weights": [1.0] * 3, **NOTHING}
    save = tmp_path / "fitted.h5"
    given = {"plan": plan, "members": members, "scenes": data.scenes, "split": "valid"}
    combine_members(**given, save=save, held_out=held_out)
    np.testing.assert_allclose(Reconstructions(save).cube("d"), 4.0, atol=0.05)
    with pytest.raises(ValueError, match="needs every member's reconstructions of held-out scenes"):
        combine_members(**given, save=save)


def test_weights_are_fitted_to_training_scenes_only(
    data: Data, tmp_path: Path, cube_reads: list[str]
) -> None:
    members = [write(tmp_path / f"{v}.h5", v) for v in (0.2, 0.4)]
    held_out = [write(tmp_path / f"held{v}.h5", v, scenes="ab") for v in (0.2, 0.4)]
    plan = {"ensemble": {"is": "fitted_mean"}, "weights": [1.0, 1.0], **NOTHING}
    combine_members(
        plan=plan, members=members, scenes=data.scenes, split="valid", save=tmp_path / "x.h5",
        held_out=held_out,
    )  # fmt: skip
    assert cube_reads
    assert set(cube_reads) <= set(Store(data.scenes).scenes("train"))


def test_one_fitted_member_is_that_member(data: Data, tmp_path: Path) -> None:
    assert fit_weights(
        Store(data.scenes), [Reconstructions(write(tmp_path / "a.h5", 0.3, "ab"))]
    ) == [1.0]


def test_a_member_without_a_scene_is_named(data: Data, tmp_path: Path) -> None:
    plan = {"ensemble": {"is": "weighted_mean"}, "weights": [1.0], **NOTHING}
    members = [write(tmp_path / "one.h5", 0.0, scenes="c")]
    with pytest.raises(ValueError, match=r"one\.h5: has no scene d"):
        combine_members(
            plan=plan, members=members, scenes=data.scenes, split="valid", save=tmp_path / "x"
        )
    assert not (tmp_path / "x").exists()


def test_the_oracle_takes_the_member_nearest_to_the_truth(data: Data, tmp_path: Path) -> None:
    members = [write(tmp_path / "one.h5", 0.0), write(tmp_path / "two.h5", 0.4)]
    save = tmp_path / "both.h5"
    plan = {"ensemble": {"is": "oracle"}, "weights": [1.0, 1.0], **NOTHING, "margin": 0}
    combine_members(plan=plan, members=members, scenes=data.scenes, split="valid", save=save)
    np.testing.assert_array_equal(Reconstructions(save).cube("d"), cube(0.4))
    np.testing.assert_array_equal(
        oracle([cube(3), cube(1)], weights=[1, 1], truth=cube(1.2), margin=0), cube(1)
    )


def test_the_oracle_chooses_on_the_scored_crop(data: Data, tmp_path: Path) -> None:
    """The first member is better in the whole image, the second in the crop."""
    truth = Store(data.scenes).cube("d")
    first, second = truth.copy(), 2 * truth
    first[:, 8:-8, 8:-8] *= 1.5
    second[:, 8:-8, 8:-8] = truth[:, 8:-8, 8:-8]
    files = [tmp_path / "one.h5", tmp_path / "two.h5"]
    for file, member in zip(files, (first, second), strict=True):
        with write_reconstructions(file, [400.0 + 10 * i for i in range(31)]) as put:
            put("c", truth)
            put("d", member)
    assert mrae(first, truth) < mrae(second, truth)
    plan = {"ensemble": {"is": "oracle"}, "weights": [1.0, 1.0], **NOTHING, "margin": 8}
    save = tmp_path / "both.h5"
    combine_members(plan=plan, members=files, scenes=data.scenes, split="valid", save=save)
    np.testing.assert_allclose(Reconstructions(save).cube("d"), second, atol=1e-3)


def test_the_plan_of_an_oracle_has_the_margin_of_the_scored_crop() -> None:
    config = Config(ROOT)
    assert plan_ensemble(config, "ivl_lower_bound", "arad1k")["margin"] == 128
    assert plan_ensemble(config, "ifl_ensemble", "arad1k")["margin"] is None


def test_the_cubes_of_arad1k_have_a_stated_maximum() -> None:
    """Whatever single cubes have: team IFL divides every reconstruction by its maximum."""
    config = Config(ROOT)
    for dataset, maximum in (("arad1k", 1.0), ("arad1k-all_900", 1.0), ("folder", None)):
        assert plan_ensemble(config, "ifl_ensemble", dataset)["maximum"] == maximum
        reconstruct = plan_reconstruct(config, "ifl_rdan", "full-seed0", dataset)["reconstruct"]
        assert reconstruct["maximum"] == (maximum or "common")
    assert (
        plan_reconstruct(config, "hprn", "full-seed0", "arad1k")["reconstruct"]["maximum"] is None
    )
    assert plan_ensemble(config, "hprn_ensemble", "arad1k")["maximum"] is None


def test_an_ensemble_that_takes_the_truth_is_titled_an_oracle_and_not_listed() -> None:
    config = Config(ROOT)
    oracles = [
        name
        for name in config.methods
        if (settings := config.method(name).ensemble)
        and "truth" in signature(function("ensemble", settings["is"])).parameters
    ]
    assert oracles
    for name in oracles:
        method = config.method(name)
        assert "oracle" in method.title
        assert not method.listed


def test_clipping_decides_which_member_is_taken(data: Data, tmp_path: Path) -> None:
    members = [write(tmp_path / "one.h5", 0.1), write(tmp_path / "two.h5", 0.4)]
    pictures = tmp_path / "pictures.csv"
    pictures.write_text("scene,clipped\nc,yes\nd,no\n")
    plan = {"ensemble": {"is": "by_clipping"}, "weights": [1.0, 1.0], **NOTHING}
    save = tmp_path / "both.h5"
    combine_members(
        plan=plan, members=members, scenes=data.scenes, split="valid", save=save, pictures=pictures
    )
    np.testing.assert_array_equal(Reconstructions(save).cube("c"), cube(0.1))
    np.testing.assert_array_equal(Reconstructions(save).cube("d"), cube(0.4))
    with pytest.raises(ValueError, match="takes two members, one for each case, not 3"):
        by_clipping([cube(1)] * 3, weights=[1] * 3, clipped=True)
    with pytest.raises(ValueError, match="needs the camera's table of pictures"):
        combine_members(plan=plan, members=members, scenes=data.scenes, split="valid", save=save)
