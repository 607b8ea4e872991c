"""Signatures of functions and classes, read from source files without importing them.

Only what can be known from the text is checked: the names of the arguments, which of them are
required, and their annotations as far as they consist of numbers, strings, `Literal`, sequences,
mappings, `None` and the ranges of `respectra.arguments`. Any other annotation accepts every value.
"""

import ast
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Interval
from pydantic import TypeAdapter, ValidationError

from respectra.messages import find_problem, show
from respectra.parse_cache import parse_once

# The names of respectra.arguments: type and allowed values.
LARGEST = 2**53  # whole numbers up to here are exact as floating-point numbers, too
RANGES: dict[str, tuple[type, Interval]] = {
    "Count": (int, Interval(ge=1, le=10**9)),
    "Repeats": (int, Interval(ge=1, le=10**6)),
    "Few": (int, Interval(ge=1, le=100)),
    "Whole": (int, Interval(ge=0, le=LARGEST)),
    "Positive": (float, Interval(gt=0, le=10**9)),
    "NotNegative": (float, Interval(ge=0, le=10**9)),
    "Share": (float, Interval(gt=0, le=1)),
    "Rate": (float, Interval(gt=0, le=1000)),
    "Fraction": (float, Interval(ge=0, le=1)),
    "Bits": (int, Interval(ge=1, le=8)),
    "Quality": (int, Interval(ge=1, le=100)),
}

SEQUENCES = ("Sequence", "list", "tuple", "Iterable", "Collection")
MAPPINGS = ("Mapping", "dict")
SIMPLE: dict[str, Any] = {
    "int": Annotated[int, Interval(ge=-LARGEST, le=LARGEST)],
    "float": float,
    "str": str,
    "bool": bool,
    "None": None,
}


@dataclass(frozen=True)
class Argument:
    """An argument of a function or of a class's constructor."""

    name: str
    required: bool
    positional: bool  # can be passed without its name
    annotation: str | None

    def problem(self, value: Any) -> str | None:
        """Why the argument cannot have a value, after the key that it concerns; or None."""
        if self.annotation is None:
            return None
        checked = _tuples(value)
        try:
            _make_adapter(self.annotation).validate_python(checked)
        except ValidationError as error:
            problem = find_problem(error, checked)
            key = f"{self.name}.{problem.key}" if problem.keys else self.name
            return f"{key}: {show(problem.value)}: {problem.reason}"
        return None


@dataclass(frozen=True)
class Signature:
    """The arguments of a function or class; `open` if it takes any further keyword."""

    arguments: tuple[Argument, ...]
    is_class: bool
    open: bool
    returns: str = ""  # the annotation of a function


@cache
def _make_adapter(annotation: str) -> TypeAdapter[Any]:
    """What checks a value by an annotation."""
    checked_type = _type(ast.parse(annotation, mode="eval").body)
    return TypeAdapter(checked_type, config={"strict": True, "allow_inf_nan": False})


@cache
def signatures_of(path: Path) -> dict[str, Signature]:
    """Every function and class at the top of a file, by name, as an earlier start stored them."""
    content = parse_once(path, _encode, [__file__])
    return {
        name: Signature(
            **{**fields, "arguments": tuple(Argument(**a) for a in fields["arguments"])}
        )
        for name, fields in content.items()
    }


def _encode(path: Path) -> dict[str, dict[str, Any]]:
    """Read the signatures of a file into values that JSON can store."""
    return {name: asdict(signature) for name, signature in _read_signatures(path).items()}


def _read_signatures(path: Path) -> dict[str, Signature]:
    body = ast.parse(path.read_text(encoding="utf-8"), str(path)).body
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    signatures = {
        node.name: _signature(node, is_class=False)
        for node in body
        if isinstance(node, ast.FunctionDef)
    }
    for name, node in classes.items():
        constructor = _constructor(node, classes)
        signatures[name] = (
            Signature((), is_class=True, open=False)
            if constructor is None
            else _signature(constructor, is_class=True)
        )
    return signatures


def _constructor(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> ast.FunctionDef | None:
    """`__init__` of a class or of a base class in the same file."""
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            return statement
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes and base.id != node.name:
            return _constructor(classes[base.id], classes)
    return None


def _signature(node: ast.FunctionDef, *, is_class: bool) -> Signature:
    positional = [*node.args.posonlyargs, *node.args.args]
    first_default = len(positional) - len(node.args.defaults)
    arguments = [
        Argument(a.arg, i < first_default, True, _unparse(a.annotation))
        for i, a in enumerate(positional)
    ]
    arguments += [
        Argument(a.arg, default is None, False, _unparse(a.annotation))
        for a, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    ]
    if is_class:
        arguments = arguments[1:]  # without self
    returns = _unparse(node.returns) or ""
    return Signature(tuple(arguments), is_class, node.args.kwarg is not None, returns)


def _unparse(annotation: ast.expr | None) -> str | None:
    return None if annotation is None else ast.unparse(annotation)


def _type(node: ast.expr) -> Any:
    """The type that an annotation means, `Any` where it cannot be known."""
    if isinstance(node, ast.Constant):
        return None if node.value is None else Any
    if isinstance(node, ast.Name):
        if node.id in RANGES:
            base, limits = RANGES[node.id]
            return Annotated[base, limits]
        if node.id in SEQUENCES:
            return tuple[Any, ...]
        if node.id in MAPPINGS:
            return dict[Any, Any]
        return SIMPLE.get(node.id, Any)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _type(node.left) | _type(node.right) if _is_known(node) else Any
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return _subscript(node.value.id, node.slice)
    return Any


def _subscript(name: str, inner: ast.expr) -> Any:
    items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    sequence: Any = tuple
    mapping: Any = dict
    if name == "Literal":
        values = tuple(item.value for item in items if isinstance(item, ast.Constant))
        return Literal[values]
    if name == "tuple":
        if len(items) == 2 and isinstance(items[1], ast.Constant) and items[1].value is ...:
            return sequence[_type(items[0]), ...]
        return sequence[tuple(_type(item) for item in items)]
    if name in SEQUENCES:
        return sequence[_type(items[0]), ...]
    if name in MAPPINGS and len(items) == 2:
        return mapping[_type(items[0]), _type(items[1])]
    return Any


def _is_known(node: ast.expr) -> bool:
    """Whether both sides of a union are types that are checked."""
    if isinstance(node, ast.BinOp):
        return _is_known(node.left) and _is_known(node.right)
    return _type(node) is not Any


def _tuples(value: Any) -> Any:
    """Lists as tuples: strict validation of sequences accepts only these."""
    if isinstance(value, list | tuple):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _tuples(item) for key, item in value.items()}
    return value
