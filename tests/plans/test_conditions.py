from typing import Any

import pytest

from respectra.config import Condition
from respectra.plans.conditions import change_chain, plan_condition
from tests.config.conftest import Project, sentence

CHAIN = [
    {"is": "noise:photons", "electrons": 750},
    {"is": "exposure:to_mean", "mean": 0.18},
    {"is": "bits:truncate", "bits": 8},
    {"is": "jpeg:compress", "quality": 70, "subsampling": "4:2:0"},
]
PLAIN = [{"is": "bits:nearest", "bits": 8}, {"is": "jpeg:lossless"}]


def change(chain: list[dict[str, Any]], **settings: Any) -> list[Any]:
    return list(change_chain(chain, Condition(name="one", title="one", **settings)))


def test_a_condition_without_settings_keeps_the_chain() -> None:
    assert change(CHAIN) == CHAIN


@pytest.mark.parametrize(
    ("settings", "position", "part"),
    [
        ({"gain": 4.0}, 1, {"is": "exposure:to_mean", "mean": 0.72}),
        ({"electrons": 100.0}, 0, {"is": "noise:photons", "electrons": 100.0}),
        ({"quality": 30}, 3, {"is": "jpeg:compress", "quality": 30, "subsampling": "4:2:0"}),
        ({"quality": "lossless"}, 3, {"is": "jpeg:lossless"}),
    ],
)
def test_a_setting_changes_its_part(
    settings: dict[str, Any], position: int, part: dict[str, Any]
) -> None:
    expected = [*CHAIN]
    expected[position] = part
    assert change(CHAIN, **settings) == expected


def test_parts_are_left_out_and_added() -> None:
    assert change(CHAIN, electrons="none") == CHAIN[1:]
    balance = {"is": "white_balance:fixed", "gains": [1.2, 1.0, 0.8]}
    assert change(CHAIN, white_balance=(1.2, 1.0, 0.8)) == [CHAIN[0], balance, *CHAIN[1:]]
    assert change(PLAIN, white_balance=(1.2, 1.0, 0.8)) == [balance, *PLAIN]
    assert change(PLAIN, gain=2.0) == [{"is": "exposure:fixed", "gain": 2.0}, *PLAIN]
    assert change(PLAIN, electrons=50.0)[0] == {"is": "noise:photons", "electrons": 50.0}
    written = {"is": "jpeg:compress", "quality": 20, "subsampling": "4:2:0"}
    assert change(PLAIN, quality=20) == [PLAIN[0], written]


def test_every_kind_of_exposure_takes_a_gain() -> None:
    assert change([{"is": "exposure:fixed", "gain": 0.5}, *PLAIN], gain=2.0)[0]["gain"] == 1.0
    sweep = [{"is": "exposure:sweep", "gains": [0.5, 1.0]}, *PLAIN]
    assert change(sweep, gain=2.0)[0]["gains"] == [1.0, 2.0]


def test_a_plan_follows_what_the_condition_rests_on(project: Project) -> None:
    def plan(split: str = "valid.brighter") -> Any:
        return plan_condition(project.config, "places", split)

    first = plan()
    assert first["chain"][1] == {"is": "exposure:fixed", "gain": 2.0}
    assert (first["split"], first["light"], first["shuffle"]) == ("valid", None, False)
    assert plan("valid.brighter-lamp")["light"] == "A"
    project.edit("conditions/brighter.yaml", "title: brighter", "title: another title")
    assert plan() == first
    project.edit("conditions/brighter.yaml", "gain: 2.0", "gain: 4.0")
    assert plan() != first
    assert plan("valid.brighter-much")["chain"][1]["gain"] == 8.0


def test_a_response_of_another_camera_is_balanced(project: Project) -> None:
    other = (
        "title: Another\nresponse: {file: data/other.csv, columns: [R, G, B]}\nseed: 0\nchain: []\n"
    )
    project.write("config/cameras/another.yaml", other)
    project.write("data/other.csv", "wavelength_nm,R,G,B\n400,1,0,0\n700,0,1,1\n")
    project.edit("conditions/brighter.yaml", "light: null", "response: another")
    plan = plan_condition(project.config, "places", "valid.brighter")
    assert (plan["response"]["file"], plan["balanced"]) == ("data/other.csv", True)
    assert plan["chain"][0] == {"is": "noise:photons", "electrons": 750}


def test_a_response_is_a_table_of_ones_own_or_of_a_package(project: Project) -> None:
    def plan() -> Any:
        return plan_condition(project.config, "places", "valid.brighter")

    project.write("data/mine.csv", "nm,red,green,blue\n400,1,0,0\n700,0,1,1\n")
    table = "response_table: {file: data/mine.csv, columns: [red, green, blue], unit: relative}"
    project.edit("conditions/brighter.yaml", "light: null", table)
    first = plan()
    assert (first["response"]["file"], first["balanced"]) == ("data/mine.csv", True)
    project.write("data/mine.csv", "nm,red,green,blue\n400,1,0,0\n700,0,1,0.5\n")
    assert plan()["files"] != first["files"]

    package = "response_measured: {package: pyrsr, camera: Terra MODIS, columns: ['1', '4', '3']}"
    project.edit("conditions/brighter.yaml", table, package)
    measured = {"package": "pyrsr", "camera": "Terra MODIS", "columns": ["1", "4", "3"]}
    assert (plan()["response"], plan()["balanced"], plan()["files"]) == (measured, True, {})


def test_only_scored_splits_have_conditions(project: Project) -> None:
    config = project.config
    for split in ("train.brighter", "held_out.brighter", "valid"):
        assert sentence(lambda: plan_condition(config, "places", split)) == (  # noqa: B023
            f"places/{split}: is no scored split with a condition; write SPLIT.CONDITION"
        )
    assert sentence(lambda: plan_condition(config, "places", "valid.brigter")) == (
        "places/valid.brigter: brigter is no condition; did you mean brighter?"
    )
