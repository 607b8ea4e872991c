from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from respectra.camera.estimate import estimate_electrons, read_quality
from respectra.camera.jpeg import lossless
from respectra.camera.observe import photograph_cube
from respectra.camera.response import load_response
from respectra.config import Config
from tests.conftest import ROOT, WAVELENGTHS

CAMERA = Config(ROOT).camera("ntire2022")
CURVES = CAMERA.response
RESPONSE = load_response(
    ROOT / CURVES.file, WAVELENGTHS, columns=CURVES.columns, gains=CURVES.gains
)


def chain(electrons: float, quality: int) -> list[dict[str, object]]:
    changes = {"noise:photons": {"electrons": electrons}, "jpeg:compress": {"quality": quality}}
    return [{**part, **changes.get(part["is"], {})} for part in CAMERA.chain]


@pytest.fixture(scope="module")
def cubes() -> dict[str, np.ndarray]:
    """Four scenes of 256×256 with edges and texture under smooth spectra."""
    scenes = {}
    for seed in range(4):
        rng = np.random.default_rng(seed)
        fields = [
            gaussian_filter(rng.standard_normal((256, 256)), s, mode="wrap") for s in (2, 6, 20)
        ]
        weights = np.stack([np.exp(field / field.std() / 2) for field in fields])
        centres = rng.uniform(0, 1, 3)[:, None]
        basis = np.exp(-(((np.linspace(0, 1, 31) - centres) / 0.3) ** 2)) + 0.2
        cube = np.tensordot(basis.T, weights, 1)
        scenes[f"scene_{seed}"] = (cube / cube.max()).astype(np.float32)
    return scenes


def photograph(
    cubes: dict[str, np.ndarray], folder: Path, electrons: float, quality: int
) -> dict[str, Path]:
    files = {}
    for i, (name, cube) in enumerate(cubes.items()):
        files[name] = folder / f"{name}.jpg"
        rng = np.random.default_rng([77, i])
        files[name].write_bytes(photograph_cube(cube, RESPONSE, chain(electrons, quality), rng))
    return files


def readers(cubes: dict[str, np.ndarray]) -> dict[str, Callable[[], np.ndarray]]:
    return {name: lambda cube=cube: cube for name, cube in cubes.items()}


@pytest.mark.parametrize("number", [250, 750, 2000])
def test_the_number_of_electrons_is_estimated_within_15_percent(
    cubes: dict[str, np.ndarray], tmp_path: Path, number: float
) -> None:
    files = photograph(cubes, tmp_path, number, 70)
    estimate = estimate_electrons(readers(cubes), files, RESPONSE, CAMERA.chain)
    assert estimate.electrons == pytest.approx(number, rel=0.15)
    assert estimate.low < estimate.electrons < estimate.high
    assert estimate.qualities == (70,)


def test_the_quality_is_read_from_the_files(cubes: dict[str, np.ndarray], tmp_path: Path) -> None:
    for quality in (65, 70, 95):
        files = photograph(dict(list(cubes.items())[:1]), tmp_path, 750, quality)
        assert {read_quality(path) for path in files.values()} == {quality}


def test_real_pictures_have_the_quality_of_the_challenge(shared: Path) -> None:
    files = sorted((shared / "data/arad1k").glob("*.jpg"))[:5]
    assert {read_quality(path) for path in files} == {70}


def test_a_png_a_chain_without_noise_and_no_picture_are_refused(
    cubes: dict[str, np.ndarray], tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(lossless(np.zeros((3, 8, 8), np.uint8)))
    with pytest.raises(ValueError, match=r"a\.png: is not a JPEG; only a JPEG has a quality"):
        read_quality(path)
    with pytest.raises(ValueError, match="the camera's chain has no noise:photons"):
        estimate_electrons(readers(cubes), {"x": path}, RESPONSE, CAMERA.chain[1:])
    with pytest.raises(ValueError, match="there is no picture"):
        estimate_electrons(readers(cubes), {}, RESPONSE, CAMERA.chain)


def test_an_estimate_is_one_line_of_text(cubes: dict[str, np.ndarray], tmp_path: Path) -> None:
    two = dict(list(cubes.items())[:2])
    text = str(
        estimate_electrons(readers(two), photograph(two, tmp_path, 750, 70), RESPONSE, CAMERA.chain)
    )
    assert "electrons at a signal of 1 (95 %:" in text
    assert text.endswith("quality 70, from 2 scenes")
