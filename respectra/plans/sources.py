"""Statements and imports of source files, stored between starts of the workflow.

Reading them takes one second of every start. The name of a stored file is the digest of all that
its content depends on, so that it is never out of date.
"""

import hashlib
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from respectra import build
from respectra.plans import statements
from respectra.plans.statements import Name, Statement

MAXIMUM_FILES = 2000  # about ten versions of the package


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

    A folder that cannot be written and a stored file that is broken are no errors: the file is
    read again.

    Raises:
        ValueError: the file has an import that cannot be followed by name.
    """
    with suppress(OSError, RuntimeError):
        digest, _, text = _stored_path(path).read_bytes().partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() == digest:
            return _decode(text)
    source = SourceFile(statements.read_statements(path), statements.read_imports(path))
    with suppress(OSError, RuntimeError):
        text = json.dumps(asdict(source), default=sorted).encode()  # sets as lists
        _store(_stored_path(path), hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
    return source


@cache
def imported_modules(path: Path) -> dict[str, tuple[str, ...]]:
    """The modules of this package that a file imports, anywhere in it, by the name they have."""
    modules: dict[str, tuple[str, ...]] = {}
    for name, inner in read_source(path).imports:
        if build.source(inner):
            modules[name] = (*modules.get(name, ()), inner)
    return modules


def _stored_path(path: Path) -> Path:
    """The path of what is stored for a source file, for the code that reads it and for Python.

    Raises:
        RuntimeError: the user has no home folder.
    """
    parts = [
        f"Python {sys.version_info.major}.{sys.version_info.minor}".encode(),
        Path(__file__).read_bytes(),
        Path(statements.__file__).read_bytes(),
        path.read_bytes(),
    ]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    cache_folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return cache_folder / "respectra" / "sources" / digest.hexdigest()


def _decode(text: bytes) -> SourceFile:
    content = json.loads(text)
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


def _store(path: Path, text: bytes) -> None:
    """Write a file, and remove the oldest files if there are too many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_bytes(text)
    part.replace(path)
    files = list(path.parent.iterdir())
    if len(files) > MAXIMUM_FILES:
        for file in sorted(files, key=lambda file: file.stat().st_mtime)[: MAXIMUM_FILES // 2]:
            file.unlink(missing_ok=True)
