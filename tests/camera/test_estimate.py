from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from respectra.camera import jpeg
from respectra.camera.estimate import electrons, quality
from respectra.camera.observe import observe
from respectra.camera.response import load
from respectra.config import Config
from tests.conftest import ROOT, WAVELENGTHS

CAMERA = Config(ROOT).camera("ntire2022")
CURVES = CAMERA.response
RESPONSE = load(ROOT / CURVES.file, WAVELENGTHS, columns=CURVES.columns, gains=CURVES.gains)


def chain(number: float, asked: int) -> list[dict[str, object]]:
    changes = {"noise:photons": {"electrons": number}, "jpeg:compress": {"quality": asked}}
    return [{**part, **changes.get(part["is"], {})} for part in CAMERA.chain]


@pytest.fixture(scope="module")
def cubes() -> dict[str, np.ndarray]:
    """Four scenes of 256×256 with edges and texture under smooth spectra."""
    found = {}
    for seed in range(4):
        rng = np.random.default_rng(seed)
        fields = [
            gaussian_filter(rng.standard_normal((256, 256)), s, mode="wrap") for s in (2, 6, 20)
        ]
        weights = np.stack([np.exp(field / field.std() / 2) for field in fields])
        centres = rng.uniform(0, 1, 3)[:, None]
        basis = np.exp(-(((np.linspace(0, 1, 31) - centres) / 0.3) ** 2)) + 0.2
        cube = np.tensordot(basis.T, weights, 1)
        found[f"scene_{seed}"] = (cube / cube.max()).astype(np.float32)
    return found


def photographed(
    cubes: dict[str, np.ndarray], folder: Path, number: float, asked: int
) -> dict[str, Path]:
    files = {}
    for i, (name, cube) in enumerate(cubes.items()):
        files[name] = folder / f"{name}.jpg"
        rng = np.random.default_rng([77, i])
        files[name].write_bytes(observe(cube, RESPONSE, chain(number, asked), rng))
    return files


def reads(cubes: dict[str, np.ndarray]) -> dict[str, Callable[[], np.ndarray]]:
    return {name: lambda cube=cube: cube for name, cube in cubes.items()}


@pytest.mark.parametrize("number", [250, 750, 2000])
def test_the_number_of_electrons_is_found_within_15_percent(
    cubes: dict[str, np.ndarray], tmp_path: Path, number: float
) -> None:
    files = photographed(cubes, tmp_path, number, 70)
    found = electrons(reads(cubes), files, RESPONSE, CAMERA.chain)
    assert found.electrons == pytest.approx(number, rel=0.15)
    assert found.low < found.electrons < found.high
    assert found.qualities == (70,)


def test_the_quality_is_read_from_the_files(cubes: dict[str, np.ndarray], tmp_path: Path) -> None:
    for asked in (65, 70, 95):
        files = photographed(dict(list(cubes.items())[:1]), tmp_path, 750, asked)
        assert {quality(path) for path in files.values()} == {asked}


def test_real_pictures_have_the_challenges_quality(shared: Path) -> None:
    files = sorted((shared / "data/arad1k").glob("*.jpg"))[:5]
    assert {quality(path) for path in files} == {70}


def test_what_has_no_quality_or_no_noise_is_named(
    cubes: dict[str, np.ndarray], tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(jpeg.lossless(np.zeros((3, 8, 8), np.uint8)))
    with pytest.raises(ValueError, match=r"a\.png: is no JPEG; only those have a quality"):
        quality(path)
    with pytest.raises(ValueError, match="no noise:photons to estimate"):
        electrons(reads(cubes), {"x": path}, RESPONSE, CAMERA.chain[1:])
    with pytest.raises(ValueError, match="there is no picture"):
        electrons(reads(cubes), {}, RESPONSE, CAMERA.chain)


def test_it_says_what_it_found(cubes: dict[str, np.ndarray], tmp_path: Path) -> None:
    some = dict(list(cubes.items())[:2])
    text = str(
        electrons(reads(some), photographed(some, tmp_path, 750, 70), RESPONSE, CAMERA.chain)
    )
    assert "electrons at a signal of 1 (95 %:" in text
    assert text.endswith("quality 70, from 2 scenes")
