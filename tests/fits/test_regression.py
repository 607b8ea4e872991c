import numpy as np
import pytest

from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.fits.regression import expand, fit_regression, list_exponents, regression
from respectra.fits.samples import Samples
from tests.conftest import Data

RIDGES = (1e-12, 1e-6)


def draw(count: int = 600, scenes: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count * scenes, 3)) * 0.5 + 0.05


def sample(rgb: np.ndarray, spectra: np.ndarray, scenes: int = 8) -> Samples:
    return Samples(rgb, spectra, np.arange(len(rgb)) % scenes)


@pytest.mark.parametrize(("degree", "count"), [(1, 3), (2, 6), (3, 13), (4, 22)])
def test_the_numbers_of_root_polynomial_terms_are_those_of_the_paper(
    degree: int, count: int
) -> None:
    assert len(list_exponents(degree, root=True)) == count


@pytest.mark.parametrize(("degree", "count"), [(1, 3), (2, 9), (3, 19), (4, 34), (6, 83)])
def test_polynomials_have_all_products_without_a_constant(degree: int, count: int) -> None:
    assert len(list_exponents(degree, root=False)) == count


def test_the_terms_of_degree_two_are_those_of_the_paper() -> None:
    terms = expand(np.array([[0.04, 0.09, 0.25]]), list_exponents(2, root=True))
    expected = [0.04, 0.09, 0.25, 0.06, 0.1, 0.15]  # R, G, B, √RG, √RB, √GB
    np.testing.assert_allclose(np.sort(terms[0]), np.sort(expected))


@pytest.mark.parametrize(("terms", "changes"), [("root", False), ("normalised", False), ("polynomial", True)])  # fmt: skip
@pytest.mark.parametrize("error", ["squared", "relative"])
def test_k_times_the_colour_gives_k_times_the_spectrum(
    terms: str, changes: bool, error: str
) -> None:
    rgb = draw()
    spectra = np.sqrt(rgb @ np.random.default_rng(1).random((3, 31)))
    pixel_map = fit_regression(sample(rgb, spectra), terms=terms, degree=4, error=error, ridges=RIDGES)  # type: ignore[arg-type]  # fmt: skip
    once, thrice = pixel_map(rgb), pixel_map(3 * rgb)
    assert np.allclose(3 * once, thrice, rtol=1e-6) is not changes


@pytest.mark.parametrize(
    ("terms", "truth"),
    [
        ("polynomial", lambda rgb: rgb[:, :1] * rgb[:, 1:2] ** 2 + rgb[:, 2:]),
        ("root", lambda rgb: (rgb[:, :1] * rgb[:, 1:2] ** 2) ** (1 / 3) + rgb[:, 2:]),
        ("normalised", lambda rgb: rgb[:, :1] * rgb[:, 1:2] / rgb.mean(1, keepdims=True)),
    ],
)
@pytest.mark.parametrize("error", ["squared", "relative"])
def test_a_spectrum_of_such_terms_is_reconstructed_exactly(terms, truth, error) -> None:
    rgb = draw()
    pixel_map = fit_regression(sample(rgb, truth(rgb)), terms=terms, degree=3, error=error, ridges=RIDGES)  # fmt: skip
    unknown = draw(seed=5)
    np.testing.assert_allclose(pixel_map(unknown), truth(unknown), rtol=1e-4)


def test_the_relative_error_is_least_where_it_is_minimised() -> None:
    rng = np.random.default_rng(2)
    rgb = draw() ** 3
    spectra = (rgb @ rng.random((3, 31))) * np.exp(0.3 * rng.standard_normal((len(rgb), 31)))
    reconstructed = {
        error: fit_regression(sample(rgb, spectra), terms="root", degree=2, error=error, ridges=RIDGES)(rgb)  # type: ignore[arg-type]
        for error in ("squared", "relative")
    }  # fmt: skip
    squared = {error: np.square(x - spectra).mean() for error, x in reconstructed.items()}
    relative = {error: np.square(x / spectra - 1).mean() for error, x in reconstructed.items()}
    assert squared["squared"] < squared["relative"]
    assert relative["relative"] < relative["squared"]


def test_held_out_scenes_choose_the_ridge() -> None:
    """Of two ridges, one of which makes everything zero, the held-out scenes choose the other."""
    rgb = draw()
    spectra = rgb @ np.random.default_rng(1).random((3, 31))
    for ridges in ((1e-9, 1e6), (1e6, 1e-9)):
        pixel_map = fit_regression(sample(rgb, spectra), terms="root", degree=1, error="squared", ridges=ridges)  # fmt: skip
        np.testing.assert_allclose(pixel_map(rgb), spectra, rtol=1e-6)


@pytest.mark.parametrize("terms", ["polynomial", "root", "normalised"])
def test_every_scene_is_reconstructed(data: Data, terms: str) -> None:
    store = Store(data.scenes)
    settings = {"degree": 2, "error": "squared", "ridges": RIDGES, "samples": 100, "seed": 0}
    cubes = dict(
        regression(store, Observations(data.observations), "valid", terms=terms, **settings)  # type: ignore[arg-type]
    )
    assert list(cubes) == store.scenes("valid")
    assert all(cube.shape == store.cube(scene).shape for scene, cube in cubes.items())
