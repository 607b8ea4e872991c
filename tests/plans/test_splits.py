import pytest

from respectra.plans.splits import condition_of, name_split, split_of


@pytest.mark.parametrize(
    ("text", "split", "condition"),
    [
        ("valid", "valid", None),
        ("valid.gain-double", "valid", "gain-double"),
        ("test.a", "test", "a"),
    ],
)
def test_a_split_with_a_condition_has_two_parts(
    text: str, split: str, condition: str | None
) -> None:
    assert (split_of(text), condition_of(text)) == (split, condition)
    assert name_split(split, condition) == text
