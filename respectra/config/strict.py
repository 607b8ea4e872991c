"""The base of every configuration block: strict types, no unknown keys, one-sentence errors."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from respectra.build import ConfigError, suggest

Settings = dict[str, Any]  # a block {is: module:Name, settings…}; `respectra.build.check` checks it
Share = Annotated[float, Field(gt=0, le=1)]
Size = tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]  # rows, columns
Model = TypeVar("Model", bound="Strict")

NAME = re.compile(r"[a-z0-9_]+")
NAME_RULE = "a name has lower-case letters, digits and underscores only"


class Strict(BaseModel):
    """A block of a YAML file: no unknown keys, no conversion of types, immutable."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


def parse(model: type[Model], raw: Mapping[str, Any], where: str, name: str | None = None) -> Model:
    """Validate a mapping from a YAML file.

    Args:
        model: the class of the block.
        raw: the mapping as YAML gives it.
        where: the file, for messages.
        name: the name of the object, if the model has a field `name`; a file may not state it.

    Raises:
        ConfigError: one sentence with file, key, value and the closest known key.
    """
    if name is not None:
        if "name" in raw:
            raise ConfigError(
                f"{where}: name is not known here; the name is that of the file, {name}"
            )
        raw = {"name": name, **raw}
    values = lists_to_tuples(raw)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_sentence(model, error, values, where)) from error


def lists_to_tuples(value: Any) -> Any:
    """A YAML value with tuples in place of lists: strict models accept only these."""
    if isinstance(value, Mapping):
        return {key: lists_to_tuples(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(lists_to_tuples(item) for item in value)
    return value


def plain(value: Any) -> Any:
    """A model or value as lists, mappings, numbers and strings, as YAML has them."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def check_name(name: str, where: str) -> None:
    """Refuse a name that cannot stand in a path of results.

    Raises:
        ConfigError: with the rule and the closest allowed name.
    """
    if not NAME.fullmatch(name):
        allowed = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")
        raise ConfigError(f"{where}: {name!r} is no name: {NAME_RULE}; rename it to {allowed}")


def _sentence(model: type[BaseModel], error: ValidationError, raw: Any, where: str) -> str:
    """The first error as one sentence; an unknown key often explains a missing one."""
    errors = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    first = errors[0]
    location = _keys(first, raw)
    key = ".".join(str(part) for part in location)
    if first["type"] == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        hint = f"; {suggest(str(location[-1]), known)}" if known else ""
        return f"{where}: {key} is not known here{hint}"
    if first["type"] == "missing":
        return f"{where}: {key} is missing"
    # Of a union each member reports an error; together they say what is allowed.
    alternatives = [_reason(e) for e in errors if _keys(e, raw) == location]
    reason = " or ".join(dict.fromkeys(alternatives))
    value = "" if first["type"] == "value_error" else f" {plain(first['input'])!r}:"
    prefix = f"{where}: {key}:{value}" if key else f"{where}:"
    return f"{prefix} {reason}{_hint(first['input'])}"


def _reason(error: Mapping[str, Any]) -> str:
    """Why a value is refused, in the words of a YAML file."""
    message = str(error["msg"]).removeprefix("Value error, ")
    message = message.replace("Input should be", "must be").replace("Tuple", "list")
    message = message.replace(" after validation", "").replace("tuple", "list")
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


def _hint(value: Any) -> str:
    """What to write instead of a number that YAML reads as a string."""
    if isinstance(value, str) and re.fullmatch(r"[-+]?\d+[eE][-+]?\d+", value):
        mantissa, exponent = re.split("[eE]", value)
        return f"; YAML reads {value} as text, write {mantissa}.0e{exponent}"
    return ""


def _known_keys(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """The keys that the block at a location may have; empty where any key may stand."""
    for step in location:
        if isinstance(step, int):
            continue
        by_alias = {f.alias or n: f for n, f in model.model_fields.items()}
        if step not in by_alias:
            continue  # a key of a mapping such as `tables`: its values are all of one model
        inner = model_in(by_alias[step].annotation)
        if inner is None:
            return []
        model = inner
    return [f.alias or n for n, f in model.model_fields.items() if n != "name"]


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `tuple[Model, ...]` or `Model | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    models = (model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in models if model is not None), None)
