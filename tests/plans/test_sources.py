from pathlib import Path

import pytest

from respectra.plans import statements
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
    read_source(path)
    changed = path.with_name("statements.py")
    changed.write_text("# another version")
    monkeypatch.setattr(statements, "__file__", str(changed))
    monkeypatch.setattr(statements, "read_statements", lambda path: [])
    start_again()
    assert read_source(path).statements == ()


def test_only_imports_of_modules_lead_to_modules(path: Path) -> None:
    start_again()
    assert imported_modules(path) == {
        "losses": ("respectra.losses",),
        "measures": ("respectra.metrics",),
    }
