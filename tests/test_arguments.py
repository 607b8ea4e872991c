import inspect

import pytest

from respectra import arguments
from respectra.signatures import RANGES, Argument


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("Count", [1, 7], [0, -1, 1.0, True, "1"]),
        ("Whole", [0, 7], [-1, 0.5, False]),
        ("Positive", [1, 0.1], [0, -0.1, float("nan"), float("inf"), "1e-4"]),
        ("NotNegative", [0, 0.0, 3.5], [-1.0e-9, None]),
        ("Fraction", [0, 0.5, 1], [1.01, -0.01]),
        ("Share", [0.01, 1], [0, 1.01]),
        ("Rate", [1e-4, 1000], [0, 1001]),
        ("Few", [1, 100], [0, 101]),
        ("Repeats", [1, 10**6], [0, 10**6 + 1]),
    ],
)  # fmt: skip
def test_a_range_accepts_what_its_name_says(
    name: str, good: list[object], bad: list[object]
) -> None:
    argument = Argument("x", True, False, name)
    assert [argument.problem(value) for value in good] == [None] * len(good)
    assert all(argument.problem(value) for value in bad)


def test_every_range_is_checked_and_is_a_plain_number_for_type_checkers() -> None:
    names = {name: value for name, value in vars(arguments).items() if not name.startswith("_")}
    assert {name: base for name, (base, _) in RANGES.items()} == names
    source = inspect.getsource(arguments)
    assert all(f"{name} = {base.__name__}  # " in source for name, base in names.items())
