"""What is wrong with a value, in the words of a YAML file."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import yaml
from pydantic import ValidationError

NUMBER = re.compile(r"[-+]?(\d[\d_]*\.?\d*|\.\d+)[eE][-+]?\d+")
LONGEST = 80  # characters of a value in a message, and values in it
DEEPEST = 8  # levels of a value in a message
PERCENT = 100
LEAST_PERCENT = 5  # a smaller number may be meant as a share, but is too large
LARGEST_BITS = 1000


@dataclass(frozen=True)
class Problem:
    """The first mistake in a value."""

    keys: tuple[int | str, ...]  # where it is, as keys and positions of lists
    kind: str  # pydantic's type of the error, such as `missing` or `extra_forbidden`
    value: Any
    reason: str

    @property
    def key(self) -> str:
        """The keys as the configuration writes them: `train.0.patch`."""
        return ".".join(str(key) for key in self.keys)


def show(value: Any) -> str:
    """A value as YAML writes it, in one line.

    Example:
        >>> show(None), show(True), show((1, "a")), show("1"), show({"a": 1.0e-4})
        ('null', 'true', '[1, a]', "'1'", '{a: 0.0001}')
    """
    try:
        text = yaml.safe_dump(
            _shorten(value, [LONGEST]),
            default_flow_style=True,
            width=math.inf,
            allow_unicode=True,
            sort_keys=False,
        )
    except yaml.YAMLError:  # a value that no YAML file can hold
        text = repr(_shorten(value, [LONGEST]))
    line = " ".join(text.removesuffix("...\n").split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def find_problem(error: ValidationError, raw: Any) -> Problem:
    """The mistake that a message names first: an unknown key often explains a missing one.

    Args:
        error: of the validation of `raw`.
        raw: a value with tuples in place of lists.
    """
    errors: list[Any] = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    places = [_keys(e, raw) for e in errors]
    first = errors[0]
    if first["type"] == "extra_forbidden":
        return Problem(places[0], first["type"], first["input"], "is not known here")
    # Of a union each member reports errors. Those that lie deepest belong to the member that fits
    # the value best; those at one place together say what is allowed.
    related = [
        (keys, e)
        for keys, e in zip(places, errors, strict=True)
        if keys[: len(places[0])] == places[0]
    ]
    rules = [(keys, e) for keys, e in related if e["type"] == "value_error"]
    if rules:
        related = rules[:1]
    deepest = max((keys for keys, _ in related), key=len)
    chosen = [e for keys, e in related if keys == deepest]
    if chosen[0]["type"] == "missing" and isinstance(deepest[-1], int):
        last = max(keys[-1] for keys in places if keys[:-1] == deepest[:-1])
        count = int(last) + 1
        return Problem(deepest[:-1], "too_short", chosen[0]["input"], f"must have {count} items")
    reasons = dict.fromkeys(_reason(e) for e in chosen)
    reason = " or ".join(reasons).replace(" or must be ", " or ").replace(" or must ", " or ")
    return Problem(
        deepest, chosen[0]["type"], chosen[0]["input"], reason + _hint(reason, chosen[0]["input"])
    )


def hint_at_number(value: Any, *, whole: bool = False) -> str:
    """What to write instead of a number that YAML reads as text.

    Example:
        >>> hint_at_number("1e-4"), hint_at_number("2.5e9")
        ('; YAML reads 1e-4 as text, write 1.0e-4', '; YAML reads 2.5e9 as text, write 2.5e+9')
        >>> hint_at_number("3e5", whole=True), hint_at_number("fast")
        ('; YAML reads 3e5 as text, write 300000', '')
    """
    if not isinstance(value, str) or not NUMBER.fullmatch(value):
        return ""
    number = float(value)
    if whole:
        if not number.is_integer():
            return ""
        return f"; YAML reads {value} as text, write {int(number)}"
    mantissa, exponent = re.split("[eE]", value)
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    exponent = exponent if exponent[0] in "+-" else f"+{exponent}"
    return f"; YAML reads {value} as text, write {mantissa}e{exponent}"


def _hint(reason: str, value: Any) -> str:
    """What to write instead of a value."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and reason.endswith("equal to 1") and LEAST_PERCENT <= value <= PERCENT:
        return f"; {value:g} per cent is {value / PERCENT:g}"
    if "number" in reason or "integer" in reason:
        return hint_at_number(value, whole="integer" in reason)
    if "string" in reason and not isinstance(value, str | Mapping | Sequence | None):
        return "; write it in quotes"
    if "list" in reason and isinstance(value, str):
        return f"; write {show([value])}"
    return ""


def _reason(error: Mapping[str, Any]) -> str:
    """Why a value is refused."""
    if error["type"] in ("too_long", "too_short"):
        most, least = error["ctx"].get("max_length"), error["ctx"].get("min_length")
        count = f"at most {most}" if least is None else f"at least {least}"
        return f"must have {count} item{'' if (most or least) == 1 else 's'}"
    message = str(error["msg"]).removeprefix("Value error, ")
    message = message.replace("Input should be", "must be").replace("a valid tuple", "a list")
    message = message.replace("a valid dictionary", "keys and values")
    message = re.sub(r" or instance of \w+", "", message)
    return message[0].lower() + message[1:]


def _keys(error: Mapping[str, Any], raw: Any) -> tuple[int | str, ...]:
    """Where an error is, as keys of the file: pydantic also lists members of unions."""
    keys: list[int | str] = []
    value, parts = raw, error["loc"]
    for depth, part in enumerate(parts):
        if (isinstance(value, Mapping) and part in value) or (
            isinstance(value, tuple) and isinstance(part, int) and part < len(value)
        ):
            value = value[part]
        elif error["type"] != "missing" or depth + 1 < len(parts):
            continue
        keys.append(part)
    return tuple(keys)


def _shorten_key(key: Any) -> Any:
    return show(key) if isinstance(key, tuple) else _shorten(key, [1])


def _shorten(value: Any, left: list[int], depth: int = 0) -> Any:
    """The beginning of a value, with lists in place of tuples, as YAML writes them.

    Args:
        value: of any size.
        left: the number of values that may still be shown; it is counted down.
        depth: of the value in the whole one.
    """
    left[0] -= 1
    if isinstance(value, Mapping | list | tuple) and (left[0] < 0 or depth > DEEPEST):
        return "…"
    if isinstance(value, Mapping):
        items = list(islice(value.items(), max(1, left[0])))
        return {_shorten_key(key): _shorten(item, left, depth + 1) for key, item in items}
    if isinstance(value, list | tuple):
        return [_shorten(item, left, depth + 1) for item in islice(value, max(1, left[0]))]
    if isinstance(value, int) and value.bit_length() > LARGEST_BITS:
        return f"a number of {value.bit_length()} bits"
    return value[: LONGEST + 1] if isinstance(value, str | bytes) else value
