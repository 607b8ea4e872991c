import datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from respectra.messages import LONGEST, find_problem, hint_at_number, show


def problem(kind: Any, value: Any) -> tuple[str, str]:
    """The key and the reason of a mistake."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind, config={"strict": True}).validate_python(value)
    mistake = find_problem(caught.value, value)
    return mistake.key, mistake.reason


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"), (False, "false"), ("", "''"), ("no", "'no'"), ("a b", "a b"), (1.5, "1.5"),
        ((1, ("a", None)), "[1, [a, null]]"), ({"b": 1, "a": ()}, "{b: 1, a: []}"),
        (datetime.date(2024, 5, 1), "2024-05-01"), ("été", "été"), ("a\nb", "'a b'"),
        (..., "Ellipsis"), ([int], "[<class 'int'>]"),
    ],
)  # fmt: skip
def test_a_value_is_shown_as_yaml_in_one_line(value: object, text: str) -> None:
    assert show(value) == text


def test_a_long_value_is_cut() -> None:
    assert len(show(list(range(100)))) == LONGEST
    assert show("x" * 200).endswith("x…")


@pytest.mark.parametrize(
    ("text", "number"), [("1e-4", "1.0e-4"), ("2.5e9", "2.5e+9"), ("-3E2", "-3.0e+2"), (".5e-3", ".5e-3")]
)  # fmt: skip
def test_what_is_written_instead_of_a_number_in_text_is_a_number_for_yaml(
    text: str, number: str
) -> None:
    import yaml

    assert hint_at_number(text).endswith(f"write {number}")
    assert yaml.safe_load(number) == float(text)


def test_a_word_or_a_fraction_gets_no_hint() -> None:
    assert hint_at_number("fast") == hint_at_number(3) == hint_at_number("1.5e0", whole=True) == ""


@pytest.mark.parametrize(
    ("kind", "value", "key", "reason"),
    [
        (int, True, "", "must be a valid integer"),
        (int, "2e3", "", "must be a valid integer; YAML reads 2e3 as text, write 2000"),
        (str, 3, "", "must be a valid string; write it in quotes"),
        (str, None, "", "must be a valid string"),
        (str, {"a": 1}, "", "must be a valid string"),
        (tuple[str, ...], "flip", "", "must be a list; write [flip]"),
        (tuple[str, ...], 3, "", "must be a list"),
        (tuple[int, int], (1,), "", "must have 2 items"),
        (tuple[int, int, int], (), "", "must have 3 items"),
        (tuple[int, int], (1, 2, 3), "", "must have at most 2 items"),
        (Annotated[tuple[int, ...], Field(min_length=1)], (), "", "must have at least 1 item"),
        (dict[str, int], {"a": "b"}, "a", "must be a valid integer"),
        (dict[str, int], (1,), "", "must be keys and values"),
        (tuple[int, ...] | None, (1, "a", "b"), "1", "must be a valid integer"),
        (Literal["a"] | tuple[str, ...], 3, "", "must be 'a' or a list"),
        (Literal["a"] | tuple[str, ...], ("x", 3), "1", "must be a valid string; write it in quotes"),
        (Annotated[int, Field(ge=0)] | Literal["auto"], -1, "", "must be greater than or equal to 0 or 'auto'"),
    ],
)  # fmt: skip
def test_the_reason_fits_the_part_of_the_value_that_is_wrong(
    kind: Any, value: Any, key: str, reason: str
) -> None:
    assert problem(kind, value) == (key, reason)
