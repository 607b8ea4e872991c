import pickle
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from torch import nn

from respectra.train.unpickle import StandIn, list_tensors, read_pickle


class Unknown(nn.Module):
    """A network whose class the reader must not need."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
        self.register_buffer("grid", torch.arange(6).reshape(2, 3))
        self.register_buffer("cache", torch.zeros(2), persistent=False)


class Attack:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("wrapped", [True, False], ids=["parallel", "bare"])
def test_a_pickled_network_gives_its_state_dict(
    tmp_path: Path, is_zip: bool, wrapped: bool
) -> None:
    network = Unknown()
    path = tmp_path / "net.pth"
    torch.save(
        nn.DataParallel(network) if wrapped else network,
        path,
        _use_new_zipfile_serialization=is_zip,
    )
    content, names = read_pickle(path)
    assert isinstance(content, StandIn)
    assert any(name.endswith("Unknown") for name in names)
    state = list_tensors(content)
    expected = {f"{'module.' * wrapped}{k}": v for k, v in network.state_dict().items()}
    assert list(state) == list(expected)
    assert all(torch.equal(state[key], value) for key, value in expected.items())


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_no_code_runs(tmp_path: Path, protocol: int) -> None:
    path, mark = tmp_path / "a.pth", tmp_path / "owned"
    path.write_bytes(pickle.dumps({"state_dict": Attack(mark)}, protocol=protocol))
    content, names = read_pickle(path)
    assert not mark.exists()
    assert isinstance(content["state_dict"], StandIn)
    assert names


def test_shared_and_strided_tensors_are_views(tmp_path: Path) -> None:
    base = torch.arange(12.0).reshape(3, 4)
    torch.save({"a": base.T, "b": base[1:, 1:]}, tmp_path / "a.pth")
    content, names = read_pickle(tmp_path / "a.pth")
    assert names == []
    assert torch.equal(content["a"], base.T)
    assert torch.equal(content["b"], base[1:, 1:])


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
def test_a_file_that_is_cut_anywhere_is_told(tmp_path: Path, is_zip: bool) -> None:
    path = tmp_path / "net.pth"
    torch.save(Unknown(), path, _use_new_zipfile_serialization=is_zip)
    whole = path.read_bytes()
    for length in [*range(0, 40), *range(40, len(whole) - 40, 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"net\.pth: is no checkpoint, or incomplete"):
            read_pickle(path)


def test_flipped_bytes_raise_nothing_but_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save({"a": torch.ones(3)}, path, _use_new_zipfile_serialization=False)
    whole = bytearray(path.read_bytes())
    for place in range(0, len(whole), 3):
        changed = bytearray(whole)
        changed[place] ^= 0xFF
        path.write_bytes(changed)
        with suppress(ValueError):  # any other error fails
            read_pickle(path)


def test_an_archive_without_a_pickle_and_a_compressed_one_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ValueError, match="a zip archive without weights; unpack it first"):
        read_pickle(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", pickle.dumps({}))
    with pytest.raises(ValueError, match="compressed"):
        read_pickle(path)


def test_a_storage_larger_than_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save({"a": torch.ones(7)}, path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    pickled = next(name for name in files if name.endswith("data.pkl"))
    changed = files[pickled].replace(b"K\x07t", b"J\xff\xff\xff\x7ft", 1)
    assert changed != files[pickled]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**files, pickled: changed}.items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match="is larger than the file"):
        read_pickle(path)
