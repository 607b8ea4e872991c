from pathlib import Path

import pytest
import torch

from respectra.build import build
from respectra.networks.layers import released_state
from respectra.train import checkpoint
from respectra.train.released import adopt_released

NETWORK = {"is": "mirnet:MIRNet", "groups": 1}


def write_released(folder: Path) -> Path:
    torch.manual_seed(3)
    path = folder / "released.pth"
    torch.save(released_state(build("network", NETWORK, bands=31)), path)
    return path


def write_wavelengths(folder: Path, bands: int) -> Path:
    path = folder / "wavelengths.csv"
    path.write_text("wavelength_nm\n" + "400\n" * bands)
    return path


def test_released_weights_become_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    adopt_released(
        plan={"network": NETWORK, "code": ""},
        weights=write_released(tmp_path),
        wavelengths=write_wavelengths(tmp_path, 31),
        save=path,
    )
    restored = build("network", NETWORK, bands=31)
    checkpoint.restore(restored, checkpoint.load(path), path)
    torch.manual_seed(3)
    expected = build("network", NETWORK, bands=31).state_dict()
    assert all(torch.equal(v, expected[k]) for k, v in restored.state_dict().items())


def test_weights_for_other_bands_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"released\.pth: MIRNet: conv_in\.weight has shape"):
        adopt_released(
            plan={"network": NETWORK, "code": ""}, weights=write_released(tmp_path), wavelengths=write_wavelengths(tmp_path, 16),
            save=tmp_path / "checkpoint.pt",
        )  # fmt: skip
    assert not (tmp_path / "checkpoint.pt").exists()
