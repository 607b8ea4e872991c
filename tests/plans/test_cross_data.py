from typing import Any

import pytest

from respectra.config import Choices, Config
from respectra.plans import steps
from respectra.plans.conditions import find_margin, scored_dataset
from respectra.plans.cross_data import (
    describe_pairs,
    list_conditions,
    list_in_place,
    plan_control,
    plan_cross_data,
    plan_reconstruct,
    scored_manifest,
)
from respectra.plans.editions import Edition
from respectra.plans.figures import plan_figure
from respectra.plans.steps import plan_train
from respectra.plans.tables import plan_table
from tests.config.conftest import Project, sentence

MADE = """
    title: {title}
    read: {{is: "made:make", scenes: 3}}
    quantity: radiance
    wavelengths_nm: {bands}
    splits: [train, valid]
    camera: plain
    crop: {crop}
"""
TABLE = """
    title: Far
    tolerance: 0.05
    tables:
      matrix:
        is: cross
        caption: Matrix
        published: false
        datasets: [hills, towns, folder, places]
        columns: [{label: valid, dataset: places, split: valid, metrics: {MRAE: mrae}}]
        rows: {Net: net, Linear: linear}
    figures:
      matrix:
        is: bars:cross
        caption: Matrix
        dataset: places
        split: valid
        methods: [net]
        datasets: [hills, towns, folder, places]
        settings: {metric: mrae}
"""


@pytest.fixture
def far(project: Project) -> Project:
    """A project with two data sets that are planned and a matrix of them."""
    tens = "{first: 400, last: 700, step: 10}"
    fives = "{first: 450, last: 750, step: 5}"
    for name, bands, crop in (("hills", tens, 2), ("towns", fives, 4)):
        text = MADE.format(title=name.capitalize(), bands=bands, crop=crop)
        project.write(f"config/datasets/{name}.yaml", text)
    project.write("config/papers/far.yaml", TABLE)
    return project


def plan(config: Config, edition: str = "demo", **chosen: Any) -> Any:
    choices = config.choices().model_copy(update=chosen)
    return plan_table(config, "far", "matrix", edition, choices)


def test_the_name_of_a_data_set_is_a_condition(far: Project) -> None:
    config = far.config
    assert config.condition("towns").scenes == "towns"
    assert config.condition("places-grouped").title == "Places, grouped"
    assert scored_dataset(config, "hills", "valid.towns") == "towns"
    assert scored_dataset(config, "hills", "valid.brighter") == "hills"
    assert scored_manifest(config, "hills", "valid.towns") == "results/datasets/towns/scenes.csv"
    assert find_margin(config, "hills", "valid.towns") == 4
    assert {"hills", "places-grouped"} <= set(list_conditions(config))
    assert "brighter" not in list_conditions(config)


def test_a_condition_takes_scenes_and_another_camera(far: Project) -> None:
    far.write("config/conditions/dim_towns.yaml", "{title: dim towns, scenes: towns, gain: 0.5}")
    planned = plan_cross_data(far.config, "hills", "valid.dim_towns")
    assert (planned["scenes"], planned["split"]) == ("towns", "valid")
    assert {"is": "exposure:fixed", "gain": 0.5} in planned["chain"]
    assert "dim_towns" in list_conditions(far.config)
    far.edit("conditions/dim_towns.yaml", "gain: 0.5", "shuffle: true")
    assert "shuffle: a condition with scenes of another data set" in sentence(
        lambda: far.config.condition("dim_towns")
    )
    far.edit("conditions/dim_towns.yaml", "scenes: towns, shuffle: true", "scenes: town")
    assert "town is no data set; did you mean towns?" in sentence(
        lambda: far.config.condition("dim_towns")
    )


def test_a_condition_does_not_take_the_name_of_a_data_set(far: Project) -> None:
    far.write("config/conditions/towns.yaml", "{title: towns, gain: 2.0}")
    assert "towns is the name of a data set" in sentence(lambda: far.config.condition("towns"))


def test_what_is_trained_on_is_the_data_set_of_the_path(far: Project) -> None:
    cells = plan(far.config)["cells"]
    assert [(cell["row"], cell["column"], cell["scores"]) for cell in cells][:4] == [
        ("Net, trained on hills", "hills", "results/score/hills/net/demo-seed0/valid.hills.csv"),
        ("Net, trained on hills", "towns", "results/score/hills/net/demo-seed0/valid.towns.csv"),
        ("Net, trained on towns", "hills", "results/score/towns/net/demo-seed0/valid.hills.csv"),
        ("Net, trained on towns", "towns", "results/score/towns/net/demo-seed0/valid.towns.csv"),
    ]
    assert len(cells) == 8


def test_no_method_is_trained_again(far: Project) -> None:
    """The trainings are those that every other table of the data set rests on."""
    config = far.config
    trained = plan(config)["trained"]
    assert {path: training["rows"] for path, training in trained.items()} == {
        "results/train/hills/net/demo-seed0/plan.yaml": ["Net, trained on hills"],
        "results/train/towns/net/demo-seed0/plan.yaml": ["Net, trained on towns"],
    }
    choices = config.choices()
    for name in ("hills", "towns"):
        path = f"results/train/{name}/net/demo-seed0/plan.yaml"
        other = plan_table(config, "overview", "methods", f"demo.{name}", choices)["trained"][path]
        assert trained[path]["plan"] == other["plan"] == plan_train(config, "net", "demo")


def test_columns_name_the_scored_data(far: Project) -> None:
    planned = plan(far.config)
    assert [column["source"] for column in planned["columns"]] == ["hills/valid", "towns/valid"]
    assert planned["edition"]["stand_in"] == "Hills; Towns"
    assert planned["settings"]["datasets"]["Linear, trained on towns"] == "towns"
    assert planned["remark"] == "hills and towns have 26 bands, 450 to 700 nm in common"


def test_a_single_data_set_is_no_error(far: Project) -> None:
    far.edit("papers/far.yaml", "[hills, towns, folder, places]", "[hills, places]")
    planned = plan(far.config)
    assert planned["remark"] == (
        "Only hills is in place, so no method is scored on another data set"
    )
    assert len(planned["cells"]) == 2


def test_data_sets_whose_files_exist_are_in_place(far: Project) -> None:
    config, names = far.config, ["hills", "folder", "places"]
    choices, paper_data = config.choices(), Edition("demo", None)
    assert list_in_place(config, names, paper_data, choices) == ["hills"]
    assert list_in_place(config, [], Edition("demo", "folder"), choices) == []
    assert list_in_place(config, names, Edition("demo", "folder"), choices) == ["folder", "hills"]
    here = choices.model_copy(update={"folder": str(far.root)})
    assert list_in_place(config, names, paper_data, here) == ["hills", "folder"]


def test_data_sets_without_common_bands_are_refused_at_planning(far: Project) -> None:
    far.edit("datasets/towns.yaml", "first: 450, last: 750", "first: 690, last: 900")
    refused = (
        "hills and towns: 400 to 700 nm and 690 to 900 nm share 2 bands; at least 4 are needed"
    )
    assert refused in sentence(lambda: plan(far.config))
    assert refused in sentence(lambda: plan_cross_data(far.config, "hills", "valid.towns"))
    assert "towns has no split test" in sentence(
        lambda: plan_cross_data(far.config, "hills", "test.towns")
    )


def test_a_figure_shows_the_pairs_row_by_row(far: Project) -> None:
    planned = plan_figure(far.config, "far", "matrix", "demo", far.config.choices())
    (method,) = planned["methods"]
    assert [each["scores"] for each in method["conditions"]] == [
        ["results/score/hills/net/demo-seed0/valid.hills.csv"],
        ["results/score/hills/net/demo-seed0/valid.towns.csv"],
        ["results/score/towns/net/demo-seed0/valid.hills.csv"],
        ["results/score/towns/net/demo-seed0/valid.towns.csv"],
    ]
    assert method["reconstructions"] == []
    assert planned["settings"] == {"metric": "mrae", "datasets": ["hills", "towns"]}
    assert planned["scenes"] == "results/datasets/hills/scenes.csv"


def test_only_plans_of_other_scenes_name_the_common_bands(far: Project) -> None:
    config = far.config
    of_network = plan_reconstruct(config, "net", "demo-seed0", "hills", "valid")
    assert of_network == steps.plan_reconstruct(config, "net", "demo-seed0", "hills")
    assert plan_reconstruct(config, "net", "demo-seed0", "hills", "valid.towns")["common_bands"]
    of_control = plan_control(config, "linear", "demo", "valid.brighter")
    assert of_control == steps.plan_control(config, "linear", "demo")
    assert plan_control(config, "linear", "demo", "valid.towns")["common_bands"]
    assert "common_bands" not in plan_control(config, "hidden", "demo", "valid.towns")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[hills, towns", "[hills, hills", "datasets: hills is given twice"),
        ("[hills, towns", "[hills, town", "datasets: town is no data set"),
        ("published: false", "published: false\n    conditions: [brighter]", "datasets and"),
    ],
)
def test_data_sets_of_a_table_are_checked(far: Project, old: str, new: str, expected: str) -> None:
    config = far.edit("papers/far.yaml", old, new)
    assert expected in sentence(lambda: config.paper("far"))


def test_pairs_of_the_same_bands_need_no_sentence(far: Project) -> None:
    assert describe_pairs(far.config, ["hills", "places", "folder"]) == []
    choices: Choices = far.config.choices()
    assert choices.folder == "data/folder"
