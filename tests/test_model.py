import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

import respectra
from respectra.build import build
from respectra.config import Config
from respectra.config.strict import plain
from respectra.model import Model, choose_photo_device, load_model
from respectra.photos import check_pixels
from respectra.train import checkpoint
from respectra.weights import load_trained
from tests.conftest import ROOT, WAVELENGTHS

CONFIG = Config(ROOT)
RGB = np.random.default_rng(0).integers(0, 256, (90, 150, 3), dtype=np.uint8)


def write_run(folder: Path, name: str = "edsr") -> Path:
    method = CONFIG.method(name, small=True)
    torch.manual_seed(0)
    network = build("network", method.network, bands=31)
    content = {"network": plain(method.network), "bands": 31, "wavelengths_nm": WAVELENGTHS}
    checkpoint.save(folder / "checkpoint.pt", {**content, "state_dict": network.state_dict()})
    (folder / "plan.yaml").write_text(yaml.safe_dump({"inputs": plain(method.inputs)}))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"))


def test_a_photo_becomes_a_cube(run: Path, tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "a.png")
    model = respectra.load(weights=run, device="cpu")
    cube = model(tmp_path / "a.png")
    assert cube.values.shape == (31, 90, 150)
    assert cube.values.dtype == np.float32
    assert cube.wavelengths_nm == tuple(WAVELENGTHS)
    np.testing.assert_array_equal(cube.spectrum(3, 4), cube.values[:, 3, 4])
    np.testing.assert_array_equal(model(RGB).values, cube.values)


def test_a_cube_is_what_the_network_makes_of_the_whole_photo(run: Path) -> None:
    """Tiles included: they overlap by more than this network sees."""
    trained = load_trained(run)
    low, high = int(RGB.min()), int(RGB.max())
    rgb = torch.from_numpy((RGB.astype(np.float32) - low) / (high - low)).permute(2, 0, 1)[None]
    with torch.inference_mode():
        expected = trained.network(rgb)[0].numpy()
    whole = load_model(weights=run, device="cpu")
    np.testing.assert_allclose(whole(RGB).values, expected, atol=1e-5)
    tiled = load_model(weights=run, device="cpu", memory_bytes=1)
    assert (tiled.side, tiled.overlap, tiled.count_tiles((90, 150))) == (64, 32, 8)
    np.testing.assert_allclose(tiled(RGB).values, expected, atol=1e-5)


def test_sixteen_bits_reach_the_network(run: Path) -> None:
    model = load_model(weights=run, device="cpu")
    deep = RGB.astype(np.uint16) * 257
    np.testing.assert_allclose(model(deep).values, model(RGB).values, atol=1e-5)
    finer = deep + np.arange(150, dtype=np.uint16)[None, :, None] % 100
    assert (model(np.minimum(finer, 65535)).values != model(RGB).values).any()


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (3, 2), (65, 9)])
@pytest.mark.parametrize("name", ["edsr", "mst_plus_plus", "hprn"])
def test_every_size_is_possible(tmp_path: Path, size: tuple[int, int], name: str) -> None:
    model = load_model(weights=write_run(tmp_path, name), device="cpu", memory_bytes=1)
    photo = np.full((*size, 3), 7, np.uint8)
    cube = model(photo)
    assert cube.values.shape == (31, *size)
    assert np.isfinite(cube.values).all()


def test_rows_come_from_top_to_bottom_and_each_tile_advances(run: Path) -> None:
    model = load_model(weights=run, device="cpu", memory_bytes=1)
    count: list[int] = []
    blocks = list(model.reconstruct_rows(check_pixels(RGB), lambda: count.append(1)))
    assert len(count) == model.count_tiles((90, 150))
    assert sum(len(block) for block in blocks) == 90
    np.testing.assert_array_equal(np.concatenate(blocks), np.moveaxis(model(RGB).values, 0, -1))


def test_a_model_needs_wavelengths_and_inputs_and_no_estimate(run: Path, tmp_path: Path) -> None:
    state = load_trained(run).network.state_dict()
    path = tmp_path / "authors.pth"
    torch.save(state, path)
    method = CONFIG.method("edsr", small=True)
    with pytest.raises(ValueError, match="does not state its network; name it with --method"):
        load_model(weights=path)
    with pytest.raises(ValueError, match="does not state its wavelengths; .* --wavelengths"):
        load_model(weights=path, method=method)
    model = load_model(weights=path, method=method, wavelengths_nm=WAVELENGTHS, device="cpu")
    assert model(RGB).wavelengths_nm == tuple(WAVELENGTHS)
    with pytest.raises(ValueError, match="receives a cube that is fitted to training scenes"):
        load_model(weights=write_run(tmp_path, "ivl_squeeze"))
    alone = tmp_path / "alone" / "checkpoint.pt"
    alone.parent.mkdir()
    shutil.copy(run / "checkpoint.pt", alone)  # without its plan
    with pytest.raises(ValueError, match="does not state what its network receives"):
        Model(load_trained(alone), torch.device("cpu"))


def test_a_device_that_is_not_there_is_refused() -> None:
    assert choose_photo_device("cpu").type == "cpu"
    with pytest.raises(ValueError, match="device: tpu is not possible here; choose auto or one of"):
        choose_photo_device("tpu")


def test_the_package_imports_no_pytorch_until_a_model_is_loaded() -> None:
    code = "import respectra, sys; print(sorted({'torch', 'numpy', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
