import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from respectra import parse_cache
from respectra.parse_cache import parse_once, stored_path

CODE = [parse_cache.__file__]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source file; nothing is stored for it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "module.py").write_text("LIMIT = 3")
    return tmp_path / "module.py"


def stored_files(path: Path) -> list[Path]:
    return list((path.parent / "cache/respectra/sources").iterdir())


def parse(path: Path) -> list[Any]:
    return [ast.unparse(ast.parse(path.read_text())), None, 2.5, True, {"names": ["a"]}]


def refuse(path: Path) -> Any:
    raise AssertionError(f"{path} is parsed again")


def test_an_unchanged_file_is_parsed_once(path: Path) -> None:
    first = parse_once(path, parse, CODE)
    assert first == parse(path)
    assert parse_once(path, refuse, CODE) == first


def test_a_changed_file_is_parsed_again(path: Path) -> None:
    before = parse_once(path, parse, CODE)
    path.write_text("LIMIT = 4")
    assert parse_once(path, parse, CODE) == parse(path) != before


def test_other_code_parses_again(path: Path) -> None:
    code = path.with_name("code.py")
    code.write_text("# a version")
    parse_once(path, parse, [str(code)])
    code.write_text("# another version")
    assert parse_once(path, lambda path: "new", [str(code)]) == "new"


def test_the_first_result_has_the_types_of_the_stored_one(path: Path) -> None:
    results = [parse_once(path, lambda path: ("a", ("b",), {2, 1}), CODE) for _ in range(2)]
    assert results == [["a", ["b"], [1, 2]]] * 2


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"{}", b'0\n["LIMIT = 3"]'])
def test_a_broken_stored_file_is_replaced(path: Path, content: bytes) -> None:
    parse_once(path, parse, CODE)
    (stored,) = stored_files(path)
    stored.write_bytes(content)
    assert parse_once(path, parse, CODE) == parse(path)
    assert stored.read_bytes() != content


def test_a_folder_that_cannot_be_written_is_no_error(path: Path) -> None:
    (path.parent / "cache").write_text("a file where the folder would be")
    assert parse_once(path, parse, CODE) == parse(path)


def test_no_home_folder_is_no_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "expanduser", raise_no_home)
    assert parse_once(path, parse, CODE) == parse(path)


def raise_no_home(path: Path) -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_old_files_are_removed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse_cache, "MAXIMUM_FILES", 4)
    for value in range(20):
        path.write_text(f"LIMIT = {value}")
        parse_once(path, parse, CODE)
        assert len(stored_files(path)) <= 4
    assert stored_path(path, CODE) in stored_files(path)


@pytest.mark.parametrize("read", [parse, ast.literal_eval], ids=["a syntax error", "an error"])
def test_an_error_of_parsing_is_raised_and_nothing_is_stored(
    path: Path, read: Callable[[Any], Any]
) -> None:
    path.write_text("def broken(:")
    with pytest.raises((SyntaxError, ValueError)):
        parse_once(path, read, CODE)
    assert not (path.parent / "cache").exists()
