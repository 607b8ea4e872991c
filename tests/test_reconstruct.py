from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from respectra.build import build
from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.reconstruct import (
    apply_in_tiles,
    apply_self_ensemble,
    cut_axis,
    measure_deviation,
    reconstruct_split,
)
from respectra.reconstructions import Reconstructions
from respectra.train import checkpoint
from tests.conftest import Data
from tests.small_plans import HPRN, MST, SUPERPIXELS, WHOLE, make_inputs


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = build("network", MST, bands=31)
    checkpoint.save(tmp_path / "c.pt", {"bands": 31, "state_dict": network.state_dict()})
    return tmp_path / "c.pt"


def run(data: Data, trained: Path, save: Path, **changes: object) -> Reconstructions:
    plan = {"network": MST, "inputs": make_inputs(), "reconstruct": WHOLE, "code": "", **changes}
    reconstruct_split(
        plan=plan,
        checkpoint_file=trained,
        scenes=data.scenes,
        observations=data.observations,
        split="valid",
        save=save,
        device="cpu",
    )
    return Reconstructions(save)


def test_every_scene_of_the_split_is_reconstructed(
    data: Data, trained: Path, tmp_path: Path
) -> None:
    reconstructions = run(data, trained, tmp_path / "valid.h5")
    network = build("network", MST, bands=31).eval()
    network.load_state_dict(checkpoint.load(trained)["state_dict"])
    rgb = Observations(data.observations).rgb("c", "per_image")
    with torch.no_grad():
        expected = network(torch.from_numpy(rgb)[None])[0].numpy()
    np.testing.assert_allclose(reconstructions.cube("c"), expected, atol=1e-5)
    assert reconstructions.cube("d").shape == Store(data.scenes).cube("d").shape


def test_tiles_equal_the_whole_where_the_overlap_covers_the_receptive_field() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 3, padding=1))

    def run(rgb: Tensor) -> Tensor:
        return network(rgb)

    images = {"rgb": torch.rand(1, 3, 37, 53)}
    with torch.no_grad():
        whole = run(**images)
        for size, overlap in ((16, 4), (20, 7), (36, 6), (64, 4)):
            torch.testing.assert_close(
                apply_in_tiles(run, images, size=size, overlap=overlap), whole
            )
        assert not torch.allclose(apply_in_tiles(run, images, size=16, overlap=0), whole)


def test_every_pixel_comes_from_exactly_one_tile() -> None:
    for length, size, overlap in ((53, 16, 4), (17, 16, 15), (100, 33, 0)):
        covered = np.zeros(length, int)
        for start, inside in cut_axis(length, size, overlap):
            assert start <= inside.start < inside.stop <= start + size
            covered[inside] += 1
        assert (covered == 1).all()


def test_an_overlap_as_large_as_a_tile_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap: 8 is not smaller than a tile of 8"):
        apply_in_tiles(lambda rgb: rgb, {"rgb": torch.rand(1, 3, 16, 16)}, size=8, overlap=8)


def test_the_self_ensemble_of_an_equivariant_network_is_the_network() -> None:
    images = {"rgb": torch.rand(1, 3, 6, 9, dtype=torch.float64)}
    torch.testing.assert_close(apply_self_ensemble(lambda rgb: rgb * 2, images), images["rgb"] * 2)


def test_the_self_ensemble_applies_all_eight_turns_to_labels_too() -> None:
    inputs_received: list[tuple[int, ...]] = []

    def network(rgb: Tensor, superpixels: Tensor) -> Tensor:
        torch.testing.assert_close(rgb[:, :1], superpixels.double())
        inputs_received.append(tuple(rgb[0, 0].flatten().tolist()))
        return rgb

    rgb = torch.arange(6, dtype=torch.float64).reshape(1, 1, 2, 3)
    images = {"rgb": rgb, "superpixels": rgb.long()}
    torch.testing.assert_close(apply_self_ensemble(network, images), rgb)
    assert len(set(inputs_received)) == 8


def test_the_deviation_is_that_of_the_eight_answers() -> None:
    """A network that adds its columns' positions gives the turns of a square eight answers."""
    rgb = torch.zeros(1, 1, 2, 2, dtype=torch.float64)
    ramp = torch.tensor([[0.0, 1.0], [2.0, 3.0]], dtype=torch.float64)
    deviation = measure_deviation(lambda rgb: rgb + ramp, {"rgb": rgb})
    expected = torch.tensor([0.0, 0, 1, 1, 2, 2, 3, 3], dtype=torch.float64).std()
    torch.testing.assert_close(deviation, expected.expand(1, 1, 2, 2))
    same = measure_deviation(lambda rgb: 2 * rgb, {"rgb": torch.rand(1, 3, 4, 5)})
    torch.testing.assert_close(same, torch.zeros_like(same))


def test_a_checkpoint_of_another_number_of_bands_is_refused(
    data_of_16_bands: Data, trained: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="it was trained for 31 bands"):
        run(data_of_16_bands, trained, tmp_path / "valid.h5")
    assert not (tmp_path / "valid.h5").exists()


def test_reconstructions_can_be_scaled_to_the_common_maximum(
    data: Data, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = {**WHOLE, "maximum": "common"}
    plain = run(data, trained, tmp_path / "a.h5")
    monkeypatch.setattr(Store, "common_maximum", None)
    as_it_is = run(data, trained, tmp_path / "c.h5", reconstruct=common)
    np.testing.assert_array_equal(as_it_is.cube("c"), plain.cube("c"))
    monkeypatch.setattr(Store, "common_maximum", 2.0)
    stated = run(data, trained, tmp_path / "d.h5", reconstruct={**WHOLE, "maximum": 0.5})
    assert stated.cube("c").max() == pytest.approx(0.5)
    reconstructions = run(data, trained, tmp_path / "b.h5", reconstruct=common)
    for scene in "cd":
        assert reconstructions.cube(scene).max() == pytest.approx(2.0)
        cube = plain.cube(scene)
        np.testing.assert_allclose(reconstructions.cube(scene), cube * (2 / cube.max()), rtol=1e-5)


def test_superpixels_are_made_on_the_whole_image(data: Data, tmp_path: Path) -> None:
    torch.manual_seed(0)
    content = {"bands": 31, "state_dict": build("network", HPRN, bands=31).state_dict()}
    checkpoint.save(tmp_path / "c.pt", content)
    inputs = make_inputs("unit", superpixels=SUPERPIXELS)
    flips = {**WHOLE, "self_ensemble": "flips"}
    for settings in (WHOLE, flips, {**WHOLE, "tile": 24, "overlap": 8}):
        reconstructions = run(
            data, tmp_path / "c.pt", tmp_path / "v.h5",
            network=HPRN, inputs=inputs, reconstruct=settings,
        )  # fmt: skip
        assert np.isfinite(reconstructions.cube("c")).all()
