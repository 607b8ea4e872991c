import pytest

from respectra.config import Config
from tests.config.conftest import ROOT, Project, sentence


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("noise:photons", "noise:photns", "chain.0: photns is no camera; did you mean photons?"),
        ("noise:photons", "nois:photons", "chain.0: nois:photons is no camera; did you mean noise?"),
        ("noise:photons", "noise", "chain.0: noise is no camera; write noise:NAME"),
        ("electrons: 750", "electrons: 0", "chain.0: electrons: 0: must be greater than 0"),
        ("electrons: 750", "electrons: '750'", "chain.0: electrons: '750': must be a valid number"),
        ("electrons: 750", "electrons: 750, rng: 3", "chain.0: rng: noise:photons receives it from its caller; remove it"),
        ("bits: 8", "bits: 8.5", "chain.1: bits: 8.5: must be a valid integer"),
        ("columns: [R, G, B]", "columns: [R, G]", "response.columns: [R, G]: must have 3 items"),
        ("columns: [R, G, B]", "columns: RGB", "response.columns: RGB: must be a list; write [RGB]"),
        ("columns: [R, G, B]", "columns: [R, G, 3]", "response.columns.2: 3: must be a valid string; write it in quotes"),
        ("columns: [R, G, B]", "columns: [R, G, B], gains: [1, 1, 0]", "response.gains.2: 0: must be greater than 0"),
        ("seed: 0", "seed: -1", "seed: -1: must be greater than or equal to 0"),
        ("seed: 0", "seed: 0.0", "seed: 0.0: must be a valid integer"),
        ("chain:", "chains:", "chains is not known here; did you mean chain?"),
        ("title: A camera", "title: A camera\nname: b", "name is not known here; the name is that of the file, plain"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_camera(project: Project, old: str, new: str, message: str) -> None:
    config = project.edit("cameras/plain.yaml", old, new)
    assert sentence(lambda: config.camera("plain")) == f"config/cameras/plain.yaml: {message}"


def test_gains_are_one_if_the_file_states_none(project: Project) -> None:
    assert project.config.camera("plain").response.gains == (1.0, 1.0, 1.0)


def test_every_camera_of_this_project_is_read_and_has_its_response() -> None:
    config = Config(ROOT)
    for name in config.names("cameras"):
        assert (ROOT / config.camera(name).response.file).is_file()
