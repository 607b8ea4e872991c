import subprocess
import sys
from pathlib import Path

import pytest

from respectra import signatures
from respectra.signatures import Argument, signatures_of
from tests.config.conftest import ROOT, dedent


def argument(annotation: str) -> Argument:
    return Argument("x", True, False, annotation)


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        ("int", [1, -1], [1.0, True, "1", None, [1], {"a": 1}]),
        ("float", [1, 1.5], ["1.5", True, None, [1.0], float("nan")]),
        ("str", ["a", ""], [1, None, ["a"]]),
        ("bool", [True], [1, 0, "yes", None]),
        ("None", [None], [0, ""]),
        ("int | None", [None, 2], ["2", 2.5]),
        ("str | int", ["a", 2], [2.5, None]),
        ("Literal['a', 'b', 3]", ["a", 3], ["c", 4, None]),
        ("Literal['a'] | None", ["a", None], ["b"]),
        ("Sequence[int]", [[], [1, 2], (1,)], [1, "12", [1.5], {"a": 1}]),
        ("list[str]", [["a"]], ["a", [1]]),
        ("Sequence[Sequence[float]]", [[[1, 2.5], []]], [[1], [["a"]]]),
        ("Sequence", [[1, "a"]], ["a", 1]),
        ("tuple[int, int]", [[1, 2]], [[1], [1, 2, 3], [1, "a"], 3]),
        ("tuple[float, ...]", [[], [1, 2.5]], [["a"], 1]),
        ("Mapping[str, int]", [{}, {"a": 1}], [[1], {"a": "b"}, {1: 1}, "a"]),
        ("dict", [{"a": 1}], [[1], "a"]),
        ("Mapping[str, Sequence[int]]", [{"a": [1]}], [{"a": 1}]),
        ("Sequence[Fraction]", [[0, 1]], [[2]]),
        ("Count | None", [None, 1], [0]),
    ],
)  # fmt: skip
def test_a_value_is_checked_by_the_text_of_an_annotation(
    annotation: str, good: list[object], bad: list[object]
) -> None:
    checked = argument(annotation)
    assert [checked.problem(value) for value in good] == [None] * len(good)
    for value in bad:
        problem = checked.problem(value)
        assert problem is not None, value
        assert problem.startswith("x")
        assert "\n" not in problem


@pytest.mark.parametrize(
    "annotation", ["Array", "Any", "np.ndarray", "Callable[[int], int]", "Tensor | float", "'int'"]
)
def test_an_annotation_that_cannot_be_known_accepts_every_value(annotation: str) -> None:
    assert argument(annotation).problem({"any": ["thing"]}) is None
    assert Argument("x", True, False, None).problem(3) is None


def test_signatures_are_read_from_the_text(tmp_path: Path) -> None:
    path = tmp_path / "parts.py"
    path.write_text(
        dedent(
            """
            import a_library_that_does_not_exist
            def plain(a, /, b, c=1, *, d: int, e=2): ...
            def open_to_more(*, d, **more): ...
            class Base:
                def __init__(self, bands, *, width: int, depth=2): ...
            class Inherits(Base): ...
            class Other(Unknown): ...
            class Nested:
                def method(self, x): ...
            """
        )
    )
    signatures = signatures_of(path)
    assert set(signatures) == {"plain", "open_to_more", "Base", "Inherits", "Other", "Nested"}
    plain = {a.name: (a.required, a.positional) for a in signatures["plain"].arguments}
    assert plain == {
        "a": (True, True), "b": (True, True), "c": (False, True), "d": (True, False), "e": (False, False),
    }  # fmt: skip
    assert not signatures["plain"].open
    assert signatures["open_to_more"].open
    assert [a.name for a in signatures["Inherits"].arguments] == ["bands", "width", "depth"]
    assert signatures["Inherits"].is_class
    assert signatures["Other"].arguments == signatures["Nested"].arguments == ()


def test_reading_a_signature_imports_nothing() -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom respectra.signatures import signatures_of\n"
        "signatures_of(Path('respectra/losses.py'))\n"
        "print([m for m in ('torch', 'numpy', 'respectra.losses') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[]\n", done.stderr


def test_stored_signatures_are_those_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = ROOT / "respectra/networks/hprn.py"
    first = signatures_of.__wrapped__(path)
    assert first == signatures._read_signatures(path)
    monkeypatch.setattr(signatures, "_read_signatures", None)
    assert signatures_of.__wrapped__(path) == first
