"""The statements at the top of a source file: their text, and the names they bind, use and import.

The text is that of the syntax tree, without comments, docstrings and the annotations of functions
and variables. It is the same in every version of Python. Nothing here runs or imports the code.
"""

import ast
import symtable
from dataclasses import dataclass
from pathlib import Path

from respectra import build

Name = tuple[str, str]  # module and attribute
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
Import = ast.Import | ast.ImportFrom
SIMPLE = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Import, ast.ImportFrom,
          ast.Assign, ast.AugAssign)  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """A statement at the top of a file."""

    text: str
    binds: frozenset[str]
    acts: bool  # does more on import than to bind names, such as a setting of a library
    is_import: bool
    uses: frozenset[str]  # global names of the file
    attributes: frozenset[tuple[str, str]]  # name.attribute, where name may be a module
    bare: frozenset[str]  # names used other than as name.attribute
    imports: tuple[Name, ...]  # modules and names of this package


def read_statements(path: Path) -> tuple[Statement, ...]:
    """The statements at the top of a file, except docstrings and imports for type checkers.

    Raises:
        ValueError: the file has an import that cannot be followed by name.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))  # its own: it is changed below
    _check_imports(path, tree)
    statements: list[Statement] = []
    for node in tree.body:
        if _is_docstring(node) or _is_for_type_checkers(node):
            continue
        parts: list[ast.stmt] = [node]
        if isinstance(node, ast.ImportFrom):  # every imported name is a statement of its own
            parts = [ast.ImportFrom(node.module, [alias], node.level) for alias in node.names]
        elif isinstance(node, ast.Import):
            parts = [ast.Import([alias]) for alias in node.names]
        for part in parts:
            bare = _WithoutComments().visit(part)
            if not isinstance(bare, ast.Pass):
                statements.append(_describe(ast.fix_missing_locations(bare)))
    return tuple(statements)


def read_imports(path: Path) -> tuple[Name, ...]:
    """The names of this package that a file imports, anywhere in it.

    Returns:
        Pairs: the name in the file, and the name with its module, which may be a module itself.
    """
    names: list[Name] = []
    for node in _imports_in(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        for alias in node.names:
            inner = alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"
            if is_ours(inner):
                names.append((alias.asname or alias.name, inner))
    return tuple(names)


def is_ours(module: str) -> bool:
    """Whether a module belongs to this package."""
    return module.partition(".")[0] == build.PACKAGE.name


def _describe(node: ast.stmt) -> Statement:
    nodes = list(ast.walk(node))
    binds = _bound_names(node)
    attributes = {
        (n.value.id, n.attr)
        for n in nodes
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)
    }
    prefixes = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
    bare = {
        n.id
        for n in nodes
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and id(n) not in prefixes
    }
    imports = [
        (str(n.module), alias.name)
        for n in nodes
        if isinstance(n, ast.ImportFrom) and is_ours(n.module or "")
        for alias in n.names
    ]
    return Statement(
        text=write_tree(node),
        binds=frozenset(binds),
        # The body of an `if`, `for` or `with` may act on other names than those it binds.
        acts=not binds or not isinstance(node, SIMPLE),
        is_import=isinstance(node, Import),
        uses=frozenset(_global_names(node) - (binds if isinstance(node, Definition) else set())),
        attributes=frozenset(attributes),
        bare=frozenset(bare),
        imports=tuple(imports),
    )


def write_tree(node: ast.AST) -> str:
    """A syntax tree as text that is the same in every version of Python.

    `ast.unparse` and `ast.dump` are not: they differ in quotes, and in fields that are empty.

    Example:
        >>> write_tree(ast.parse("f(x, 1)").body[0].value)
        "Call(func=Name(id='f') args=[Name(id='x') Constant(int 1)])"
    """
    if isinstance(node, ast.Constant):
        return f"Constant({type(node.value).__name__} {node.value!a})"
    fields: list[str] = []
    for key, value in ast.iter_fields(node):
        if value is None or value == [] or key in ("ctx", "kind", "type_comment"):
            continue
        if isinstance(node, ast.JoinedStr):
            value = _join_constants(node.values)
        fields.append(f"{key}={_write_value(value)}")
    return f"{type(node).__name__}({' '.join(fields)})"


def _write_value(value: object) -> str:
    if isinstance(value, ast.AST):
        return write_tree(value)
    if isinstance(value, list):
        return "[" + " ".join(_write_value(item) for item in value) + "]"
    return ascii(value)


def _join_constants(parts: list[ast.expr]) -> list[ast.expr]:
    """The parts of an f-string; some versions split its text, and some add an empty one."""
    joined: list[ast.expr] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, ast.Constant) and part.value == "":
            continue
        if isinstance(part, ast.Constant) and isinstance(last, ast.Constant):
            joined[-1] = ast.Constant(str(last.value) + str(part.value))
        else:
            joined.append(part)
    return joined


def _global_names(node: ast.stmt) -> set[str]:
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

    names = collect(symtable.symtable(ast.unparse(node), "<statement>", "exec"))
    # From Python 3.12 on, the variables of a comprehension at the top count as names of the module.
    return names | {name.id for part in _top(node) for name in _comprehension_variables(part)}


def _top(node: ast.stmt) -> list[ast.AST]:
    """The parts of a statement that are evaluated in the scope of the module."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        defaults = [*node.args.defaults, *node.args.kw_defaults]
        return [*node.decorator_list, *(default for default in defaults if default is not None)]
    return [node]


def _comprehension_variables(node: ast.AST) -> list[ast.Name]:
    targets = [inner.target for inner in ast.walk(node) if isinstance(inner, ast.comprehension)]
    return [n for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)]


def _bound_names(node: ast.stmt) -> set[str]:
    """The names that a statement at the top of a file gives a meaning."""
    if isinstance(node, Definition):
        return {node.name}
    names: set[str] = set()
    local = {id(name) for name in _comprehension_variables(node)}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            names |= set() if id(inner) in local else {inner.id}
        elif isinstance(inner, Definition):
            names.add(inner.name)
        elif isinstance(inner, Import):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in inner.names}
    return names


def _imports_in(tree: ast.AST) -> list[Import]:
    return [node for node in ast.walk(tree) if isinstance(node, Import)]


def _check_imports(path: Path, tree: ast.AST) -> None:
    """Refuse imports of this package whose names cannot be followed.

    Raises:
        ValueError: a relative import, `from … import *`, or `import respectra.x` without `as`.
    """
    for node in _imports_in(tree):
        if isinstance(node, ast.Import):
            lost = any(is_ours(alias.name) and not alias.asname for alias in node.names)
        else:
            star = any(alias.name == "*" for alias in node.names)
            lost = node.level > 0 or (star and is_ours(node.module or ""))
        if lost:
            raise ValueError(
                f"{path}: line {node.lineno}: {ast.unparse(node)}: cannot be followed by name; "
                f"write from {build.PACKAGE.name}.MODULE import NAME"
            )


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_type_checkers(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


class _WithoutComments(ast.NodeTransformer):
    """Removes docstrings, and the annotations that compute nothing: all but those of a class."""

    def __init__(self) -> None:
        self._in_class = False

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        outer, self._in_class = self._in_class, True
        self.generic_visit(node)
        self._in_class = outer
        node.body = _without_docstrings(node.body)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._visit_function(node)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        arguments = node.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs,
                         arguments.vararg, arguments.kwarg]:  # fmt: skip
            if argument is not None:
                argument.annotation = None
        node.returns = None
        outer, self._in_class = self._in_class, False
        self.generic_visit(node)
        self._in_class = outer
        node.body = _without_docstrings(node.body)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        if self._in_class:  # the annotations of a dataclass are its fields
            return node
        return ast.Pass() if node.value is None else ast.Assign([node.target], node.value)


def _without_docstrings(body: list[ast.stmt]) -> list[ast.stmt]:
    """A body without statements that compute nothing."""
    active = [s for s in body if not _is_docstring(s) and not isinstance(s, ast.Pass)]
    return active or [ast.Pass()]
