import shutil
from pathlib import Path

import pytest

from respectra.pretrained import catalogue


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
