import os
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from respectra.networks.mst_plus_plus import MSTPlusPlus
from respectra.train.checkpoint import (
    check_wavelengths,
    find_damage,
    get_state_dict,
    load,
    restore,
    save,
)


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


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<!DOCTYPE html><html>", "it is a web page; download the file itself"),
        (b"version https://git-lfs.github.com/spec/v1", "it is a Git LFS pointer"),
        (b'{"error": 1}', "it is a JSON document"),
        (b"MATLAB 5.0 MAT-file", "it is a MATLAB file"),
        (b"PK\x05\x06" + bytes(18), "it is a zip archive without weights"),
    ],
)
def test_another_file_with_the_suffix_of_weights_is_called_by_name(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    (tmp_path / "a.pth").write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.pth: is no checkpoint, or incomplete: {kind}"):
        load(tmp_path / "a.pth")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"a\.pt: is a pipe or a device, not a checkpoint"):
        load(tmp_path / "a.pt")


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_plain_pickle_without_code_is_read(tmp_path: Path, protocol: int) -> None:
    (tmp_path / "a.pt").write_bytes(pickle.dumps({"epoch": 3}, protocol=protocol))
    assert load(tmp_path / "a.pt") == {"epoch": 3}


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    torch.save({"format": 7, "bands": 31, "state_dict": {}}, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"a\.pt: has the format 7, .* reads 1; update respectra"):
        load(tmp_path / "a.pt")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1j])
def test_values_that_are_no_weights_are_refused_and_change_nothing(
    path: Path, value: complex
) -> None:
    content = load(path)
    key = next(iter(content["state_dict"]))
    tensor = content["state_dict"][key].to(torch.complex64 if isinstance(value, complex) else None)
    content["state_dict"][key] = torch.full_like(tensor, value)
    fresh = network()
    before = fresh.state_dict()[key].clone()
    with pytest.raises(ValueError, match=rf"c\.pt: {key} (contains NaN or inf|is complex)"):
        restore(fresh, content, path)
    assert torch.equal(fresh.state_dict()[key], before)


def test_weights_for_other_wavelengths_are_refused() -> None:
    visible, infrared = [400.0, 410.0], [700.0, 1000.0]
    check_wavelengths(None, visible, "a.pt")
    check_wavelengths(visible, [400.2, 410.0], "a.pt")
    for stated in (infrared, [400.0], []):
        with pytest.raises(ValueError, match=r"a\.pt: was trained for \d bands?.*from 400 to 410"):
            check_wavelengths(stated, visible, "a.pt")


def test_a_name_inside_that_is_no_text_is_damage(path: Path) -> None:
    content = path.read_bytes()
    first = content.index(b"/data.pkl")  # in the archive's own table, UTF-8 is then announced
    place = content.rindex(b"/data.pkl")
    assert first < place
    table = content.rindex(b"PK\x01\x02", 0, place)
    damaged = bytearray(content)
    damaged[table + 9] |= 0x08  # the flag of names in UTF-8
    damaged[place] = 0x80
    path.write_bytes(damaged)
    assert str(find_damage(path)).startswith(f"{path}: is damaged")
