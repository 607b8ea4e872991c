from pathlib import Path

import numpy as np
import pytest

from respectra.datasets.store import Store
from respectra.reconstructions import write_reconstructions
from respectra.tables.kinds import uncertainty
from respectra.tables.uncertainty import (
    LEVELS,
    Answers,
    measure_uncertainty,
    read_answers,
    read_deviations,
)
from tests.conftest import WAVELENGTHS, Data
from tests.tables.builders import make_plan

SHAPE = (31, 40, 40)


def make_answers(scale: float = 1.0) -> Answers:
    """A predictor whose true values are normal around its mean with `scale` times its spread."""
    rng = np.random.default_rng(0)
    mean = 1.0 + rng.random(SHAPE)
    spread = np.broadcast_to(0.001 + 0.05 * rng.random(SHAPE[1:]) ** 2, SHAPE)
    return Answers(mean, spread, mean + scale * spread * rng.standard_normal(SHAPE))


def test_the_curve_of_a_calibrated_predictor_is_the_diagonal() -> None:
    measured = measure_uncertainty([make_answers()])
    np.testing.assert_allclose(measured.coverage, LEVELS, atol=0.01)


def test_a_predictor_that_is_too_sure_covers_less_and_one_that_doubts_covers_more() -> None:
    sure, doubting = (measure_uncertainty([make_answers(scale)]).coverage for scale in (3, 0.3))
    assert (sure < LEVELS - 0.02).all()
    assert (doubting > LEVELS).all()


def test_spread_that_follows_the_error_ranks_the_pixels() -> None:
    measured = measure_uncertainty([make_answers()])
    assert measured.correlation > 0.9
    assert measured.least_error <= measured.certain_error < 0.6 * measured.error
    assert measured.errors[-1] == pytest.approx(measured.error)
    assert (measured.least_errors <= measured.errors + 1e-12).all()


def test_spread_without_relation_to_the_error_ranks_nothing() -> None:
    mean, spread, _ = make_answers()
    noise = 0.05 * np.random.default_rng(1).standard_normal(SHAPE)
    measured = measure_uncertainty([Answers(mean, spread, mean + noise)])
    assert abs(measured.correlation) < 0.1
    assert measured.certain_error == pytest.approx(measured.error, rel=0.1)


def test_scenes_are_averaged() -> None:
    one, two = make_answers(1), make_answers(2)
    both = measure_uncertainty([one, two])
    errors = [measure_uncertainty([answers]).error for answers in (one, two)]
    assert both.error == pytest.approx(np.mean(errors))


@pytest.fixture
def files(data: Data, tmp_path: Path) -> list[str]:
    """Two members: 0.9 and 1.1 times the truth."""
    store, paths = Store(data.scenes), []
    for gain in (0.9, 1.1):
        paths.append(str(tmp_path / f"{gain}.h5"))
        with write_reconstructions(paths[-1], WAVELENGTHS) as write:
            for scene in store.scenes("valid"):
                write(scene, np.asarray(store.cube(scene)) * np.float32(gain))
    return paths


def test_the_mean_of_the_members_is_the_answer(data: Data, files: list[str]) -> None:
    store = Store(data.scenes)
    for answers in read_answers(store, store.scenes("valid"), files, margin=3):
        np.testing.assert_allclose(answers.mean, answers.cube, rtol=1e-5)
        np.testing.assert_allclose(answers.spread, 0.1 * 2**0.5 * answers.cube, rtol=1e-4)


@pytest.mark.parametrize("key", ["members", "reconstructions"])
def test_a_table_shows_members_or_seeds(data: Data, tmp_path: Path, files, key: str) -> None:
    products = {
        "row": "HPRN", "column": "Clean", "scenes": str(data.scenes), "cubes": str(data.cubes),
        "observations": str(data.observations), "split": "valid", "margin": 0, "left_out": [],
        "reconstructions": files[:1], "members": [], "deviations": [], key: files,
    }  # fmt: skip
    numbers = uncertainty(make_plan(tmp_path), products=[products])  # type: ignore[list-item]
    assert numbers["HPRN", "Clean", "answers"].value == 2
    assert numbers["HPRN", "Clean", "MRAE"].value == pytest.approx(0, abs=1e-5)
    assert numbers["HPRN", "Clean", "inside 50 % interval"].value == 1


def test_a_single_answer_has_no_spread(data: Data, tmp_path: Path, files: list[str]) -> None:
    products = {
        "row": "HPRN",
        "column": "Clean",
        "members": [],
        "deviations": [],
        "reconstructions": files[:1],
    }
    assert uncertainty(make_plan(tmp_path), products=[products]) == {}  # type: ignore[list-item]


def test_a_self_ensemble_has_the_spread_that_its_variant_computed(
    data: Data, tmp_path: Path, files: list[str]
) -> None:
    store = Store(data.scenes)
    for answers in read_deviations(store, store.scenes("valid"), files[0], files[1], margin=2):
        np.testing.assert_allclose(answers.mean, 0.9 * answers.cube, rtol=1e-5)
        np.testing.assert_allclose(answers.spread, 1.1 * answers.cube, rtol=1e-5)
    products = {
        "row": "MST", "column": "Clean", "scenes": str(data.scenes), "cubes": str(data.cubes),
        "observations": str(data.observations), "split": "valid", "margin": 0, "left_out": [],
        "reconstructions": files[:1], "members": [], "deviations": files[1:],
    }  # fmt: skip
    numbers = uncertainty(make_plan(tmp_path), products=[products])  # type: ignore[list-item]
    assert numbers["MST", "Clean", "answers"].value == 8
    assert numbers["MST", "Clean", "MRAE"].value == pytest.approx(0.1, abs=1e-5)
