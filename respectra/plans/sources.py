"""Statements and imports of source files, stored between starts of the workflow."""

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from respectra import build
from respectra.parse_cache import parse_once
from respectra.plans import statements
from respectra.plans.statements import Name, Statement


@dataclass(frozen=True)
class SourceFile:
    """What plans need of a source file.

    `statements` are those at its top, except docstrings and imports for type checkers. `imports`
    are the names of this package that it imports, anywhere in it: the name that an import has in
    the file, and the name with its module.
    """

    statements: tuple[Statement, ...]
    imports: tuple[Name, ...]


@cache
def read_source(path: Path) -> SourceFile:
    """The statements and imports of a file, as an earlier start stored them if there was one.

    Raises:
        ValueError: the file has an import that cannot be followed by name.
    """
    return _decode(parse_once(path, _encode, (__file__, statements.__file__)))


@cache
def imported_modules(path: Path) -> dict[str, tuple[str, ...]]:
    """The modules of this package that a file imports, anywhere in it, by the name they have."""
    modules: dict[str, tuple[str, ...]] = {}
    for name, inner in read_source(path).imports:
        if build.source(inner):
            modules[name] = (*modules.get(name, ()), inner)
    return modules


def _encode(path: Path) -> dict[str, Any]:
    return asdict(SourceFile(statements.read_statements(path), statements.read_imports(path)))


def _decode(content: dict[str, Any]) -> SourceFile:
    return SourceFile(
        statements=tuple(
            Statement(
                text=fields["text"],
                binds=frozenset(fields["binds"]),
                acts=fields["acts"],
                is_import=fields["is_import"],
                uses=frozenset(fields["uses"]),
                attributes=frozenset((name, attribute) for name, attribute in fields["attributes"]),
                bare=frozenset(fields["bare"]),
                imports=tuple((module, name) for module, name in fields["imports"]),
            )
            for fields in content["statements"]
        ),
        imports=tuple((name, inner) for name, inner in content["imports"]),
    )
