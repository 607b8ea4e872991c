import numpy as np
import pytest

from respectra.conditions.colours import convert_to_lab, load_observer, measure_colour_error
from tests.conftest import WAVELENGTHS, smooth_cube

# Sharma, Wu and Dalal (2005), table 1: pairs 1, 7, 13, 17, 21, 25 and 34 with their difference.
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0011, -2.4900), 4.7461),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (50.0, 3.1736, 0.5854), 1.0000),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("first", "second", "difference"), SHARMA)
def test_the_formula_has_the_values_of_its_test_data(
    first: tuple[float, ...], second: tuple[float, ...], difference: float
) -> None:
    from skimage.color import deltaE_ciede2000

    assert deltaE_ciede2000(np.array(first), np.array(second)) == pytest.approx(
        difference, abs=5e-5
    )


def test_colours_are_those_of_the_standard() -> None:
    """The matching functions of a wavelength, and a grey surface under an even light."""
    observer = load_observer(WAVELENGTHS)
    np.testing.assert_allclose(
        observer[:, WAVELENGTHS.index(550)], [0.4334, 0.9950, 0.0087], atol=1e-4
    )
    white = np.ones(31)
    grey = np.full((31, 1, 1), 0.18)
    np.testing.assert_allclose(
        convert_to_lab(grey, observer, white).ravel(), [49.496, 0, 0], atol=1e-3
    )
    dark = np.full((31, 1, 1), 0.001)
    assert convert_to_lab(dark, observer, white)[0].item() == pytest.approx(0.9033, abs=1e-4)


def test_equal_cubes_have_equal_colours_and_metamers_of_the_eye_too() -> None:
    observer, cube = load_observer(WAVELENGTHS), smooth_cube(6, 5)
    white = cube.max((1, 2))
    assert measure_colour_error(cube, cube, observer, white) == 0
    unseen = np.linalg.svd(observer)[2][3]
    changed = cube + 0.05 * unseen[:, None, None]
    assert measure_colour_error(changed, cube, observer, white) == pytest.approx(0, abs=1e-5)
    assert measure_colour_error(0.5 * cube, cube, observer, white) > 5
