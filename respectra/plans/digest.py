"""The digest of the code behind a step: every definition that its entry points reach, by name.

A plan contains this digest, so Snakemake runs a step again when the code it rests on changes. Only
definitions that are reached count: an unused function, a comment, a docstring or the annotation
of a function changes no digest. Statements that act when a module is imported count wherever the
module is imported. Nothing here runs or imports the code it reads, and nothing knows the
configuration.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from respectra import build
from respectra.plans.sources import imported_modules, read_source
from respectra.plans.statements import Name, Statement, is_ours

# These modules pass data on and compute nothing, so a change there cannot change a result.
NOT_DIGESTED = {
    "respectra.build", "respectra.files", "respectra.locks", "respectra.logs",
    "respectra.plan_types", "respectra.plan_types.papers", "respectra.plan_types.steps",
}  # fmt: skip
ON_IMPORT = ""  # in place of a name: the statements of a module that act when it is imported


def digest_code(entries: Iterable[Name], named: Iterable[tuple[str, str]] = ()) -> str:
    """A digest of the definitions that a step reaches.

    Args:
        entries: functions where the step begins, as module and name.
        named: what a YAML file names, as kind and name: `("network", "hprn:HPRN")`.

    Returns:
        16 hexadecimal digits.

    Raises:
        ValueError: an entry of this package has no definition, or an import cannot be followed.
    """
    names = {*entries, *(build.locate(*name) for name in named)}
    for collected in _collections:
        collected |= names
    return _digest(tuple(sorted(names)))


@contextmanager
def collect_names() -> Iterator[set[Name]]:
    """Collect the names that plans made inside the block begin with.

    `dvc.yaml` is derived from them, so DVC and Snakemake see the same code.
    """
    names: set[Name] = set()
    _collections.append(names)
    try:
        yield names
    finally:
        del _collections[next(i for i, c in enumerate(_collections) if c is names)]


_collections: list[set[Name]] = []


def reach(entries: Iterable[Name], named: Iterable[tuple[str, str]] = ()) -> frozenset[Name]:
    """The definitions that a step reaches, as module and name; arguments as in `digest_code`.

    The name `ON_IMPORT` stands for the statements of a module that act when it is imported.
    """
    names = {*entries, *(build.locate(*name) for name in named)}
    return frozenset(_reach(tuple(sorted(names))))


@cache
def _digest(entries: tuple[Name, ...]) -> str:
    digest = hashlib.sha256()
    for (module, name), statements in sorted(_reach(entries).items()):
        for statement in statements:
            digest.update(f"{module}:{name}\n{statement}\n".encode())
    return digest.hexdigest()[:16]


@cache
def _reach(entries: tuple[Name, ...]) -> dict[Name, tuple[str, ...]]:
    """The definitions reached from some names, with the text of their statements."""
    _check_entries(entries)
    texts: dict[Name, tuple[str, ...]] = {}
    visited: set[Name] = set()
    queue = list(entries)
    while queue:
        module, name = queue.pop()
        path = build.source(module)
        if path is None or module in NOT_DIGESTED or (module, name) in visited:
            continue
        visited.add((module, name))
        parts = _definitions(path).get(name, ())
        if name == ON_IMPORT:
            queue += _imported_with(module, path)
        else:
            queue.append((module, ON_IMPORT))
        if parts:  # else the name is not the file's own, such as a built-in function
            texts[module, name] = tuple(s.text for s in parts)
        queue += _find_next(module, name, path)
    return texts


def _check_entries(entries: tuple[Name, ...]) -> None:
    """Refuse an entry without a definition: its plan would not follow the code.

    Raises:
        ValueError: with the module and the name.
    """
    for module, name in entries:
        if is_ours(module):
            path = build.source(module)
            if path is None or name == ON_IMPORT or name not in _definitions(path):
                raise ValueError(f"{module}:{name} is not defined; a plan begins with it")


@cache
def _definitions(path: Path) -> dict[str, tuple[Statement, ...]]:
    """The statements of a file by the names that they bind; under `ON_IMPORT` those that act."""
    definitions: dict[str, tuple[Statement, ...]] = {}
    for statement in read_source(path).statements:
        for name in (*statement.binds, *([ON_IMPORT] if statement.acts else [])):
            definitions[name] = (*definitions.get(name, ()), statement)
    return definitions


@cache
def _imported_with(module: str, path: Path) -> list[Name]:
    """The modules that are imported when a module is: its packages and its imports."""
    parts = module.split(".")
    modules = {".".join(parts[:depth]) for depth in range(1, len(parts))}
    for statement in read_source(path).statements:
        for source, name in statement.imports if statement.is_import else ():
            modules |= {source, f"{source}.{name}"}
    return [(name, ON_IMPORT) for name in sorted(modules)]


@cache
def _find_next(module: str, name: str, path: Path) -> tuple[Name, ...]:
    """The names that a definition leads to: in its own module and in those it imports from."""
    names: list[Name] = []
    imported = imported_modules(path)
    for statement in _definitions(path).get(name, ()):
        names += [(module, used) for used in statement.uses]
        for alias, attribute in statement.attributes:
            names += [(inner, attribute) for inner in imported.get(alias, ())]
        for alias in statement.bare & imported.keys():
            for inner in imported[alias]:
                # A module that is passed on as an object: anything in it may be used.
                whole = build.source(inner)
                assert whole is not None
                names += [(inner, defined) for defined in _definitions(whole)]
        for source, used in statement.imports:
            if build.source(f"{source}.{used}") is None:
                names.append((source, used))
            else:
                names.append((f"{source}.{used}", ON_IMPORT))
    return tuple(names)
