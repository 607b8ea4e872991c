import pytest

from respectra.config import Config
from respectra.config.conditions import LIGHTS
from tests.config.conftest import ROOT, Project, sentence


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("gain: 2.0", "gian: 2.0", "gian is not known here; did you mean gain?"),
        ("gain: 2.0", "gain: 0.0", "gain: 0.0: must be greater than 0"),
        ("gain: 2.0", "gain: '2'", "gain: '2': must be a valid number"),
        ("light: null", "light: LED-B33", "light: LED-B33 is no light; did you mean LED-B3?"),
        ("light: null", "camera: plan", "camera: plan is no camera; did you mean plain?"),
        ("light: null", "response: plan", "response: plan is no camera; did you mean plain?"),
        ("light: null", "quality: 101", "quality: 101: must be less than or equal to 100 or 'lossless'"),
        ("light: null", "electrons: 0.0", "electrons: 0.0: must be greater than 0 or 'none'"),
        ("light: null", "white_balance: [1.0, 1.0]", "white_balance: [1.0, 1.0]: must have 3 items"),
        ("light: null", "camera: plain\nresponse: plain", "response: a condition has one camera or response, and this one also states camera; remove one, or write a camera with this response"),
        ("light: null", "response: plain\nresponse_table: {file: a.csv, columns: [R, G, B]}", "response_table: a condition has one camera or response, and this one also states response; remove one, or write a camera with this response"),
        ("light: null", "response_table: {file: a.csv, colums: [R, G, B]}", "response_table.colums is not known here; did you mean columns?"),
        ("light: null", "response_measured: {package: colour, camera: Nikon, columns: [red, green, blue]}", "response_measured.package: colour: must be 'colour-science' or 'pyrsr'"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_condition(project: Project, old: str, new: str, message: str) -> None:
    text = "title: brighter\ngain: 2.0\nlight: null\n".replace(old, new)
    project.write("config/conditions/brighter.yaml", text)
    config = project.config
    assert sentence(lambda: config.condition("brighter")) == (
        f"config/conditions/brighter.yaml: {message}"
    )


def test_a_condition_has_variants(project: Project) -> None:
    config = project.config
    assert config.conditions == ["brighter", "brighter-lamp", "brighter-much"]
    much = config.condition("brighter-much")
    assert (much.title, much.gain, much.light) == ("much brighter", 8.0, None)
    assert config.condition("brighter-lamp").light == "A"
    assert sentence(lambda: config.condition("brighter-mush")) == (
        "config/conditions/brighter.yaml: mush is no variant of brighter; did you mean much?"
    )
    assert sentence(lambda: config.check_known("conditions", "brigher", "here")) == (
        "here: brigher is no condition; did you mean brighter?"
    )


def test_a_condition_cannot_have_the_name_of_files_of_classes(project: Project) -> None:
    project.write("config/conditions/classes.yaml", "title: classes\n")
    assert "a condition cannot be called classes" in sentence(project.config.check_everything)


def test_every_light_is_one_of_colour_science() -> None:
    import colour

    assert set(LIGHTS) <= set(colour.SDS_ILLUMINANTS)


def test_every_condition_of_this_project_is_read() -> None:
    config = Config(ROOT)
    assert {config.condition(name).title for name in config.conditions}
    assert config.condition("gain").gain == 1.0
