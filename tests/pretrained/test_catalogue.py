import json
import shutil
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

import respectra
from respectra.config import Config
from respectra.pretrained import catalogue
from respectra.weights import read_provenance
from tests.conftest import ROOT, WAVELENGTHS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("net.ntire2022", "net.srgb", "fast.ideal"):
        (tmp_path / f"{name}.safetensors").touch()
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    return tmp_path


def test_weights_for_ordinary_photographs_come_first(folder: Path) -> None:
    assert catalogue.list_weights() == [("fast", "ideal"), ("net", "srgb"), ("net", "ntire2022")]
    assert catalogue.find_weights("net") == folder / "net.srgb.safetensors"
    assert catalogue.find_weights("net", "ntire2022").name == "net.ntire2022.safetensors"
    assert catalogue.find_weights("fast").name == "fast.ideal.safetensors"


def test_unknown_weights_are_refused_with_the_nearest(folder: Path) -> None:
    with pytest.raises(ValueError, match="nett: the package has no weights .* did you mean net?"):
        catalogue.find_weights("nett")
    with pytest.raises(ValueError, match="srg: is no file, .* did you mean srgb?"):
        catalogue.find_weights("net", "srg")
    shutil.rmtree(folder)
    with pytest.raises(ValueError, match="none is known"):
        catalogue.find_weights("net")


CONFIG = Config(ROOT)
WEIGHTS = catalogue.list_weights()


def test_the_package_has_weights_of_two_networks_for_two_cameras() -> None:
    assert WEIGHTS == [
        ("edsr", "srgb"),
        ("edsr", "ntire2022"),
        ("mst_plus_plus", "srgb"),
        ("mst_plus_plus", "ntire2022"),
    ]


@pytest.mark.parametrize(("method", "camera"), WEIGHTS)
def test_packaged_weights_state_what_they_are_and_are_small(method: str, camera: str) -> None:
    path = catalogue.find_weights(method, camera)
    assert path.stat().st_size < 8e6
    facts = read_provenance(path)
    assert facts["camera"] == camera
    assert facts["licence"] == "MIT"
    method_name, _, run = facts["run"].partition("/")
    network = CONFIG.method(method_name, small=True).network
    assert json.loads(json.dumps(network)) == json.loads(facts["network"])
    assert CONFIG.budget(run.partition("-")[0]).small
    assert CONFIG.dataset(facts["dataset"]).camera == camera
    card = (catalogue.FOLDER / "CARD.md").read_text(encoding="utf-8")
    assert f"results/train/{facts['dataset']}/{facts['run']}/checkpoint.pt" in card
    model = respectra.load(method, camera, device="cpu")
    assert model.wavelengths_nm == tuple(WAVELENGTHS)
    assert path.name in (catalogue.FOLDER / "CARD.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("method", ["edsr", "mst_plus_plus"])
def test_a_photo_of_grey_and_colours_gets_plausible_spectra(method: str) -> None:
    """Red is brighter at long wavelengths, blue at short ones, as far as 31 numbers of three can be."""
    photo = np.full((48, 96, 3), 128, np.uint8)
    photo[:, 32:64] = (200, 60, 50)
    photo[:, 64:] = (50, 70, 190)
    cube = respectra.load(method, device="cpu")(photo)
    _, red, blue = (cube.values[:, 24, column] for column in (16, 48, 80))
    assert red[-8:].mean() > 2 * red[:8].mean()
    assert blue[4:12].mean() > 1.5 * blue[-12:-4].mean()
    assert cube.values.min() > -0.5 * cube.values.max()


def test_wheels_carry_the_weights_and_their_card() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["respectra"]
    files = [path for path in catalogue.FOLDER.iterdir() if path.suffix in (".safetensors", ".md")]
    assert len(files) == len(WEIGHTS) + 1
    for path in files:
        name = path.relative_to(ROOT / "respectra").as_posix()
        assert any(fnmatch(name, pattern) for pattern in patterns), name
