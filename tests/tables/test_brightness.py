from pathlib import Path

import numpy as np
import pytest

from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.plan_types import ProductsPlan
from respectra.reconstructions import Reconstructions, write_reconstructions
from respectra.tables.brightness import (
    ALL,
    CLIPPED,
    PARTS,
    TOTAL,
    UNCLIPPED,
    SplitScene,
    average_parts,
    split_errors,
    split_scenes,
)
from respectra.tables.kinds import brightness
from tests.conftest import WAVELENGTHS, Data
from tests.tables.builders import make_plan


def reconstruct(data: Data, path: Path, change) -> Reconstructions:
    store = Store(data.scenes)
    with write_reconstructions(path, WAVELENGTHS) as write:
        for scene in store.scenes("valid"):
            write(scene, change(np.asarray(store.cube(scene))))
    return Reconstructions(path)


def make_products(data: Data, path: Path, **changes) -> ProductsPlan:
    plan = {
        "row": "HPRN", "column": "Clean", "scenes": str(data.scenes), "cubes": str(data.cubes),
        "observations": str(data.observations), "split": "valid", "margin": 0, "left_out": [],
        "reconstructions": [str(path)], "members": [], "deviations": [],
    }  # fmt: skip
    return {**plan, **changes}  # type: ignore[typeddict-item,return-value]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda cube: cube, (0, 0, 0)),
        (lambda cube: 1.25 * cube, (0.25, 0, 0)),
        (lambda cube: 0.5 * cube, (0.5, 0, 0)),
        # half of the bands too bright, fewer than half too dark: the best single gain is 1
        (lambda cube: cube * np.where(np.arange(31) < 16, 1, 0.9)[:, None, None], (0, 1.5 / 31, 0)),
    ],
)
def test_a_known_error_is_in_its_part(data: Data, tmp_path: Path, change, expected) -> None:
    parts = split_errors(
        make_products(data, tmp_path), reconstruct(data, tmp_path / "r.h5", change)
    )
    assert [parts[ALL][part] for part in PARTS] == pytest.approx(expected, abs=1e-5)
    assert parts[ALL][TOTAL] == pytest.approx(sum(expected), abs=1e-5)
    for group in parts:
        assert [parts[group][part] for part in PARTS] == pytest.approx(expected, abs=1e-5)


def test_what_differs_from_pixel_to_pixel_is_shape(data: Data, tmp_path: Path) -> None:
    def change(cube: np.ndarray) -> np.ndarray:
        sign = np.where(np.indices(cube.shape[1:]).sum(0) % 2, 1, -1)
        alternating = np.where(np.arange(len(cube)) % 2, 1, -1)
        return cube * (1 + 0.2 * sign * alternating[:, None, None])

    parts = split_errors(
        make_products(data, tmp_path), reconstruct(data, tmp_path / "r.h5", change)
    )
    assert parts[ALL][TOTAL] == pytest.approx(0.2, abs=1e-5)
    # The best gain, 1 / 1.2, makes half of the values exact: (1 − 0.8 / 1.2) / 2 remains.
    assert parts[ALL]["shape"] == pytest.approx(1 / 6, abs=1e-4)
    assert parts[ALL]["tint"] == pytest.approx(0, abs=1e-4)


def test_the_parts_of_the_groups_add_up_to_all() -> None:
    rng = np.random.default_rng(0)
    scenes = [SplitScene(rng.random((3, 5, 6)), rng.random((5, 6)) < 0.3) for _ in range(4)]
    parts, share = average_parts(scenes), np.mean([scene.clipped.mean() for scene in scenes])
    for part in (TOTAL, *PARTS):
        both = (1 - share) * parts[UNCLIPPED][part] + share * parts[CLIPPED][part]
        assert both == pytest.approx(parts[ALL][part])


def test_a_group_without_pixels_has_no_values() -> None:
    parts = average_parts([SplitScene(np.ones((3, 2, 2)), np.zeros((2, 2), bool))])
    assert set(parts) == {ALL, UNCLIPPED}


def test_a_pixel_with_a_channel_of_255_is_clipped(data: Data, tmp_path: Path) -> None:
    store, observations = Store(data.scenes), Observations(data.observations)
    (scene, *_) = store.scenes("valid")
    pixels = np.array(observations.pixels(scene)) // 2
    pixels[3, 4] = 0, 255, 9
    pixels[10, 12] = 254
    observations._pixels[scene] = pixels
    files = reconstruct(data, tmp_path / "r.h5", lambda cube: cube)
    (split,) = split_scenes(store, observations, files, [scene], margin=2)
    assert np.argwhere(split.clipped).tolist() == [[1, 2]]
    assert split.errors.shape[1:] == split.clipped.shape


def test_a_table_averages_the_runs(data: Data, tmp_path: Path) -> None:
    files = [str(tmp_path / f"run{i}.h5") for i in range(3)]
    for file, gain in zip(files, (1.1, 1.3), strict=False):
        reconstruct(data, Path(file), lambda cube, gain=gain: gain * cube)
    products = [make_products(data, tmp_path, reconstructions=files)]
    numbers = brightness(make_plan(tmp_path), products=products)
    number = numbers["HPRN", "Clean", "brightness"]
    assert number.value == pytest.approx(0.2, abs=1e-5)
    assert number.spread == pytest.approx(0.1414, abs=1e-3)
    assert numbers["HPRN", "Clean", "unclipped: MRAE"].value == pytest.approx(0.2, abs=1e-5)


def test_a_row_that_was_not_run_has_no_numbers(data: Data, tmp_path: Path) -> None:
    products = [make_products(data, tmp_path / "missing.h5")]
    assert brightness(make_plan(tmp_path), products=products) == {}
