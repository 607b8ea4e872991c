from pathlib import Path
from typing import Any

import numpy as np
import pytest

from respectra.datasets.bands import FileBands, choose_wavelengths, convert_to_nm, select_bands

PATH = Path("a.mat")
NM = [400.0, 450.0, 500.0, 550.0]


@pytest.mark.parametrize(
    ("centres", "unit"),
    [
        (NM, None), (NM, "Nanometers"), ([0.4, 0.45, 0.5, 0.55], None),
        ([0.4, 0.45, 0.5, 0.55], "Micrometers"), ([0.4, 0.45, 0.5, 0.55], "µm"),
        ([4e-7, 4.5e-7, 5e-7, 5.5e-7], None), ([4000, 4500, 5000, 5500], "Angstroms"),
        (np.array([[400], [450], [500], [550]], np.uint16), "nm"),
    ],
)  # fmt: skip
def test_units_become_nanometres(centres: Any, unit: str | None) -> None:
    assert convert_to_nm(PATH, FileBands(centres, unit)) == NM


@pytest.mark.parametrize("centres", [None, 31, [31], range(31), range(1, 32), []])
def test_numbers_of_bands_are_no_wavelengths(centres: Any) -> None:
    assert convert_to_nm(PATH, FileBands(centres)) is None


@pytest.mark.parametrize(
    ("centres", "unit", "message"),
    [
        ([550.0] * 4, None, "has the wavelength 550 more than once"),
        ([400, np.nan, 500], None, "has the wavelength nan"),
        ([400, np.inf], None, "has the wavelength inf"),
        ([-400, 500], None, "has the wavelength -400"),
        ([400 + 1j, 500], None, "its wavelengths are no real numbers"),
        (["red", "green"], None, "its wavelengths are no real numbers"),
        ([object()], None, "its wavelengths are no real numbers"),
        ([2.5e4, 2e4], "Wavenumber", "in the unit 'wavenumber', which is not understood"),
        ([4000, 5000, 7000], None, "from 4000 to 7000 without a unit; they look like Ångström"),
    ],
)
def test_other_centres_are_named(centres: Any, unit: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=rf"a\.mat: .*{message}.* set wavelengths_nm in the YAML"):
        convert_to_nm(PATH, FileBands(centres, unit))


def test_stated_wavelengths_come_first_and_must_agree() -> None:
    assert choose_wavelengths(PATH, None, NM) == NM
    assert choose_wavelengths(PATH, NM, None) == NM
    with pytest.raises(ValueError, match="its bands are 400 to 550 nm, the data set's 1 to 4 nm"):
        choose_wavelengths(PATH, NM, [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("leave_out", "rest"),
    [
        ([], [0, 1, 2, 3]), ([450], [0, 2, 3]), ([[440, 500]], [0, 3]), ([[0, 100]], [0, 1, 2, 3]),
        (["bad"], [1, 2]), (["water", 400], [1, 3]), ([[500, 9999], 400], [1]),
    ],
)  # fmt: skip
def test_bands_are_left_out_by_wavelength_range_name_and_mark(
    leave_out: Any, rest: list[int]
) -> None:
    bands = FileBands(
        NM, names=["blue", "cyan", " water ", "green"], bad=[True, False, False, True]
    )
    assert select_bands(PATH, NM, leave_out, bands) == rest


def test_bands_are_ordered_by_wavelength() -> None:
    assert select_bands(PATH, NM[::-1], [450], FileBands()) == [3, 1, 0]


@pytest.mark.parametrize(
    ("leave_out", "message"),
    [
        ([451], "has no band 451 to leave out; its bands are 400 to 550 nm"),
        (["green"], "states no names of its bands"),
        (["bad"], "does not mark bad bands"),
        ([[0, 9999]], "leaves out every band"),
    ],
)
def test_bands_that_do_not_exist_are_named(leave_out: Any, message: str) -> None:
    with pytest.raises(ValueError, match=rf"a\.mat: .*{message}"):
        select_bands(PATH, NM, leave_out, FileBands())
    with pytest.raises(ValueError, match="has no band red to leave out"):
        select_bands(PATH, NM, ["red"], FileBands(names=["a", "b", "c", "d"]))
