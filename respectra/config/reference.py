"""The reference of the configuration: `docs/configuration.md` and `config/schema.json`.

Both are generated from the models and their field descriptions, so they cannot be out of date
without a test that fails.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from respectra.config.budgets import Budget
from respectra.config.cameras import Camera
from respectra.config.choices import Choices
from respectra.config.conditions import Condition
from respectra.config.datasets import Dataset
from respectra.config.methods import Method
from respectra.config.papers import Paper
from respectra.config.strict import LARGEST, NAME_RULE, model_in, plain

FILES: dict[str, type[BaseModel]] = {
    "config/config.yaml": Choices,
    "config/methods/*.yaml": Method,
    "config/datasets/*.yaml": Dataset,
    "config/cameras/*.yaml": Camera,
    "config/conditions/*.yaml": Condition,
    "config/budgets/*.yaml": Budget,
    "config/papers/*.yaml": Paper,
}
VARIED = (Method, Dataset, Condition)

INTRODUCTION = f"""\
# Configuration

Every file of `config/` with every key. `respectra reference > docs/configuration.md` writes this
page from the code; `config/schema.json` holds the same for editors (see the end of the page).

* The name of an object is that of its file: {NAME_RULE}.
  Names of variants follow the same rule, and one hyphen stands between a file's name and a
  variant, as in `hprn-no_ssrm`.
* A block with the key `is` names a function or class: `is: mst_plus_plus:MSTPlusPlus` is the class
  in `respectra/networks/mst_plus_plus.py`. The other keys of the block are its arguments. They
  are compared with its signature: unknown, missing and wrongly typed arguments are errors.
* An unknown key, a wrong type or a value out of range is an error before anything runs. The
  message names the file, the key, the value and the closest known name.
* Whole numbers go up to 2^53. YAML reads `1e-4` as text; write `1.0e-4`.
* Any key of `config/config.yaml` can be given on the command line:
  `snakemake --cores all --config budget=short methods=linear,hprn 'seeds=[0,1,2]'`. A folder whose
  name consists of digits and underscores is written `folder=./2024_05_01`.
"""
VARIANTS = """\
`variants` maps a variant's name to changes of this file, by dotted key (`train.0.patch: 64`); null
removes a key. A key that the file does not set is an error."""
SMALL = """ `small` maps dotted keys to the values that
budgets with `small: true` use."""
EDITORS = """\
## Editors

`config/schema.json` is a JSON Schema with a definition for each kind of file. With the YAML
extension of Visual Studio Code:

```json
{
  "yaml.schemas": {
    "config/schema.json#/$defs/Method": "config/methods/*.yaml",
    "config/schema.json#/$defs/Dataset": "config/datasets/*.yaml",
    "config/schema.json#/$defs/Camera": "config/cameras/*.yaml",
    "config/schema.json#/$defs/Condition": "config/conditions/*.yaml",
    "config/schema.json#/$defs/Budget": "config/budgets/*.yaml",
    "config/schema.json#/$defs/Paper": "config/papers/*.yaml",
    "config/schema.json#/$defs/Choices": "config/config.yaml"
  }
}
```
"""


def write_reference() -> str:
    """The page `docs/configuration.md`."""
    parts = [INTRODUCTION]
    for file, model in FILES.items():
        parts.append(f"## `{file}`\n\n{_summary(model)}\n")
        if model in VARIED:
            parts.append(VARIANTS + (SMALL if model is Method else "") + "\n")
        parts.append(_table(model))
        for inner in _inner_models(model):
            parts.append(f"### {inner.__name__}\n\n{_summary(inner)}\n")
            parts.append(_table(inner))
    parts.append(EDITORS)
    return "\n".join(parts)


def write_schema() -> str:
    """The file `config/schema.json`: a definition per kind of file."""
    definitions: dict[str, Any] = {}
    for model in FILES.values():
        schema = model.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
        definitions |= schema.pop("$defs", {})
        schema["properties"].pop("name", None)
        schema["required"] = [key for key in schema.get("required", []) if key != "name"]
        if model in VARIED:
            schema["properties"]["variants"] = {"type": "object"}
        if model is Method:
            schema["properties"]["small"] = {"type": "object"}
        definitions[model.__name__] = schema
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The files of config/",
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _summary(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _table(model: type[BaseModel]) -> str:
    rows = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in model.model_fields.items():
        if name == "name":
            continue
        key = field.alias or name
        cells = [f"`{key}`", f"`{_type_name(field)}`", _default(field), field.description or ""]
        rows.append("| " + " | ".join(" ".join(cell.replace("|", "\\|").split())
                                      for cell in cells) + " |")  # fmt: skip
    return "\n".join(rows) + "\n"


def _type_name(field: FieldInfo) -> str:
    """A type as a reader of YAML knows it."""
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
        return field.annotation.__name__
    schema = _field_schema(field)
    limits = {
        "minimum": "≥ {}",
        "exclusiveMinimum": "> {}",
        "maximum": "≤ {}",
        "exclusiveMaximum": "< {}",
    }

    def describe(part: dict[str, Any]) -> str:
        if "anyOf" in part:
            return " or ".join(dict.fromkeys(describe(option) for option in part["anyOf"]))
        if "$ref" in part:
            return str(part["$ref"].rpartition("/")[2])
        if "allOf" in part:
            return describe(part["allOf"][0])
        if "enum" in part:
            return " or ".join(map(str, part["enum"]))
        if "const" in part:
            return str(part["const"])
        bounds = [
            text.format(part[key])
            for key, text in limits.items()
            if key in part and part[key] != LARGEST
        ]
        suffix = f" {', '.join(bounds)}" if bounds else ""
        kind = str(part.get("type", "anything"))
        if kind == "array" and "prefixItems" in part:
            return "[" + ", ".join(describe(item) for item in part["prefixItems"]) + "]"
        if kind == "array":
            return f"list of {describe(part.get('items', {}))}"
        if kind == "object" and isinstance(part.get("additionalProperties"), dict):
            return f"mapping to {describe(part['additionalProperties'])}"
        names = {"object": "block", "string": "text", "boolean": "true or false"}
        return names.get(kind, kind) + suffix

    return describe(schema)


def _field_schema(field: FieldInfo) -> dict[str, Any]:
    """The JSON schema of one field."""
    annotated: Any = field.annotation
    for item in field.metadata:
        annotated = Annotated[annotated, item]
    schema = TypeAdapter(annotated).json_schema(by_alias=True)
    schema.pop("$defs", None)
    return schema


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = plain(field.default)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(field.default, BaseModel):
        return "its defaults"
    return f"`{value}`"


def _inner_models(model: type[BaseModel], known: tuple[type[BaseModel], ...] = ()) -> Iterator[
    type[BaseModel]
]:  # fmt: skip
    """The models of the blocks in a file, in the order in which a reader meets them."""
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            if inner not in known and inner is not model:
                known = (*known, inner)
                yield inner
                for deeper in _inner_models(inner, known):
                    known = (*known, deeper)
                    yield deeper


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """Every model in an annotation; a union may hold several."""
    direct = model_in(annotation) if isinstance(annotation, type) else None
    if direct is not None:
        return [direct]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]
