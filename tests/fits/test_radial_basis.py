import numpy as np

from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.fits.radial_basis import (
    choose_columns,
    compute_gaussians,
    fit_network,
    radial_basis,
)
from respectra.fits.samples import Samples
from tests.conftest import Data


def make_samples(count: int = 800) -> Samples:
    """Spectra that are two Gaussians of the colour, far from each other, and a constant."""
    rng = np.random.default_rng(0)
    rgb = rng.random((count, 3))
    rgb[0], rgb[1] = 0.2, 0.8
    spectra = compute_gaussians(rgb, rgb[:2], 0.15) @ rng.standard_normal((2, 31)) + 0.3
    return Samples(rgb, spectra, np.arange(count) % 8)


def fit(samples: Samples, centres: int, widths=(0.15,)):
    rng = np.random.default_rng(1)
    return fit_network(
        samples, centres=centres, widths=widths, candidates=2000, chosen_by=2000, rng=rng
    )


def test_a_network_of_two_gaussians_is_exact_with_two_centres() -> None:
    samples = make_samples()
    np.testing.assert_allclose(fit(samples, 2)(samples.rgb), samples.spectra, atol=1e-6)


def test_the_columns_of_a_sum_are_chosen() -> None:
    rng = np.random.default_rng(2)
    columns = rng.standard_normal((500, 40))
    targets = columns[:, [3, 17, 30]] @ (rng.random((3, 31)) + 1) + 7.0
    assert sorted(choose_columns(columns, targets, 10)[:3]) == [3, 17, 30]


def test_no_column_is_chosen_twice_and_equal_ones_add_nothing() -> None:
    rng = np.random.default_rng(3)
    column = rng.standard_normal((50, 1))
    columns = np.concatenate([column, column, np.ones((50, 1))], axis=1)
    assert choose_columns(columns, rng.standard_normal((50, 4)), 3) == [0]


def test_more_centres_lower_the_error() -> None:
    rgb = np.random.default_rng(4).random((800, 3))
    samples = Samples(rgb, np.sin(6 * rgb) @ np.ones((3, 31)), np.arange(800) % 8)
    errors = [
        np.square(fit(samples, n, (0.4,))(rgb) - samples.spectra).mean() for n in (1, 5, 20, 60)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-3 * errors[0]


def test_the_width_has_the_least_error_on_held_out_scenes() -> None:
    samples = make_samples()
    network = fit(samples, 2, widths=(0.01, 0.15, 30.0))
    np.testing.assert_allclose(network(samples.rgb), samples.spectra, atol=1e-6)


def test_every_scene_is_reconstructed(data: Data) -> None:
    store = Store(data.scenes)
    cubes = dict(
        radial_basis(
            store, Observations(data.observations), "valid",
            centres=5, widths=[0.2, 0.5], candidates=30, chosen_by=100, samples=100, seed=0,
        )
    )  # fmt: skip
    assert list(cubes) == store.scenes("valid")
    assert all(cube.shape == store.cube(scene).shape for scene, cube in cubes.items())
