"""Conditions of a small data set: what they change, and what stays as it is."""

import csv
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from respectra.camera.observations import Observations
from respectra.camera.response import project, read_response
from respectra.conditions.step import balance_response, make_condition
from respectra.datasets.store import Store
from respectra.metrics import sam
from respectra.plan_types import ConditionPlan
from tests.conditions.paths import make_paths
from tests.conftest import Data, camera_plan


class Changed:
    """A data set under a condition."""

    def __init__(self, data: Data, root: Path, **changes: Any) -> None:
        camera = camera_plan()
        plan = {
            "split": "valid", "light": None, "metamer": False, "response": camera["response"],
            "balanced": False, "chain": camera["chain"], "seed": camera["seed"], "shuffle": False,
            "files": {}, "code": "", **changes,
        }  # fmt: skip
        make_condition(
            plan=cast(ConditionPlan, plan),
            **make_paths(data, root),
        )
        self.store = Store(root / "scenes.csv")
        self.observations = Observations(root / "camera/observations")
        self.root = root


@pytest.fixture
def plain(data: Data) -> tuple[Store, Observations]:
    return Store(data.scenes), Observations(data.observations)


def chain(**settings: Any) -> list[dict[str, Any]]:
    """The chain of the challenge's camera with other settings of its parts."""
    return [
        {key: settings.get(key, value) for key, value in part.items()}
        for part in camera_plan()["chain"]
    ]


def test_a_condition_that_changes_nothing_is_the_data_set(
    data: Data, plain: tuple[Store, Observations], tmp_path: Path
) -> None:
    changed = Changed(data, tmp_path)
    assert changed.store.scenes() == plain[0].scenes()
    assert changed.store.wavelengths_nm == plain[0].wavelengths_nm
    for scene in changed.store.scenes():
        np.testing.assert_array_equal(changed.store.cube(scene), plain[0].cube(scene))
        np.testing.assert_array_equal(changed.observations.pixels(scene), plain[1].pixels(scene))
        assert changed.observations.gain(scene) == plain[1].gain(scene)
    assert list((tmp_path / "cubes").glob("*.npy")) == []  # no cube is stored a second time


def test_a_gain_multiplies_the_picture_before_it_is_clipped(
    data: Data, plain: tuple[Store, Observations], tmp_path: Path
) -> None:
    quiet = [part for part in chain(mean=0.18) if part["is"] != "noise:photons"][:-1]
    lossless = [*quiet, {"is": "jpeg:lossless"}]
    bright = [{**part, **({"mean": 0.72} if "mean" in part else {})} for part in lossless]
    once = Changed(data, tmp_path / "once", chain=lossless)
    four = Changed(data, tmp_path / "four", chain=bright)
    for scene in four.store.scenes("valid"):
        first, second = (x.observations.pixels(scene).astype(int) for x in (once, four))
        assert (second[first >= 64] == 255).all()
        dark = first < 63
        assert dark.any()
        assert np.abs(second - 4 * first)[dark].max() <= 4  # each is rounded down
        np.testing.assert_array_equal(four.store.cube(scene), plain[0].cube(scene))
        assert four.observations.gain(scene) == pytest.approx(4 * once.observations.gain(scene))
    train = four.store.scenes("train")[0]
    np.testing.assert_array_equal(four.observations.pixels(train), plain[1].pixels(train))


def test_metamers_have_the_picture_of_the_truth(
    data: Data, plain: tuple[Store, Observations], tmp_path: Path
) -> None:
    changed = Changed(data, tmp_path, metamer=True)
    response = read_response(data.response)
    for scene in changed.store.scenes("valid"):
        truth, metamer = plain[0].cube(scene), changed.store.cube(scene)
        np.testing.assert_allclose(project(metamer, response), project(truth, response), rtol=1e-5)
        assert sam(metamer, truth) > 0.01
        np.testing.assert_array_equal(changed.store.original_cube(scene), truth)
        differs = changed.observations.pixels(scene) != plain[1].pixels(scene)
        assert differs.mean() < 1e-3  # a signal that is rounded may fall into the next level


def test_shuffled_pixels_keep_their_spectra(
    data: Data, plain: tuple[Store, Observations], tmp_path: Path
) -> None:
    changed = Changed(data, tmp_path / "a", shuffle=True)
    again = Changed(data, tmp_path / "b", shuffle=True, metamer=True)
    for scene in changed.store.scenes("valid"):
        rows = np.concatenate(
            [changed.observations.pixels(scene), changed.store.bands_last(scene)], -1
        )
        expected = np.concatenate([plain[1].pixels(scene), plain[0].bands_last(scene)], -1)
        sort = lambda image: image.reshape(-1, 34)[np.lexsort(image.reshape(-1, 34).T)]  # noqa: E731
        assert (rows != expected).any()
        np.testing.assert_array_equal(sort(rows), sort(expected))
        # Under both conditions the pixels have the same order, so the truths are equal.
        np.testing.assert_array_equal(again.store.original_cube(scene), changed.store.cube(scene))


def test_a_light_changes_cube_and_picture(
    data: Data, plain: tuple[Store, Observations], tmp_path: Path
) -> None:
    changed = Changed(data, tmp_path, light="A")
    scene = changed.store.scenes("valid")[0]
    before, after = plain[0].cube(scene), changed.store.cube(scene)
    ratio = (after / before).mean((1, 2))
    assert ratio[-1] > 2 * ratio[0]  # illuminant A is red
    red, blue = (changed.observations.pixels(scene)[..., i].mean() for i in (0, 2))
    assert (
        red / blue > plain[1].pixels(scene)[..., 0].mean() / plain[1].pixels(scene)[..., 2].mean()
    )


def test_the_tables_have_the_columns_of_the_data_set(data: Data, tmp_path: Path) -> None:
    changed = Changed(data, tmp_path)
    for ours, reference in (
        (tmp_path / "scenes.csv", data.scenes),
        (tmp_path / "camera/scenes.csv", data.observations.with_name("scenes.csv")),
    ):
        with open(ours) as first, open(reference) as second:
            columns = csv.DictReader(first).fieldnames or []
            expected = csv.DictReader(second).fieldnames or []
            assert list(expected) == [c for c in columns if c != "origin"]
    assert changed.root.joinpath("camera/response.csv").read_bytes() == data.response.read_bytes()


def test_another_response_leaves_an_even_spectrum_its_colour() -> None:
    rng = np.random.default_rng(0)
    response, reference = rng.random((3, 31)), rng.random((3, 31))
    even = np.full((31, 1, 1), 0.3)
    balanced = balance_response(response, reference)
    np.testing.assert_allclose(project(even, balanced), project(even, reference))


def test_a_scene_without_a_cube_is_refused(data: Data, tmp_path: Path) -> None:
    with open(data.scenes) as file:
        rows = list(csv.DictReader(file))
    folder = tmp_path / "datasets"
    folder.mkdir()
    for row in rows:
        row["path"] = "" if row["split"] == "valid" else str(data.cubes / f"{row['scene']}.npy")
    with open(folder / "scenes.csv", "w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    (folder / "wavelengths.csv").write_bytes(data.scenes.with_name("wavelengths.csv").read_bytes())
    data_of_pictures = cast(
        Data, type("Paths", (), {**vars(data), "scenes": folder / "scenes.csv"})
    )
    with pytest.raises(ValueError, match="has no cube, so it cannot be photographed under"):
        Changed(data_of_pictures, tmp_path / "changed")


def test_a_table_of_ones_own_takes_the_pictures(data: Data, tmp_path: Path) -> None:
    """A camera that sees one band a channel has the pictures of these bands."""
    wavelengths_nm = Store(data.scenes).wavelengths_nm
    bands = (-5, len(wavelengths_nm) // 2, 4)
    table = tmp_path / "mine.csv"
    rows = [
        f"{nm},{','.join('1' if i == band % len(wavelengths_nm) else '0' for band in bands)}"
        for i, nm in enumerate(wavelengths_nm)
    ]
    table.write_text("\n".join(["nm,red,green,blue", *rows]))
    response = {"file": str(table), "columns": ["red", "green", "blue"], "gains": [1.0, 1.0, 1.0]}
    quiet = [
        {"is": "exposure:fixed", "gain": 0.2}, {"is": "bits:nearest", "bits": 8},
        {"is": "jpeg:lossless"},
    ]  # fmt: skip
    changed = Changed(data, tmp_path / "own", response=response, chain=quiet)
    scene = changed.store.scenes("valid")[0]
    cube = np.asarray(changed.store.cube(scene))
    expected = 255 * np.moveaxis(np.clip(0.2 * cube[list(bands)], 0, 1), 0, -1)
    assert np.abs(changed.observations.pixels(scene) - expected).max() <= 0.5 + 1e-4


def test_a_response_of_a_package_is_balanced(data: Data, tmp_path: Path) -> None:
    measured = {"package": "pyrsr", "camera": "Landsat-8 OLI_TIRS", "columns": ["4", "3", "2"]}
    changed = Changed(data, tmp_path / "imager", response=measured, balanced=True)
    scene = changed.store.scenes("valid")[0]
    assert (changed.root / "camera/response.csv").read_bytes() == data.response.read_bytes()
    before = Observations(data.observations).pixels(scene)
    assert not np.array_equal(changed.observations.pixels(scene), before)
