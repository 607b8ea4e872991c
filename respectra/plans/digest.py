"""The digest of the code behind a step: every definition that its entry points reach, by name.

A plan contains this digest, so Snakemake runs a step again when the code it rests on changes. Only
definitions that are reached count: an unused function, a comment, a docstring or the annotation
of a function changes no digest. Nothing here runs or imports the code it reads, and nothing knows
the configuration.
"""

import ast
import copy
import hashlib
import symtable
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from respectra import build

Name = tuple[str, str]  # module and attribute

# These modules pass data on and compute nothing, so a change there cannot change a result.
NOT_DIGESTED = {"respectra.build", "respectra.files", "respectra.logs", "respectra.plan_types"}


def digest_code(entries: Iterable[Name], named: Iterable[tuple[str, str]] = ()) -> str:
    """A digest of the definitions that a step reaches.

    Args:
        entries: functions where the step begins, as module and name.
        named: what a YAML file names, as kind and name: `("network", "hprn:HPRN")`.

    Returns:
        16 hexadecimal digits.

    Raises:
        ValueError: an entry of this package has no definition.
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
        _collections.remove(names)


_collections: list[set[Name]] = []


def reach(entries: Iterable[Name], named: Iterable[tuple[str, str]] = ()) -> frozenset[Name]:
    """The definitions that a step reaches, as module and name; arguments as in `digest_code`."""
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
    modules: set[str] = set()
    queue = list(entries)
    while queue:
        module, name = queue.pop()
        path = build.source(module)
        if path is None or module in NOT_DIGESTED or (module, name) in texts:
            continue
        statements = _statements(path)
        parts = [s for s in statements if name in s.binds]
        if module not in modules:
            # A statement that binds no name, such as a setting of a library, acts on import.
            modules.add(module)
            effects = [s for s in statements if not s.binds]
            if effects:
                texts[module, ""] = tuple(s.text for s in effects)
            for statement in effects:
                queue += _next(module, statement)
        if parts:  # else the name is not the file's own, such as a built-in function
            texts[module, name] = tuple(s.text for s in parts)
        for statement in parts:
            queue += _next(module, statement)
    return texts


def _check_entries(entries: tuple[Name, ...]) -> None:
    """Refuse an entry without a definition: its plan would not follow the code.

    Raises:
        ValueError: with the module and the name.
    """
    for module, name in entries:
        if _is_ours(module):
            path = build.source(module)
            if path is None or not any(name in s.binds for s in _statements(path)):
                raise ValueError(f"{module}:{name} is not defined; a plan begins with it")


def _next(module: str, statement: "_Statement") -> list[Name]:
    """The names that a statement leads to: in its own module and in those it imports from."""
    names = [(module, name) for name in sorted(statement.uses)]
    path = build.source(module)
    assert path is not None
    imported = _imported_modules(path)
    for alias, attribute in sorted(statement.attributes):
        if alias in imported:
            names.append((imported[alias], attribute))
    for alias in sorted(statement.bare & imported.keys()):
        # A module that is passed on as an object: anything in it may be used.
        whole = build.source(imported[alias])
        assert whole is not None
        names += [(imported[alias], name) for s in _statements(whole) for name in sorted(s.binds)]
    for source, name in statement.imports:
        inner = f"{source}.{name}"
        if name and build.source(inner) is None:
            names.append((source, name))
    return names


# --- one file ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Statement:
    """A statement at the top of a file: its text and the names it binds, uses and imports."""

    text: str
    binds: frozenset[str]
    uses: frozenset[str]  # global names of the file
    attributes: frozenset[tuple[str, str]]  # name.attribute, where name may be a module
    bare: frozenset[str]  # names used other than as name.attribute
    imports: tuple[Name, ...]  # module and name in this package; no name: the module


@cache
def _statements(path: Path) -> tuple[_Statement, ...]:
    statements: list[_Statement] = []
    for node in build.tree(path).body:
        if _is_docstring(node) or _is_for_type_checkers(node):
            continue
        if isinstance(node, ast.ImportFrom):  # every imported name is a statement of its own
            names = [ast.ImportFrom(node.module, [alias], node.level) for alias in node.names]
            statements += [_describe(name) for name in names]
        elif isinstance(node, ast.Import):
            statements += [_describe(ast.Import([alias])) for alias in node.names]
        else:
            statements.append(_describe(node))
    return tuple(statements)


@cache
def _imported_modules(path: Path) -> dict[str, str]:
    """The modules of this package that a file imports, anywhere in it, by the name they have."""
    modules: dict[str, str] = {}
    for node in ast.walk(build.tree(path)):
        if isinstance(node, ast.ImportFrom) and _is_ours(node.module or ""):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if build.source(inner):
                    modules[alias.asname or alias.name] = inner
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if _is_ours(alias.name) and alias.asname:
                    modules[alias.asname] = alias.name
    return modules


def _describe(node: ast.stmt) -> _Statement:
    bare = _WithoutComments().visit(copy.deepcopy(node))
    ast.fix_missing_locations(bare)
    text = ast.unparse(bare)
    nodes = list(ast.walk(bare))
    imports = [
        (str(n.module), alias.name)
        for n in nodes
        if isinstance(n, ast.ImportFrom) and _is_ours(n.module or "")
        for alias in n.names
    ]
    binds = _bound_names(bare)
    attributes = {
        (n.value.id, n.attr)
        for n in nodes
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)
    }
    prefixes = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
    bare_names = {
        n.id
        for n in nodes
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and id(n) not in prefixes
    }
    return _Statement(
        text=text,
        binds=frozenset(binds),
        uses=frozenset(_global_names(text) - (binds if _is_definition(bare) else set())),
        attributes=frozenset(attributes),
        bare=frozenset(bare_names),
        imports=tuple(imports),
    )


def _global_names(text: str) -> set[str]:
    """The names that a statement takes from its module, local variables left out."""

    def collect(table: symtable.SymbolTable) -> set[str]:
        top = table.get_type() == "module"
        names = {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (top or symbol.is_global())
        }
        for child in table.get_children():
            names |= collect(child)
        return names

    return collect(symtable.symtable(text, "<statement>", "exec"))


def _bound_names(node: ast.stmt) -> set[str]:
    """The names that a statement at the top of a file gives a meaning."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)
             and isinstance(n.ctx, ast.Store)}  # fmt: skip
    for inner in ast.walk(node):
        if isinstance(inner, ast.ClassDef | ast.FunctionDef):
            names.add(inner.name)
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in inner.names}
    return names


def _is_definition(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_type_checkers(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == build.PACKAGE.name


class _WithoutComments(ast.NodeTransformer):
    """Removes docstrings and the annotations of functions, which compute nothing."""

    def _without_docstring(self, node: ast.AST) -> ast.AST:
        body: list[ast.stmt] = getattr(node, "body")  # noqa: B009 (three types have it)
        statements = [statement for statement in body if not _is_docstring(statement)]
        node.body = statements or [ast.Pass()]  # type: ignore[attr-defined]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        return self._without_docstring(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        arguments = node.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs,
                         arguments.vararg, arguments.kwarg]:  # fmt: skip
            if argument is not None:
                argument.annotation = None
        node.returns = None
        node.body = [_without_annotation(statement) for statement in node.body]
        self.generic_visit(node)
        return self._without_docstring(node)


def _without_annotation(node: ast.stmt) -> ast.stmt:
    """`x: int = 1` in a function as `x = 1`; a bare `x: int` as `pass`."""
    if not isinstance(node, ast.AnnAssign):
        return node
    if node.value is None:
        return ast.Pass()
    return ast.Assign([node.target], node.value)
