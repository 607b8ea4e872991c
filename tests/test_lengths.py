import pytest

from respectra.config import Config
from respectra.lengths import (
    count_iterations,
    count_patches,
    count_windows,
    divide_parts,
    read_patch,
)
from respectra.plans.steps import plan_train
from tests.conftest import ROOT
from tests.small_plans import make_phase

NTIRE2018 = [(1392, 1300)] * 251
NTIRE2020 = [(482, 512)] * 440


def test_the_number_of_patches_of_the_challenge() -> None:
    assert count_windows(482, 512, (128, 128), 8) == (45, 49)


def test_a_hundred_epochs_are_a_hundred_on_every_data_set() -> None:
    phase = make_phase(iterations=None, epochs=100.0, patch=64, stride=32, batch=32)
    for sizes in (NTIRE2018, NTIRE2020):
        passes = count_iterations(phase, sizes) * 32 / count_patches(phase, sizes)
        assert passes == pytest.approx(100, rel=1e-3)
    assert count_patches(phase, NTIRE2018) == 251 * 1638


def test_an_epoch_at_random_places_has_a_patch_per_scene() -> None:
    phase = make_phase(iterations=None, epochs=12_000.0, stride=None, batch=8)
    assert count_iterations(phase, [(482, 512)] * 450) == 675_000


def test_a_phase_with_fewer_patches_than_a_batch_has_an_iteration() -> None:
    phase = make_phase(iterations=None, epochs=1.0, patch=64, stride=64, batch=32)
    assert count_iterations(phase, [(64, 64)] * 3) == 1
    assert count_iterations({**phase, "epochs": 100.0}, [(64, 64)] * 3) == 9


def test_iterations_remain_iterations() -> None:
    assert count_iterations(make_phase(iterations=7), NTIRE2018) == 7


def test_a_budget_limits_or_shortens_epochs() -> None:
    config = Config(ROOT)
    full, reduced, quick = (
        plan_train(config, "hprn", budget)["train"][0] for budget in ("full", "reduced", "quick")
    )
    assert (full["epochs"], full["iterations"]) == (100, None)
    assert (reduced["epochs"], reduced["iterations"]) == (5, None)
    assert count_iterations(quick, NTIRE2018) == quick["iterations"] == 400


def test_a_patch_is_a_square_or_a_rectangle() -> None:
    assert read_patch(make_phase(patch=64)) == (64, 64)
    assert read_patch(make_phase(patch=[482, 512])) == (482, 512)
    phase = make_phase(iterations=None, epochs=1.0, patch=[20, 40], stride=20, batch=1)
    assert count_patches(phase, [(40, 80)]) == 2 * 3


def test_each_part_of_a_batch_is_shared_equally() -> None:
    assert divide_parts(20, 1, 4) == [20]
    assert divide_parts(12, 2, 3) == [6, 6]
    assert divide_parts(7, 3, 1) == [3, 3, 1]


@pytest.mark.parametrize(
    ("batch", "parts", "count", "message"),
    [
        (20, 1, 3, "a batch of 20 cannot be divided among 3 processes; possible are 1, 2, 4, 5, 10, 20"),
        (10, 4, 2, "a batch of 10 in 4 parts cannot be divided among 2 processes; possible are 1"),
        (1, 1, 8, "a batch of 1 cannot be divided among 8 processes; possible are 1"),
    ],
)  # fmt: skip
def test_a_part_that_cannot_be_shared_is_named(
    batch: int, parts: int, count: int, message: str
) -> None:
    with pytest.raises(ValueError) as error:
        divide_parts(batch, parts, count)
    assert str(error.value) == message
