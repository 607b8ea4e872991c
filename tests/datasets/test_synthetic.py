import importlib.util
from pathlib import Path

import numpy as np
import pytest

from respectra.camera.observations import Observations
from respectra.camera.observe import photograph_dataset
from respectra.config import Config
from respectra.datasets import synthetic
from respectra.datasets.scenes import describe_faults, store_dataset
from respectra.datasets.store import Store
from tests.conftest import ROOT, WAVELENGTHS, camera_plan, dataset_plan

SETTINGS = Config(ROOT).dataset("synthetic").read
SETTINGS = {key: value for key, value in SETTINGS.items() if key != "is"}


READ = {"is": "synthetic:make_scenes", **SETTINGS}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole data set, stored and photographed."""
    folder = tmp_path_factory.mktemp("synthetic")
    store_dataset(
        plan=dataset_plan(folder, read=READ, wavelengths_nm=WAVELENGTHS),
        save_scenes=folder / "scenes.csv",
        save_cubes=folder / "cubes",
        save_wavelengths=folder / "wavelengths.csv",
    )
    photograph_dataset(
        plan=camera_plan(),
        scenes=folder / "scenes.csv",
        save_observations=folder / "observations",
        save_response=folder / "response.csv",
        save_scenes=folder / "pictures.csv",
    )
    return folder


@pytest.fixture(scope="module")
def cubes(stored: Path) -> dict[str, tuple[str, np.ndarray]]:
    store = Store(stored / "scenes.csv")
    return {row["scene"]: (row["split"], store.cube(row["scene"])) for row in store.rows}


@pytest.fixture(scope="module")
def statistics(stored: Path) -> dict[str, np.ndarray]:
    """The statistics of docs/synthetic.md."""
    spec = importlib.util.spec_from_file_location("benchmark", ROOT / "benchmarks/scenes.py")
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    return benchmark.measure(Store(stored / "scenes.csv"), Observations(stored / "observations"))


def test_scenes_are_clean_cubes_of_128_by_128_by_31(cubes) -> None:
    for name, (_, cube) in cubes.items():
        assert cube.shape == (31, 128, 128), name
        assert describe_faults(cube) is None, name
        assert cube.max() == 1


def test_there_is_every_split(cubes) -> None:
    assert {split for split, _ in cubes.values()} == {"train", "valid", "test", "out_of_scope"}


def test_linear_is_as_far_off_as_on_real_scenes(statistics) -> None:
    """Real scenes have 0.15 to 0.22 rad; scenes that are harder would hide what networks learn."""
    assert 0.15 < statistics["linear_sam"].mean() < 0.22
    assert 0.15 < statistics["linear_mrae"].mean() < 0.22
    assert 0.08 < statistics["scene_linear_sam"].mean() < 0.13


def test_spectra_need_as_many_components_as_real_ones(statistics) -> None:
    """Scenes of three components would be recovered exactly from three channels."""
    assert 0.85 < statistics["variance_3"].mean() < 0.97
    assert statistics["variance_6"].mean() < 0.995


def test_texture_is_that_of_real_scenes(statistics) -> None:
    """Colour that changes from pixel to pixel would be lost in a JPEG with 4:2:0."""
    assert 0.90 < statistics["brightness_correlation"].mean() < 0.98
    assert 0.90 < statistics["colour_correlation"].mean() < 0.98
    assert -3.0 < statistics["power_slope"].mean() < -2.0
    assert 0.02 < statistics["neighbour_angle"].mean() < 0.06


def test_lights_and_surfaces_vary_as_in_real_scenes(statistics) -> None:
    assert 0.25 < statistics["light_spread"].mean() < 0.45
    assert 0.15 < statistics["surface_spread"].mean() < 0.35
    assert 0.35 < statistics["contrast"].mean() < 0.9


def test_the_same_seed_gives_the_same_bytes_and_another_others(cubes) -> None:
    scene = synthetic.make_scenes(**SETTINGS, wavelengths_nm=WAVELENGTHS)[3]
    assert (scene.read()[0] == cubes[scene.name][1]).all()
    other = synthetic.make_scenes(**{**SETTINGS, "seed": 1}, wavelengths_nm=WAVELENGTHS)[3]
    assert (other.read()[0] != cubes[scene.name][1]).any()


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


def test_an_unknown_photograph_is_named() -> None:
    settings = {**SETTINGS, "photographs": {"train": {"astronout": 1}}}
    with pytest.raises(ValueError, match="no photograph astronout"):
        synthetic.make_scenes(**settings, wavelengths_nm=WAVELENGTHS)[0].read()


def read_scenes(**changes) -> list[np.ndarray]:
    photographs = {"train": {"astronaut": 4}}
    settings = {**SETTINGS, "photographs": photographs, "chart_lights": {}, "size": 48, **changes}
    scenes = synthetic.make_scenes(**settings, wavelengths_nm=WAVELENGTHS)
    return [scene.read()[0] for scene in scenes]


def test_the_default_variety_draws_nothing() -> None:
    """The default scenes keep their bytes when ranges without width are stated."""
    stated = {
        "saturation": [1.6, 1.6],
        "contrast": [0.5, 1.0],
        "mixing": 0.0,
        "surface_waves": 0.0,
        "light_waves": 0.0,
    }
    for one, two in zip(read_scenes(), read_scenes(**stated), strict=True):
        assert (one == two).all()


def spread(cube: np.ndarray) -> float:
    """The mean angle between spectra and the mean spectrum."""
    spectra = cube.reshape(len(cube), -1)
    directions = spectra / np.linalg.norm(spectra, axis=0)
    mean = directions.mean(1)
    return float(np.arccos(np.clip(mean @ directions / np.linalg.norm(mean), -1, 1)).mean())


def test_a_lower_saturation_brings_spectra_closer() -> None:
    pale = [spread(cube) for cube in read_scenes(saturation=[0.0, 0.1])]
    vivid = [spread(cube) for cube in read_scenes(saturation=[1.6, 1.7])]
    assert np.mean(pale) < 0.6 * np.mean(vivid)


def test_a_higher_contrast_spreads_brightness() -> None:
    def deviation(cube: np.ndarray) -> float:
        return float(np.log(cube.mean(0)).std())

    low = [deviation(cube) for cube in read_scenes(contrast=[0.4, 0.4])]
    high = [deviation(cube) for cube in read_scenes(contrast=[1.6, 1.6])]
    assert np.mean(high) > 2 * np.mean(low)


def test_scenes_of_families_and_varied_surfaces_are_reproducible() -> None:
    variety = {
        "lights": {"lamps": ["A", "LED-B3"], "daylight": ["D50", "D65"]},
        "surfaces": ["cie2017", "rawtoaces"],
        "saturation": [0.2, 1.6],
        "contrast": [0.5, 1.5],
        "mixing": 0.5,
        "surface_waves": 0.2,
        "light_waves": 0.5,
    }
    cubes = read_scenes(**variety)
    for one, two in zip(cubes, read_scenes(**variety), strict=True):
        assert (one == two).all()
        assert describe_faults(one) is None
    for change in (
        {"mixing": 0.0, "surface_waves": 0.0},
        {"light_waves": 0.0},
        {"contrast": [0.5, 1.0]},
    ):
        changed = read_scenes(**{**variety, **change})
        assert any((one != two).any() for one, two in zip(cubes, changed, strict=True))
