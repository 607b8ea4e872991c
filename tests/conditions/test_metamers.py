import numpy as np
import pytest

from respectra.camera.response import load_response, project
from respectra.conditions.metamers import LEAST_SHARE, draw_spectra, find_metamers
from respectra.metrics import sam
from tests.conftest import ROOT, WAVELENGTHS, smooth_cube


@pytest.fixture(scope="module")
def response() -> np.ndarray:
    return load_response(ROOT / "data/cameras/ntire2022.csv", WAVELENGTHS, columns=["R", "G1", "B"])


def test_a_metamer_has_the_same_signals_and_is_another_spectrum(response: np.ndarray) -> None:
    cube = smooth_cube(40, 12)
    measured = draw_spectra(
        [np.moveaxis(smooth_cube(9, 9, seed=1), 0, -1)], 16, np.random.default_rng(0)
    )
    metamers = find_metamers(cube, response, measured)
    np.testing.assert_allclose(project(metamers, response), project(cube, response), rtol=1e-10)
    assert sam(metamers, cube) > 0.05
    assert (metamers >= LEAST_SHARE * cube * (1 - 1e-6)).all()
    assert metamers.max() <= cube.max() * (1 + 1e-9)


def test_a_spectrum_with_the_same_signals_is_reached_exactly(response: np.ndarray) -> None:
    """Two spectra that differ in the null space of the response lead to each other."""
    cube = np.full((31, 1, 1), 0.5)
    unseen = np.linalg.svd(response)[2][3]
    other = cube + 0.2 * unseen[:, None, None]
    np.testing.assert_allclose(project(other, response), project(cube, response), rtol=1e-10)
    highest = np.full((31, 1, 2), 0.5)
    highest[:, :, 1] = 0.9  # so that the range of the cube allows the step
    metamers = find_metamers(highest, response, other[:, :, 0].T)
    np.testing.assert_allclose(metamers[:, :, 0], other[:, :, 0], rtol=1e-9)


def test_without_another_spectrum_the_cube_stays(response: np.ndarray) -> None:
    cube = np.full((31, 2, 2), 0.5)
    np.testing.assert_allclose(find_metamers(cube, response, np.full((1, 31), 0.7)), cube)


def test_spectra_are_drawn_from_every_cube() -> None:
    cubes = [np.full((4, 5, 3), value) for value in (1.0, 2.0)]
    spectra = draw_spectra(cubes, 6, np.random.default_rng(0))
    assert spectra.shape == (6, 3)
    assert sorted(spectra[:, 0]) == [1, 1, 1, 2, 2, 2]
