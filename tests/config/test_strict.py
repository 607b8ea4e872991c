import pytest
from pydantic import Field

from respectra.config.strict import (
    Size,
    Strict,
    check_name,
    lists_to_tuples,
    model_in,
    parse,
    plain,
)
from tests.config.conftest import sentence


class Inner(Strict):
    """A block."""

    number: int = 1
    ratio: float = 0.5


class Outer(Strict):
    """A file."""

    name: str
    size: Size | None = None
    inner: Inner = Inner()
    items: tuple[Inner, ...] = ()
    by_name: dict[str, Inner] = Field(default={})
    is_: str = Field(alias="is", default="x")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"inner": {"numbr": 1}}, "inner.numbr is not known here; did you mean number?"),
        ({"items": [{}, {"numbr": 1}]}, "items.1.numbr is not known here; did you mean number?"),
        ({"by_name": {"a": {"numbr": 1}}}, "by_name.a.numbr is not known here; did you mean number?"),
        ({"iss": "y"}, "iss is not known here; did you mean is?"),
        ({"is_": "y"}, "is_ is not known here; did you mean is?"),
        ({"zzzzz": "y"}, "zzzzz is not known here; known are by_name, inner, is, items, size"),
        ({"name": "y"}, "name is not known here; the name is that of the file, net"),
        ({"inner": {"number": "1", "numbr": 2}}, "inner.numbr is not known here; did you mean number?"),
        ({"inner": {"number": 1.0}}, "inner.number: 1.0: must be a valid integer"),
        ({"inner": {"ratio": float("inf")}}, "inner.ratio: .inf: must be a finite number"),
        ({"inner": None}, "inner: null: must be keys and values"),
        ({"items": {"a": 1}}, "items: {a: 1}: must be a list"),
        ({"items": [3]}, "items.0: 3: must be keys and values"),
        ({"size": [1, 0]}, "size.1: 0: must be greater than 0"),
    ],
)  # fmt: skip
def test_a_mistake_has_file_key_value_and_the_closest_key(
    raw: dict[str, object], message: str
) -> None:
    assert sentence(lambda: parse(Outer, raw, "net.yaml", "net")) == f"net.yaml: {message}"


def test_a_block_is_read_with_its_types() -> None:
    block = parse(Outer, {"size": [1, 2], "items": [{"ratio": 1}], "is": "y"}, "net.yaml", "net")
    assert block == Outer(name="net", size=(1, 2), items=(Inner(ratio=1.0),), **{"is": "y"})
    assert isinstance(block.items[0].ratio, float)


def test_lists_become_tuples_and_return() -> None:
    raw = {"a": [1, [2, {"b": [3]}]], "c": None}
    assert lists_to_tuples(raw) == {"a": (1, (2, {"b": (3,)})), "c": None}
    assert plain(lists_to_tuples(raw)) == raw
    assert plain(Inner()) == {"number": 1, "ratio": 0.5}


@pytest.mark.parametrize("name", ["net", "mst_plus_plus", "2024", "_"])
def test_a_name_can_stand_in_a_path(name: str) -> None:
    assert check_name(name, "file") is None


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("My-Data", "; rename it to my_data"), ("données", "; rename it to donnees"),
        ("a b", "; rename it to a_b"), ("a.b", "; rename it to a_b"), ("..", ""), ("", ""), ("日本", ""),
        ("net-flips", "; rename it to net_flips"), ("Ä", "; rename it to a"),
    ],
)  # fmt: skip
def test_a_name_that_cannot_stand_in_a_path_is_refused(name: str, hint: str) -> None:
    rule = "a name has lower-case letters, digits and underscores only"
    assert sentence(lambda: check_name(name, "file")) == f"file: {name!r} is no name: {rule}{hint}"


def test_the_model_inside_an_annotation_is_known() -> None:
    assert (
        model_in(tuple[Inner, ...]) is model_in(Inner | None) is model_in(dict[str, Inner]) is Inner
    )
    assert model_in(int) is model_in(tuple[int, ...]) is None
