import pytest

from respectra.datasets.common_bands import (
    describe_bands,
    find_common_bands,
    find_unit,
    is_same_grid,
)

TENS = [400.0 + 10 * i for i in range(31)]


def test_the_same_bands_stay_as_they_are() -> None:
    assert find_common_bands(TENS, TENS) == TENS
    assert find_common_bands(TENS, [band + 0.4 for band in TENS]) == TENS


def test_the_bands_are_those_of_the_coarser_grid_in_the_common_range() -> None:
    fine = [430 + i * 4.215686274509804 for i in range(103)]
    expected = [430.0 + 10 * i for i in range(28)]
    assert find_common_bands(TENS, fine) == find_common_bands(fine, TENS) == expected


def test_shifted_ranges_of_one_step_share_their_bands() -> None:
    harvard = [420.0 + 10 * i for i in range(31)]
    expected = [420.0 + 10 * i for i in range(29)]
    assert find_common_bands(TENS, harvard) == find_common_bands(harvard, TENS) == expected


def test_at_equal_steps_the_truth_is_not_interpolated() -> None:
    shifted = [405.0 + 10 * i for i in range(30)]
    assert find_common_bands(TENS, shifted) == shifted
    assert find_common_bands(shifted, TENS) == TENS[1:-1]


@pytest.mark.parametrize("scored", [[800.0 + 10 * i for i in range(31)], [500.0], [690, 700, 710]])
def test_a_range_without_bands_is_refused(scored: list[float]) -> None:
    with pytest.raises(ValueError, match="share [0-3] bands; at least 4 are needed"):
        find_common_bands(TENS, scored)


def test_bands_in_words() -> None:
    assert describe_bands(TENS) == "31 bands, 400 to 700 nm"
    assert not is_same_grid(TENS, TENS[1:])


@pytest.mark.parametrize(
    ("wavelengths", "unit"),
    [
        ([0.4, 0.7], "micrometres"),
        ([4000, 7000], "Ångström"),
        ([3500.0], "Ångström"),
        ([400, 700], None),
        ([200, 3000], None),  # as far as sensors of spectra that RGB cameras see something of
        ([2500, 5000], None),
        ([], None),
    ],
)
def test_numbers_that_are_no_nanometres_have_another_unit(
    wavelengths: list[float], unit: str | None
) -> None:
    advice = find_unit(wavelengths)
    assert (advice is None) if unit is None else (advice is not None and unit in advice)
