import numpy as np
import pytest

from respectra.datasets.values import check_size_and_range, describe_counts, describe_faults
from tests.conftest import WAVELENGTHS, dataset_plan, smooth_cube

CUBE = smooth_cube(6, 9)


@pytest.mark.parametrize(
    ("full", "divisor"),
    [(255, 255), (1000, 1023), (4095, 4095), (10_000, 10_000), (65_535, 65_535)],
)
@pytest.mark.parametrize("whole", [True, False])
def test_counts_are_asked_about(full: int, divisor: int, whole: bool) -> None:
    counts = CUBE * np.float32(full)
    question = describe_counts(np.round(counts) if whole else counts)
    assert question is not None
    assert (
        f"set read.maximum in the YAML of the data set to the value that means 1, such as {divisor},"
        in question
    )
    assert f"or set range: [0, {divisor}] if they are radiance" in question


def test_few_dark_counts_are_asked_about_too() -> None:
    assert describe_counts(np.round(3 * CUBE) + 1) is not None


@pytest.mark.parametrize(
    "cube", [CUBE, 1.7 * CUBE, np.full_like(CUBE, np.nan), np.zeros_like(CUBE)]
)
def test_radiance_and_reflectance_are_no_counts(cube: np.ndarray) -> None:
    assert describe_counts(cube) is None


def test_a_stated_range_answers_the_question() -> None:
    counts = np.round(4095 * CUBE)
    plan = dataset_plan("", range=[0.0, 4095.0])
    check_size_and_range("a", counts, plan)
    with pytest.raises(ValueError, match="a: the cube has values from .* to 4095, .* 0 to 1;"):
        check_size_and_range("a", counts, {**plan, "range": [0.0, 1.0]})
    with pytest.raises(ValueError, match="a: the values are whole numbers"):
        check_size_and_range("a", counts, {**plan, "range": None})


def test_bands_without_a_finite_value_are_named() -> None:
    cube = CUBE.copy()
    cube[[0, 30]] = np.nan
    fault = describe_faults(cube, WAVELENGTHS)
    assert fault is not None
    assert "has no finite value at 400, 700 nm" in fault
    assert "read.leave_out_bands: [400, 700]" in fault
    cube[3, 2, 1] = np.inf
    assert "109 values that are not finite in total" in str(describe_faults(cube, WAVELENGTHS))
