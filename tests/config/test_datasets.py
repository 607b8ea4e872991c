import pytest

from respectra.config import Config
from tests.config.conftest import ROOT, Project, sentence

GRID = "{first: 400, last: 700, step: 10}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: Places", "title: Places\nname: places", "name is not known here; the name is that of the file, places"),
        ("read: {", "reed: {", "reed is not known here; did you mean read?"),
        ("folder: data/places", "foldr: data/places", "read: folder:read has no setting foldr; did you mean folder?"),
        ("folder: data/places, ", "", "read: folder:read needs the setting folder"),
        ("folder: data/places", "folder: 3", "read: folder: 3: must be a valid string; write it in quotes"),
        ("folder:read", "floder:read", "read: floder:read is no dataset; did you mean folder?"),
        ("quantity: radiance", "quantity: radience", "quantity: radience: must be 'radiance' or 'reflectance'"),
        ("crop: 8", "crop: -8", "crop: -8: must be greater than or equal to 0"),
        ("crop: 8", "crop: 8.0", "crop: 8.0: must be a valid integer"),
        ("crop: 8\n", "", "crop is missing"),
        ("size: [32, 48]", "size: [32]", "size: [32]: must have 2 items"),
        ("size: [32, 48]", "size: 32", "size: 32: must be a list"),
        ("size: [32, 48]", "size: {rows: 32}", "size: {rows: 32}: must be a list"),
        ("size: [32, 48]", "size: [32, 0]", "size.1: 0: must be greater than 0"),
        ("size: [32, 48]", "size: [32, 48, 3]", "size: [32, 48, 3]: must have at most 2 items"),
        ("size: [32, 48]", "size: ['32', 48]", "size.0: '32': must be a valid integer"),
        ("range: [0, 1]", "range: [1, 0]", "range: [1.0, 0.0]: the first value must be the smaller one"),
        ("range: [0, 1]", "range: [0, 1]\nmaximum: 100", "maximum: 100: must be in range, [0.0, 1.0]"),
        ("range: [0, 1]", "range: [0, 1]\nzeros: {floor: 2}", "zeros.floor: 2: must be in range, [0.0, 1.0]"),
        ("range: [0, 1]", "range: [0, 1.0e+300]", "range.1: 1.0e+300: must be less than or equal to 1000000000"),
        ("range: [0, 1]", "range: [0, .nan]", "range.1: .nan: must be a finite number"),
        (GRID, "{first: 800, last: 700, step: 10}", "wavelengths_nm: last: 700 nm is below first, 800 nm"),
        (GRID, "{frist: 400, last: 700, step: 10}", "wavelengths_nm.frist is not known here; did you mean first?"),
        (GRID, "{first: 400, last: 700}", "wavelengths_nm.step is missing"),
        (GRID, "{first: 400, last: 700, step: 0}", "wavelengths_nm.step: 0: must be greater than 0"),
        (GRID, "{first: 400, last: 700, step: 1e1}", "wavelengths_nm.step: 1e1: must be a valid number; YAML reads 1e1 as text, write 1.0e+1"),
        (GRID, "[400, green]", "wavelengths_nm.1: green: must be a valid number"),
        (GRID, "[500, 400]", "wavelengths_nm: [500.0, 400.0]: must ascend and not be empty"),
        (GRID, "[400, 400]", "wavelengths_nm: [400.0, 400.0]: must ascend and not be empty"),
        (GRID, "[]", "wavelengths_nm: []: must ascend and not be empty"),
        (GRID, "400", "wavelengths_nm: 400: must be keys and values or a list"),
        ("size: [32, 48]", "zeros: refus", "zeros: refus: must be 'refuse' or 'leave_out' or keys and values"),
        ("size: [32, 48]", "zeros: {flor: 1}", "zeros.flor is not known here; did you mean floor?"),
        ("size: [32, 48]", "zeros: {floor: 1e-4}", "zeros.floor: 1e-4: must be a valid number; YAML reads 1e-4 as text, write 1.0e-4"),
        ("size: [32, 48]", "zeros: {floor: 0}", "zeros.floor: 0: must be greater than 0"),
        ("size: [32, 48]", "stored: float64", "stored: float64: must be 'float32' or 'float16'"),
        ("splits: [train, valid, test]", "splits: train", "splits: train: must be a list; write [train]"),
        ("splits: [train, valid, test]", "splits: []", "splits: names no split"),
        ("splits: [train, valid, test]", "splits: [Train]", "splits: 'Train' is no name: a name has lower-case letters, digits and underscores only; rename it to train"),
        ('{provided: "rgb/{scene}.jpg"}', "simulate", "observations: simulate: must be 'simulated' or keys and values"),
        ('{provided: "rgb/{scene}.jpg"}', "{provide: x}", "observations.provide is not known here; did you mean provided?"),
        ("camera: plain", "camera: plian", "camera: plian is no camera; did you mean plain?"),
        ("camera: plain", "camera: ../cameras/plain", "camera: ../cameras/plain is no camera; known are plain"),
        ("cite: someone2020\n  ", "", "get.cite is missing"),
        ("is: dropped", "is: droped", "get.sources.0: droped is no source; did you mean dropped?"),
        ("is: dropped, folder", "is: dropped, missing: [], folder", "get.sources.0: missing: dropped receives it from its caller; remove it"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_data_set(project: Project, old: str, new: str, message: str) -> None:
    config = project.edit("datasets/places.yaml", old, new)
    text = sentence(lambda: config.dataset("places"))
    assert text == f"config/datasets/places.yaml: {message}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("scenes: 3", "scenes: 0", "read: scenes: 0: must be greater than or equal to 1"),
        ("split: whole", "split: hole", "classify.split: hole is no split; did you mean whole?"),
        ("samples: standard", "samples: standrd", "classify.samples: standrd: must be 'standard' or 'disjoint'"),
        ("folder: data/labels", "window: [0, 1]", "classify.labels: window: [0, 1]: must have 4 items"),
        (", side: 3", "", "classify.network: tiny:Classifier needs the setting side"),
        (", side: 3", ", side: 3, classes: 9", "classify.network: classes: tiny:Classifier receives it from its caller; remove it"),
        ("lr: 1.0e-3", "lr: 1e-3", "classify.optimizer: lr: 1e-3: must be a number above 0; YAML reads 1e-3 as text, write 1.0e-3"),
        ("runs: 10", "runs: 0", "classify.runs: 0: must be greater than 0"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_classification(project: Project, old: str, new: str, message: str) -> None:
    config = project.edit("datasets/classified.yaml", old, new)
    text = sentence(lambda: config.dataset("classified"))
    assert text == f"config/datasets/classified.yaml: {message}"


def test_wavelengths_are_a_grid_a_list_or_in_the_files(project: Project) -> None:
    config = project.config
    assert config.dataset("places").wavelengths() == [400.0 + 10 * i for i in range(31)]
    assert config.dataset("classified").wavelengths() == [400.0, 500.0, 600.0]
    assert config.dataset("folder").wavelengths() is None


def test_the_folder_of_a_data_set_may_be_a_choice(project: Project) -> None:
    assert project.config.dataset("folder").read["folder"] is None


def test_a_variant_of_a_data_set_changes_what_it_states_and_nothing_else(project: Project) -> None:
    config = project.config
    places, grouped = config.dataset("places"), config.dataset("places-grouped")
    assert grouped.read == {**places.read, "splits": "data/grouped.csv"}
    same = {"name": "places", "title": places.title, "read": places.read}
    assert grouped.model_copy(update=same) == places
    assert sentence(lambda: config.dataset("places-groupd")) == (
        "config/datasets/places.yaml: groupd is no variant of places; did you mean grouped?"
    )


def test_every_data_set_of_this_project_is_read() -> None:
    config = Config(ROOT)
    assert [config.dataset(name).name for name in config.datasets] == config.datasets
