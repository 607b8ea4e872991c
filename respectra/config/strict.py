"""The base of every configuration block: strict types, no unknown keys, one-sentence errors."""

import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from respectra.build import ConfigError, suggest
from respectra.messages import find_problem, show

Settings = dict[str, Any]  # a block {is: module:Name, settings…}; `respectra.build.check` checks it
LARGEST = 2**53  # whole numbers up to here are exact as floating-point numbers, too
# Beyond these limits a number is a mistake: the run would take years or more memory than exists.
Count = Annotated[int, Field(gt=0, le=LARGEST)]
Whole = Annotated[int, Field(ge=0, le=LARGEST)]
Few = Annotated[int, Field(gt=0, le=1000)]  # repetitions
Steps = Annotated[int, Field(gt=0, le=10**9)]
Batch = Annotated[int, Field(gt=0, le=2**16)]
Side = Annotated[int, Field(gt=0, le=2**17)]  # rows or columns of an image
Size = tuple[Side, Side]  # rows, columns
Share = Annotated[float, Field(gt=0, le=1)]
Factor = Annotated[float, Field(gt=0, le=10**6)]
Amount = Annotated[float, Field(gt=0, le=10**9)]  # of a unit
Model = TypeVar("Model", bound="Strict")

NAME = re.compile(r"[a-z0-9_]+")
NAME_RULE = "a name has lower-case letters, digits and underscores only"


class Strict(BaseModel):
    """A block of a YAML file: no unknown keys, no conversion of types, immutable."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False,
        use_attribute_docstrings=True,
    )  # fmt: skip


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
        ascii_name = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
        allowed = re.sub(r"[^a-z0-9_]+", "_", ascii_name).strip("_")
        hint = f"; rename it to {allowed}" if allowed else ""
        raise ConfigError(f"{where}: {name!r} is no name: {NAME_RULE}{hint}")


def check_pattern(
    pattern: str, names: Sequence[str], key: str, required: str | None = None
) -> None:
    """Refuse a pattern such as `rgb/{scene}.jpg` with braces that nothing is known for.

    Args:
        pattern: of a path or an address.
        names: that braces may contain.
        key: of the pattern, for the message.
        required: the name that the pattern must contain.

    Raises:
        ValueError: a brace is not closed, or contains another name or an attribute of it.
    """
    allowed = " and ".join(f"{{{name}}}" for name in names)
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(pattern)]
        pattern.format(**dict.fromkeys(names, 1))
    except (ValueError, LookupError, AttributeError, TypeError):
        fields = [""]
    used = {field for field in fields if field is not None}
    if not used <= set(names):
        raise ValueError(f"{key}: {show(pattern)}: may contain {allowed} only")
    if required is not None and required not in used:
        raise ValueError(f"{key}: {show(pattern)}: must contain {{{required}}}")


def _sentence(model: type[BaseModel], error: ValidationError, raw: Any, where: str) -> str:
    """The first mistake as one sentence."""
    problem = find_problem(error, raw)
    if problem.kind == "extra_forbidden":
        known = _known_keys(model, problem.keys[:-1])
        hint = f"; {suggest(str(problem.keys[-1]), known)}" if known else ""
        return f"{where}: {problem.key} is not known here{hint}"
    if problem.kind == "missing":
        return f"{where}: {problem.key} is missing"
    value = "" if problem.kind == "value_error" else f" {show(problem.value)}:"
    prefix = f"{where}: {problem.key}:{value}" if problem.key else f"{where}:"
    return f"{prefix} {problem.reason}"


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
