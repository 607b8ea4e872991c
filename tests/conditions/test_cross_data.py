"""Scenes of another data set: what is scored, and by which camera it is seen."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from respectra.camera.observations import Observations
from respectra.camera.response import read_response
from respectra.conditions.cross_data import make_cross_data
from respectra.conditions.resample import apply_method
from respectra.controls import apply_control
from respectra.datasets.store import Store
from respectra.plan_types import CrossDataPlan
from respectra.reconstructions import Reconstructions
from respectra.score import score_split
from tests.conditions.paths import make_paths
from tests.conftest import WAVELENGTHS, Data, camera_plan, smooth_cube, write_folder


class Scored:
    """The scenes of a data set, seen by the camera of another one."""

    def __init__(self, trained: Data, scored: Data, root: Path, **changes: Any) -> None:
        camera = camera_plan()
        plan = {
            "scenes": "another", "split": "valid", "response": camera["response"],
            "balanced": False, "chain": camera["chain"], "seed": camera["seed"], "files": {},
            "code": "", **changes,
        }  # fmt: skip
        make_cross_data(
            plan=cast(CrossDataPlan, plan),
            scored_scenes=scored.scenes,
            **make_paths(trained, root),
        )
        self.root, self.scenes = root, root / "scenes.csv"
        self.response = root / "camera/response.csv"
        self.store = Store(self.scenes)
        self.observations = Observations(root / "camera/observations")

    def reconstruct(self, control: str) -> Reconstructions:
        """What a control makes of the scenes; it knows the training scenes as they are."""
        apply_method(
            apply_control,
            plan={"control": {"is": control}, "code": "", "common_bands": "digest"},
            scenes=self.scenes,
            observations=self.root / "camera/observations",
            split="valid",
            save=self.root / f"{control}.h5",
        )
        return Reconstructions(self.root / f"{control}.h5")


def make_data(root: Path, splits: dict[str, str], wavelengths: list[float], seed: int = 0) -> Data:
    """A data set with smooth cubes at some bands."""
    write_folder(root / "files", splits, bands=len(wavelengths))
    for number, scene in enumerate(splits):
        cube = smooth_cube(40, 48, len(wavelengths), seed + number)
        np.savez(
            root / f"files/{scene}.npz", cube=np.moveaxis(cube, 0, -1), wavelengths_nm=wavelengths
        )
    return Data(root, root / "files")


SPLITS = {"a": "train", "b": "train", "c": "valid"}
FINE = [405.0 + 5 * i for i in range(59)]  # 405 to 695 nm


def test_a_data_set_under_another_name_has_the_same_pictures_and_scores(
    data: Data, tmp_path: Path
) -> None:
    crossed = Scored(data, data, tmp_path)
    plain, pictures = Store(data.scenes), Observations(data.observations)
    assert crossed.store.scenes("train") == plain.scenes("train")
    assert crossed.store.scenes("valid") == plain.scenes("valid")
    for scene in crossed.store.scenes():
        np.testing.assert_array_equal(crossed.store.cube(scene), plain.cube(scene))
        np.testing.assert_array_equal(crossed.observations.pixels(scene), pictures.pixels(scene))
    assert crossed.response.read_bytes() == data.response.read_bytes()
    assert not list((tmp_path / "cubes").iterdir())  # no cube is stored a second time
    crossed.reconstruct("linear")
    apply_control(
        plan={"control": {"is": "linear"}, "code": ""}, scenes=data.scenes,
        observations=data.observations, split="valid", save=tmp_path / "own.h5",
    )  # fmt: skip
    tables = []
    for file, scenes in (
        (tmp_path / "linear.h5", crossed.scenes),
        (tmp_path / "own.h5", data.scenes),
    ):
        score_split(
            plan={"margin": 0, "colours": False, "code": ""}, reconstructions=file, scenes=scenes,
            response=data.response, split="valid", save=tmp_path / "scores.csv",
        )  # fmt: skip
        tables.append((tmp_path / "scores.csv").read_text())
    assert tables[0] == tables[1]


def test_the_mean_spectrum_of_one_data_set_is_scored_on_another(tmp_path: Path) -> None:
    trained = make_data(tmp_path / "first", SPLITS, WAVELENGTHS)
    scored = make_data(tmp_path / "second", {"x": "train", "y": "valid"}, FINE, seed=7)
    crossed = Scored(trained, scored, tmp_path / "crossed")
    bands = WAVELENGTHS[1:-1]
    assert crossed.store.wavelengths_nm == bands
    first, second = Store(trained.scenes), Store(scored.scenes)
    mean = np.mean([first.cube(scene).mean((1, 2)) for scene in ("a", "b")], axis=0)
    reconstruction = crossed.reconstruct("mean_spectrum").cube("y")
    np.testing.assert_allclose(reconstruction[:, 3, 5], mean[1:-1], rtol=1e-5)
    np.testing.assert_array_equal(crossed.store.cube("y"), second.cube("y")[1::2])
    # The fit still knows the training scenes at their own bands.
    np.testing.assert_array_equal(crossed.store.cube("a"), first.cube("a"))
    # An even spectrum has the signals that it has in the camera of the training.
    sums = [read_response(file).sum(1) for file in (crossed.response, trained.response)]
    np.testing.assert_allclose(*sums)


def test_the_truth_of_a_control_has_the_common_bands(tmp_path: Path) -> None:
    trained = make_data(tmp_path / "first", SPLITS, FINE)
    scored = make_data(tmp_path / "second", {"y": "valid"}, WAVELENGTHS)
    crossed = Scored(trained, scored, tmp_path / "crossed")
    truth = Store(scored.scenes).cube("y")[1:-1]
    np.testing.assert_array_equal(crossed.store.cube("y"), truth)
    np.testing.assert_array_equal(crossed.store.original_cube("y"), truth)


def test_a_scene_that_is_trained_on_is_not_scored(tmp_path: Path) -> None:
    trained = make_data(tmp_path / "first", SPLITS, WAVELENGTHS)
    scored = make_data(tmp_path / "second", {"x": "valid", "a": "valid"}, WAVELENGTHS, seed=1)
    crossed = Scored(trained, scored, tmp_path / "crossed")  # x has the cube of b
    assert crossed.store.scenes("valid") == ["another_a"]  # a is a training scene of the first
    assert crossed.observations.pixels("another_a").shape == (40, 48, 3)
    again = make_data(tmp_path / "third", {"x": "valid"}, WAVELENGTHS, seed=1)
    with pytest.raises(ValueError, match="every scene of valid is a training scene"):
        Scored(trained, again, tmp_path / "none")


def test_data_sets_without_common_bands_are_refused(data: Data, tmp_path: Path) -> None:
    infrared = make_data(tmp_path / "second", {"y": "valid"}, [680.0, 690.0, 700.0])
    with pytest.raises(ValueError, match="datasets and another: .* share 3 bands"):
        Scored(data, infrared, tmp_path / "crossed")
