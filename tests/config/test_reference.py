import json

from respectra.config.methods import Method, Phase
from respectra.config.reference import FILES, write_reference, write_schema
from tests.config.conftest import ROOT


def test_the_page_and_the_schema_are_current() -> None:
    assert (ROOT / "docs/configuration.md").read_text(encoding="utf-8") == write_reference()
    assert (ROOT / "config/schema.json").read_text(encoding="utf-8") == write_schema()


def test_every_key_is_described() -> None:
    page = write_reference()
    for model in (*FILES.values(), Phase):
        for name, field in model.model_fields.items():
            if name == "name":
                continue
            assert field.description, f"{model.__name__}.{name}"
            assert f"| `{field.alias or name}` |" in page
            assert " ".join(field.description.replace("|", "\\|").split()) in page


def test_the_schema_states_types_and_limits_and_not_the_name() -> None:
    definitions = json.loads(write_schema())["$defs"]
    assert definitions["Phase"]["properties"]["batch"]["exclusiveMinimum"] == 0
    assert "name" not in definitions["Method"]["properties"]
    assert set(definitions["Method"]["properties"]) == {
        *(set(Method.model_fields) - {"name"}), "variants", "small",
    }  # fmt: skip
    assert definitions["Method"]["additionalProperties"] is False
