import csv
import re
from pathlib import Path

import pytest
import yaml

from respectra.config import Config
from respectra.costs.paper import estimate_trainings
from respectra.costs.training_times import (
    DEVICES,
    TrainingTime,
    compare_training_times,
    find_rate,
    list_training_times,
    parse_hours,
    read_rates,
)
from tests.conftest import ROOT
from tests.small_project import PAPER, write_project


def list_times(config: Config, paper: str, **changes: object) -> list[TrainingTime]:
    choices = config.choices().model_copy(update=changes)
    costs = estimate_trainings(config, paper, "full", choices)
    return list(list_training_times(config, paper, "full", choices, costs))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Net takes half an hour; Pair rests on two trainings of it. Linear is not trained."""
    write_project(tmp_path)
    table = {**PAPER["tables"]["scores"], "published": True}
    path = tmp_path / "config/papers/study.yaml"
    path.write_text(yaml.safe_dump({**PAPER, "tables": {"scores": table}}))
    published = tmp_path / "published/study/scores.csv"
    published.parent.mkdir(parents=True)
    rows = ["Net,a,TrainTime,3 days,,", "Pair,a,TrainTime,6 hours,,", "Pair,a,GPU,2x A100,,",
            "Linear,a,TrainTime,1 s,,"]  # fmt: skip
    published.write_text("\n".join(["row,column,metric,value,unit,note", *rows]) + "\n")
    (tmp_path / DEVICES).write_text("device,float32_tflops\nH200,67\nA100,19.5\n")
    return Config(tmp_path)


def test_a_published_time_stands_next_to_the_hours_of_all_trainings(config: Config) -> None:
    net, pair = list_times(config, "study")
    assert (net.row, net.printed, net.hours, net.scaled_hours) == ("Net", "3 days", 0.5, None)
    assert (pair.device, pair.hours) == ("2x A100", 1.0)
    assert pair.scaled_hours == pytest.approx(67 / 39)
    assert net.ratio is None
    assert pair.ratio == pytest.approx(67 / 39 / 6)
    first, second = compare_training_times([net, pair])
    assert first.split()[:3] == ["Net", "3", "days"]
    assert first.endswith(" 0.5 hours of an H200 here")
    assert second.endswith(" 1 hours of an H200 here, about 1.72 hours on that device")


def test_seeds_repeat_the_training_of_a_network(config: Config) -> None:
    net, pair = list_times(config, "study", seeds=(0, 1, 2))
    assert (net.hours, pair.hours) == (0.5, 1.0)


def test_the_rate_of_an_unknown_device_is_not_known(tmp_path: Path) -> None:
    assert read_rates(tmp_path / "none.csv") == {}
    assert find_rate("Tesla V100 32GB", {"V100": 15.7}) == 15.7
    assert find_rate("GTX 1080Ti", {"GTX 1080": 8.9, "GTX 1080Ti": 11.3}) == 11.3
    assert find_rate("GTX 1080", {"GTX 1080": 8.9, "GTX 1080Ti": 11.3}) == 8.9
    assert find_rate("V100 + a CPU", {"V100": 15.7}) is None
    assert parse_hours("20 days") == 480


def test_every_team_of_the_challenge_states_its_time() -> None:
    with open(ROOT / "published/ntire2022/table2.csv", newline="", encoding="utf-8") as file:
        rows = {line["row"] for line in csv.DictReader(file)}
    times = {time.row: time for time in list_times(Config(ROOT), "ntire2022")}
    assert times.keys() == rows
    assert times["MST++"].method == "mst_plus_plus"  # 40 hours for "a network", section 6.1
    assert times["MIALGO"].printed == "5 days"
    assert times["MIALGO"].method == "mialgo_ensemble"  # the training on one case is part of it


@pytest.mark.parametrize("row", ["IVL", "OPT_KLSIT", "Image Lab"])
def test_a_departure_states_the_share_of_the_published_time(row: str) -> None:
    parts = {"third": 3, "seventh": 7, "tenth": 10, "fourteenth": 14}
    config = Config(ROOT)
    (time,) = [time for time in list_times(config, "ntire2022") if time.row == row]
    methods = {time.method, *(member.method for member in config.method(time.method).members)}
    text = " ".join(line for method in methods for line in config.method(method).departures)
    shares = re.findall(r"takes a (\w+) of the [^,;]* of Table 2", text)
    assert [1 / parts[share] for share in shares] == [pytest.approx(time.ratio, rel=0.15)]


def test_lengths_agree_with_the_published_times_or_departures_say_why() -> None:
    """Within a factor of three, on the paper's device; both exceptions have printed lengths."""
    config = Config(ROOT)
    exceptions = {}
    for time in list_times(config, "ntire2022"):
        assert time.ratio is not None
        if not 1 / 3 < time.ratio < 3:
            exceptions[time.row] = [
                time.method,
                *(m.method for m in config.method(time.method).members),
            ]
    assert exceptions.keys() == {"IVL", "Image Lab"}
    for methods in exceptions.values():
        departures = [text for method in methods for text in config.method(method).departures]
        assert any("of Table 2" in text and "is stated" in text for text in departures)
