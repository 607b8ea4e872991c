from pathlib import Path

import pytest

from respectra.plans import sources, statements
from respectra.plans.sources import SourceFile, imported_modules, read_source

TEXT = """
from respectra import losses, metrics as measures
from respectra.losses import mrae

LIMIT = 3


def double(x: int) -> int:
    return 2 * x
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source file; nothing is stored for it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "module.py").write_text(TEXT)
    return tmp_path / "module.py"


def start_again() -> None:
    """Forget what this process has read."""
    read_source.cache_clear()
    imported_modules.cache_clear()


def stored_files(path: Path) -> list[Path]:
    return list((path.parent / "cache/respectra/sources").iterdir())


def expected(path: Path) -> SourceFile:
    return SourceFile(statements.read_statements(path), statements.read_imports(path))


def test_an_unchanged_file_is_read_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_again()
    first = read_source(path)
    assert first == expected(path)
    start_again()
    monkeypatch.setattr(statements, "read_statements", None)
    assert read_source(path) == first


def test_a_changed_file_is_read_again(path: Path) -> None:
    start_again()
    before = read_source(path)
    path.write_text(TEXT.replace("2 * x", "3 * x"))
    start_again()
    assert read_source(path) == expected(path) != before


def test_another_reader_of_statements_reads_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_again()
    before = sources._stored_path(path)
    changed = path.with_name("statements.py")
    changed.write_text("# another version")
    monkeypatch.setattr(statements, "__file__", str(changed))
    assert sources._stored_path(path) != before


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"{}", b'0\n{"statements": [], "imports": []}']
)
def test_a_broken_stored_file_is_replaced(path: Path, content: bytes) -> None:
    start_again()
    read_source(path)
    (stored,) = stored_files(path)
    stored.write_bytes(content)
    start_again()
    assert read_source(path) == expected(path)
    assert stored.read_bytes() != content


def test_a_folder_that_cannot_be_written_is_no_error(path: Path) -> None:
    start_again()
    (path.parent / "cache").write_text("a file where the folder would be")
    assert read_source(path) == expected(path)


def test_no_home_folder_is_no_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "expanduser", raise_no_home)
    start_again()
    assert read_source(path) == expected(path)


def raise_no_home(path: Path) -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_old_files_are_removed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAXIMUM_FILES", 4)
    for value in range(20):
        path.write_text(f"LIMIT = {value}")
        start_again()
        read_source(path)
        assert len(stored_files(path)) <= 4
    assert sources._stored_path(path) in stored_files(path)


def test_only_imports_of_modules_lead_to_modules(path: Path) -> None:
    start_again()
    assert imported_modules(path) == {
        "losses": ("respectra.losses",),
        "measures": ("respectra.metrics",),
    }
