import codecs
from pathlib import Path

import pytest

from respectra.config import Config
from respectra.datasets.checksums import read_known_checksums, verify_checksums
from respectra.datasets.inventory import inspect_files
from tests.conftest import ROOT
from tests.datasets.test_downloads import write_dataset


def test_the_first_checksum_is_recorded_and_compared_in_later_calls(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "data", [])
    (tmp_path / "data/a.mat").write_bytes(b"MATLAB 1")
    assert verify_checksums(dataset) == []
    assert verify_checksums(dataset) == []
    (tmp_path / "data/a.mat").write_bytes(b"MATLAB 2")
    (problem,) = verify_checksums(dataset)
    assert "a.mat: its SHA-256 is" in problem


def test_shipped_checksums_are_compared_at_once(tmp_path: Path) -> None:
    (tmp_path / "sums.csv").write_text("file,sha256\na.mat,0\n")
    dataset = write_dataset(tmp_path / "data", [], checksums=str(tmp_path / "sums.csv"))
    (tmp_path / "data/a.mat").write_bytes(b"MATLAB 1")
    assert "not 0" in verify_checksums(dataset)[0]


def test_the_real_pictures_have_the_shipped_checksums(tmp_path: Path, shared: Path) -> None:
    config = Config(ROOT).dataset("arad1k")
    folder = tmp_path / "arad1k"
    (folder / "rgb").mkdir(parents=True)
    for path in (shared / "data/arad1k").glob("*.jpg"):
        (folder / "rgb" / path.name).symlink_to(path.resolve())
    assert config.get is not None
    local = config.model_copy(
        update={
            "read": {
                **config.read,
                "folder": str(folder),
                "splits": str(ROOT / "data/splits/arad1k.csv"),
            },
            "get": config.get.model_copy(update={"checksums": str(ROOT / config.get.checksums)}),
        }
    )
    assert (
        sum(inspect_files(local).exists(n) for n in inspect_files(local).expected["observations"])
        > 30
    )
    assert verify_checksums(local) == []


@pytest.mark.parametrize("content", [b"", b"<html>sign in</html>", b'{"error": 1}', b"Forbidden"])
def test_a_wrong_file_is_named_and_its_checksum_not_recorded(
    tmp_path: Path, content: bytes
) -> None:
    dataset = write_dataset(tmp_path / "data", [])
    (tmp_path / "data/a.mat").write_bytes(content)
    for _ in range(2):
        (problem,) = verify_checksums(dataset)
        assert "a.mat: " in problem
        assert problem.endswith("; delete it and get it again")
    assert read_known_checksums(dataset) == {}


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, b""])
def test_tables_of_checksums_may_begin_with_a_mark(tmp_path: Path, mark: bytes) -> None:
    (tmp_path / "sums.csv").write_bytes(mark + b"File;SHA256\r\na.mat;0AB\r\n")
    dataset = write_dataset(tmp_path / "data", [], checksums=str(tmp_path / "sums.csv"))
    assert read_known_checksums(dataset) == {"a.mat": "0ab"}
    (tmp_path / "sums.csv").write_bytes(b"\x80\x00\x00\x00")
    with pytest.raises(ValueError, match=r"sums\.csv: holds no text"):
        read_known_checksums(dataset)
