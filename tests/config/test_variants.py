"""Variants that every method has, and those of one file."""

import pytest

from respectra.build import ConfigError
from tests.config.conftest import Project


def test_every_method_has_the_common_variants_and_lists_its_own(project: Project) -> None:
    project.write("config/variants.yaml", "plausible: {plausible: camera}\n")
    config = project.config
    assert config.plausible_variants == ["plausible"]
    for method in ("linear", "net"):
        assert config.method(f"{method}-plausible").plausible == "camera"
    assert config.variants("linear") == []
    config.check_everything()


@pytest.mark.parametrize("text", ["plausible: {}", "other: {plausible: camera, title: Other}"])
def test_plausible_is_the_only_change_of_a_common_variant(project: Project, text: str) -> None:
    project.write("config/variants.yaml", text)
    linear = "title: Linear\ncontrol: {is: linear}\nplausible: camera\n"
    project.write("config/methods/linear.yaml", linear)
    config = project.config
    for name in ("linear", "linear-other") if "other" in text else ("linear",):
        with pytest.raises(ConfigError, match=r"plausible: only a variant in config/variants.yaml"):
            config.method(name)


def test_a_common_variant_is_keys_and_values(project: Project) -> None:
    project.write("config/variants.yaml", "plausible: camera\n")
    with pytest.raises(ConfigError, match="config/variants.yaml: variants.plausible: camera: must"):
        project.config.method("linear")
