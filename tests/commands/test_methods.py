import pytest
import yaml

from respectra.commands.methods import list_methods, show_method
from respectra.config import Config, ConfigError


def test_list_has_a_line_per_method_and_one_of_its_variants(config: Config) -> None:
    lines = list_methods(config).splitlines()
    assert lines[0] == f"{'linear':26} {'control':9} linear"
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == [
        "linear", "net", "other", "fitted", "pair",
    ]  # fmt: skip
    assert lines[2].strip() == "variants: flips, half_patch, held_out"


def test_show_resolves_a_variant_at_a_budget(config: Config) -> None:
    settings = yaml.safe_load(show_method(config, "net-half_patch", "demo"))
    assert settings["train"][0]["patch"] == 32
    assert settings["train"][0]["iterations"] == 30
    assert settings["reconstruct"]["self_ensemble"] == "none"


def test_show_prints_every_kind(config: Config) -> None:
    ensemble = yaml.safe_load(show_method(config, "pair", "full"))
    assert ensemble["members"] == ["net/full-seed0", "net/full-seed1"]
    control = yaml.safe_load(show_method(config, "linear", "full"))
    assert control["control"] == {"is": "linear"}


def test_show_names_the_nearest_method(config: Config) -> None:
    with pytest.raises(ConfigError, match="othr is no method; did you mean other"):
        show_method(config, "othr", "full")
