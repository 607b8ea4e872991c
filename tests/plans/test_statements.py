import ast
from pathlib import Path

import pytest

from respectra.plans.statements import Statement, read_imports, read_statements, write_tree
from tests.config.conftest import dedent
from tests.conftest import ROOT


def statements_of(folder: Path, text: str) -> tuple[Statement, ...]:
    """The statements of a file with a text."""
    path = folder / "module.py"
    path.write_text(dedent(text), encoding="utf-8")
    return read_statements(path)


def statement_of(folder: Path, text: str) -> Statement:
    (statement,) = statements_of(folder, text)
    return statement


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("X = 1", "X  =  1  # a comment"),
        ("X = 1", "X: int = 1"),
        ("X = {'a': 1}", 'X: dict[str, int] = {"a": 1}'),
        ("X = 1_000", "X = 1000"),
        ("X = f(a, b)", "X = f(\n    a,\n    b,\n)"),
        ("def f(a): return a", "def f(a: int) -> int:\n    '''Doc.'''\n    return a"),
        ("def f(*a, b, **c): pass", "def f(*a: int, b: str, **c: float) -> None: ..."),
        ("def f():\n    x = 1\n    return x", "def f():\n    y: int\n    x: int = 1\n    return x"),
        ("def f():\n    if a:\n        x = 1", "def f():\n    if a:\n        x: int = 1"),
        ("async def f(a): await a", "async def f(a: int) -> None:\n    '''Doc.'''\n    await a"),
        ("class A:\n    def f(self): pass", "class A:\n    '''Doc.'''\n    def f(self) -> 'A':\n        '''Doc.'''"),
        ("class A:\n    x: int = 1", "class A:\n    x: int = 1\n    '''What x is.'''"),
        ("X = f'{a} b'", 'X = f"{a}" " b"'),
    ],
)  # fmt: skip
def test_what_computes_nothing_is_no_part_of_the_text(
    tmp_path: Path, text: str, other: str
) -> None:
    assert statement_of(tmp_path, text) == statement_of(tmp_path, other)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("X = 1", "X = 2"),
        ("X = 1", "X = 1.0"),
        ("X = 1", "X = True"),
        ("X = 'a'", "X = b'a'"),
        ("X = None", "X = 'None'"),
        ("X = [None]", "X = []"),
        ("X = {**a}", "X = {None: a}"),
        ("X = f'{a}'", "X = f'{a!r}'"),
        ("X = f'{a}'", "X = f'{a:.1f}'"),
        ("def f(a, b=1): pass", "def f(a, b=2): pass"),
        ("def f(a, b): pass", "def f(a, *, b): pass"),
        ("def f(*, a, b=None): pass", "def f(*, a=None, b): pass"),
        ("def f(): return", "def f(): return None"),
        ("def f(): pass", "async def f(): pass"),
        ("def f(): pass", "@g\ndef f(): pass"),
        ("class A: pass", "class A(B): pass"),
        ("class A:\n    x: int", "class A:\n    x: str"),
        ("class A:\n    x: int = 1", "class A:\n    x = 1"),
        ("import a", "import b as a"),
    ],
)
def test_what_computes_something_else_has_another_text(
    tmp_path: Path, text: str, other: str
) -> None:
    assert statement_of(tmp_path, text).text != statement_of(tmp_path, other).text


def test_docstrings_and_what_is_for_type_checkers_are_no_statements(tmp_path: Path) -> None:
    text = """
        '''A module.'''
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from respectra.losses import mrae
        N: int
        X = 1
        '''What X is.'''
    """
    assert [set(s.binds) for s in statements_of(tmp_path, text)] == [{"TYPE_CHECKING"}, {"X"}]


@pytest.mark.parametrize(
    ("text", "binds", "acts"),
    [
        ("X, (*Y, Z) = 1, (2, 3)", {"X", "Y", "Z"}, False),
        ("X += 1", {"X"}, False),
        ("X = (y := 3)", {"X", "y"}, False),
        ("X = [i for i in a]", {"X"}, False),
        ("i = [i for i in a]", {"i"}, False),
        ("def f(): x = 1", {"f"}, False),
        ("class A: x = 1", {"A"}, False),
        ("import a.b", {"a"}, False),
        ("import a.b as c", {"c"}, False),
        ("if a:\n    X = 1\n    def f(): pass\n    import g", {"X", "f", "g"}, True),
        ("for x in a: TABLE[x] = 1", {"x"}, True),
        ("try:\n    import a\nexcept ImportError:\n    a = None", {"a"}, True),
        ("with a as b: pass", {"b"}, True),
        ("f(1)", set(), True),
        ("a.b = 1", set(), True),
        ("a[0] = 1", set(), True),
        ("del a", set(), True),
        ("assert a", set(), True),
    ],
)
def test_a_statement_binds_names_or_acts(
    tmp_path: Path, text: str, binds: set[str], acts: bool
) -> None:
    statement = statement_of(tmp_path, text)
    assert (set(statement.binds), statement.acts) == (binds, acts)


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("X = f(Y)", {"f", "Y"}),
        ("X += Y", {"Y"}),
        ("def f(a, b=C): return a + D", {"C", "D"}),
        ("def f(a):\n    g = a\n    return g", set()),
        ("def f():\n    global X\n    X = Y", {"Y"}),
        ("def f(): return lambda x: x + Y", {"Y"}),
        ("def f():\n    def g(): return Y\n    return g", {"Y"}),
        ("def f(): return [a for a in B]", {"B"}),
        ("def f(n): return f(n - 1)", set()),
        ("@dec(A)\ndef f(): pass", {"dec", "A"}),
        ("class A(B, metaclass=C):\n    x: int = D\n    def f(self): return E", {"B", "C", "D", "E", "int"}),
        ("def f(a: A) -> B:\n    c: C = D\n    return c", {"D"}),
        ("print(f'{A:{B}}')", {"print", "A", "B"}),
    ],
)  # fmt: skip
def test_a_statement_uses_the_names_of_its_module(
    tmp_path: Path, text: str, uses: set[str]
) -> None:
    assert set(statement_of(tmp_path, text).uses) == uses


def test_attributes_and_bare_names_are_told_apart(tmp_path: Path) -> None:
    statement = statement_of(tmp_path, "def f(a): return tool.g(a).h + other")
    assert set(statement.attributes) == {("tool", "g")}
    assert set(statement.bare) == {"a", "other"}


def test_every_imported_name_is_a_statement_of_its_own(tmp_path: Path) -> None:
    first, second = statements_of(tmp_path, "from respectra.losses import mrae as loss, l1")
    assert (set(first.binds), first.imports) == ({"loss"}, (("respectra.losses", "mrae"),))
    assert (set(second.binds), second.imports) == ({"l1"}, (("respectra.losses", "l1"),))
    assert first.is_import
    lazy = statement_of(
        tmp_path, "def f():\n    from respectra.losses import mrae\n    return mrae"
    )
    assert lazy.imports == (("respectra.losses", "mrae"),)
    assert not lazy.is_import
    assert statement_of(tmp_path, "from numpy import pi").imports == ()


def test_the_names_that_a_file_imports(tmp_path: Path) -> None:
    text = """
        import numpy as np
        from respectra import losses
        from respectra.losses import mrae
        def f():
            from respectra import metrics as measures
            import respectra.weights as w
        def g():
            from respectra import weights as measures
    """
    statements_of(tmp_path, text)
    assert set(read_imports(tmp_path / "module.py")) == {
        ("losses", "respectra.losses"),
        ("mrae", "respectra.losses.mrae"),
        ("measures", "respectra.metrics"),
        ("measures", "respectra.weights"),
        ("w", "respectra.weights"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "from .losses import mrae", "from . import losses", "from respectra.losses import *",
        "import respectra.losses", "def f():\n    import respectra", "def f():\n    from ..a import b",
    ],
)  # fmt: skip
def test_an_import_that_cannot_be_followed_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"module\.py: line \d: .*: cannot be followed by name"):
        statements_of(tmp_path, text)


def test_every_import_of_this_package_can_be_followed() -> None:
    problems = []
    for path in (ROOT / "respectra").rglob("*.py"):
        try:
            read_statements(path)
        except ValueError as error:
            problems.append(str(error))
    assert problems == []


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("f(x, *y, k=1)", "Call(func=Name(id='f') args=[Name(id='x') Starred(value=Name(id='y'))] "
         "keywords=[keyword(arg='k' value=Constant(int 1))])"),
        ("f'a{x:.{n}f}' 'b'", "JoinedStr(values=[Constant(str 'a') FormattedValue(value=Name(id='x') "
         "conversion=-1 format_spec=JoinedStr(values=[Constant(str '.') FormattedValue(value=Name(id='n') "
         "conversion=-1) Constant(str 'f')])) Constant(str 'b')])"),
        ("{**a, 'é': None}", "Dict(keys=[None Constant(str '\\xe9')] values=[Name(id='a') Constant(NoneType None)])"),
    ],
)  # fmt: skip
def test_a_tree_is_written_without_what_differs_between_versions(text: str, written: str) -> None:
    assert write_tree(ast.parse(text, mode="eval").body) == written


def test_a_file_that_is_no_python_is_named(tmp_path: Path) -> None:
    with pytest.raises(SyntaxError) as caught:
        statements_of(tmp_path, "def f(:")
    assert str(caught.value.filename).endswith("module.py")
