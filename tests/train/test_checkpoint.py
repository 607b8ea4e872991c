import os
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from respectra.networks.mst_plus_plus import MSTPlusPlus
from respectra.train.checkpoint import get_state_dict, load, restore, save


def network(bands: int = 31) -> MSTPlusPlus:
    torch.manual_seed(0)
    return MSTPlusPlus(bands, stages=1, blocks=(1, 1, 1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save(tmp_path / "c.pt", {"bands": 31, "state_dict": network().state_dict()})
    return tmp_path / "c.pt"


def test_weights_come_back_as_they_went_in(path: Path) -> None:
    fresh = MSTPlusPlus(31, stages=1, blocks=(1, 1, 1))
    restore(fresh, load(path), path)
    for key, value in network().state_dict().items():
        assert torch.equal(fresh.state_dict()[key], value)


def test_the_same_content_gives_the_same_bytes_under_any_name(path: Path, tmp_path: Path) -> None:
    save(tmp_path / "other.pt", {"bands": 31, "state_dict": network().state_dict()})
    assert (tmp_path / "other.pt").read_bytes() == path.read_bytes()


class Attack:
    def __reduce__(self):
        return os.system, ("touch owned",)


@pytest.mark.parametrize("with_torch", [True, False])
def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, with_torch: bool, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    if with_torch:
        torch.save({"state_dict": Attack()}, "bad.pt")
    else:
        Path("bad.pt").write_bytes(pickle.dumps({"state_dict": Attack()}))
    with pytest.raises(ValueError, match=r"bad\.pt: contains code; only weights are loaded"):
        load("bad.pt")
    assert not Path("owned").exists()


def test_an_incomplete_checkpoint_is_named(path: Path) -> None:
    whole = path.read_bytes()
    for share in (0, 0.01, 0.5, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(ValueError, match=r"c\.pt: is no checkpoint, or incomplete"):
            load(path)


def test_a_missing_checkpoint_and_a_stray_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no such checkpoint"):
        load(tmp_path / "none.pt")
    (tmp_path / "a.pt").write_text("hello")
    with pytest.raises(ValueError, match=r"a\.pt: is no checkpoint"):
        load(tmp_path / "a.pt")
    torch.save([1, 2], tmp_path / "b.pt")
    with pytest.raises(ValueError, match="contains a list, a checkpoint is a mapping"):
        load(tmp_path / "b.pt")


def test_another_networks_checkpoint_is_named_and_changes_nothing(path: Path) -> None:
    other = nn.Conv2d(3, 31, 3)
    before = other.weight.detach().clone()
    with pytest.raises(
        ValueError, match=r"c\.pt: is another network's checkpoint: bias is missing"
    ):
        restore(other, load(path), path)
    assert torch.equal(other.weight, before)
    bigger = MSTPlusPlus(31, stages=2, blocks=(1, 1, 1))
    with pytest.raises(ValueError, match="another network's checkpoint"):
        restore(bigger, load(path), path)


def test_another_number_of_bands_is_named(path: Path) -> None:
    with pytest.raises(ValueError, match="it was trained for 31 bands"):
        restore(network(16), load(path), path)


def test_a_state_dict_is_found_bare_or_under_a_key() -> None:
    state = network().state_dict()
    for content in (
        state,
        {"state_dict": state, "optimizer": {}},
        {"params": state},
        {"model": state},
    ):
        assert set(get_state_dict(content)) == set(state)
