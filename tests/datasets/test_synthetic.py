import numpy as np
import pytest

from respectra.config import Config
from respectra.datasets import synthetic
from respectra.datasets.scenes import describe_faults
from tests.conftest import ROOT, WAVELENGTHS

SETTINGS = Config(ROOT).dataset("synthetic").read
SETTINGS = {key: value for key, value in SETTINGS.items() if key != "is"}


@pytest.fixture(scope="module")
def cubes() -> dict[str, tuple[str, np.ndarray]]:
    scenes = synthetic.make(**SETTINGS, wavelengths_nm=WAVELENGTHS)
    return {scene.name: (scene.split, scene.read()[0]) for scene in scenes}


def test_scenes_are_clean_cubes_of_128_by_128_by_31(cubes) -> None:
    for name, (_, cube) in cubes.items():
        assert cube.shape == (31, 128, 128), name
        assert describe_faults(cube) is None, name
        assert cube.max() == 1


def test_there_is_every_split(cubes) -> None:
    assert {split for split, _ in cubes.values()} == {"train", "valid", "test", "out_of_scope"}


def test_the_spectra_need_many_components(cubes) -> None:
    """A set of rank 3 would make the problem trivial."""
    pixels = np.concatenate([c.reshape(31, -1)[:, ::11] for _, c in cubes.values()], axis=1)
    for values in (pixels, pixels - pixels.mean(1, keepdims=True)):
        energy = np.cumsum(np.linalg.svd(values, compute_uv=False) ** 2)
        assert np.searchsorted(energy / energy[-1], 0.999) + 1 >= 6


def test_the_same_seed_gives_the_same_bytes_and_another_others(cubes) -> None:
    scene = synthetic.make(**SETTINGS, wavelengths_nm=WAVELENGTHS)[3]
    assert scene.read()[0].tobytes() == cubes[scene.name][1].tobytes()
    other = synthetic.make(**{**SETTINGS, "seed": 1}, wavelengths_nm=WAVELENGTHS)[3]
    assert other.read()[0].tobytes() != cubes[scene.name][1].tobytes()


def test_no_photograph_is_in_two_splits() -> None:
    names = [name for counts in SETTINGS["photographs"].values() for name in counts]
    assert len(names) == len(set(names))


def test_the_charts_lamp_lights_nothing_else() -> None:
    assert not set(SETTINGS["chart_lights"].values()) & set(SETTINGS["lights"])


def test_the_chart_shows_its_patches(cubes) -> None:
    chart = cubes["chart_out_of_scope"][1]
    centres = [
        (22 + 128 // 12 + row * 21, 128 // 12 + column * 21)
        for row in range(4)
        for column in range(6)
    ]
    spectra = np.stack([chart[:, r, c] for r, c in centres])
    whites = spectra[18:]  # the last row goes from white to black
    assert (np.diff(whites.mean(1)) < 0).all()
    assert (
        np.linalg.matrix_rank(spectra / np.linalg.norm(spectra, axis=1, keepdims=True), 0.02) >= 4
    )


def test_surfaces_are_measured_reflectances() -> None:
    surfaces, colours = synthetic.reflectances(tuple(WAVELENGTHS))
    assert len(surfaces) == 99 + 14 + 15
    assert surfaces.min() >= 0
    assert surfaces.max() <= 1
    assert colours.shape == (128, 2)


def test_an_unknown_light_or_photograph_is_named() -> None:
    with pytest.raises(ValueError, match="no light source Moonlight"):
        synthetic.illuminant("Moonlight", tuple(WAVELENGTHS))
    settings = {**SETTINGS, "photographs": {"train": {"astronout": 1}}}
    with pytest.raises(ValueError, match="no photograph astronout"):
        synthetic.make(**settings, wavelengths_nm=WAVELENGTHS)[0].read()
