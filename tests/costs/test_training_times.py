from pathlib import Path

import yaml

from respectra.config import Config
from respectra.costs.paper import estimate_trainings
from respectra.costs.training_times import compare_training_times
from tests.conftest import ROOT
from tests.small_project import PAPER, write_project


def compare(config: Config, paper: str) -> list[str]:
    choices = config.choices()
    costs = estimate_trainings(config, paper, "full", choices)
    return list(compare_training_times(config, paper, "full", choices, costs))


def test_a_published_time_stands_next_to_the_hours_of_all_trainings(tmp_path: Path) -> None:
    """Net takes half an hour; Pair rests on two trainings of it. Linear is not trained."""
    config = write_project(tmp_path)
    table = {**PAPER["tables"]["scores"], "published": True}
    path = tmp_path / "config/papers/study.yaml"
    path.write_text(yaml.safe_dump({**PAPER, "tables": {"scores": table}}))
    published = tmp_path / "published/study/scores.csv"
    published.parent.mkdir(parents=True)
    rows = ["Net,a,TrainTime,3 days,,", "Pair,a,TrainTime,6 days,,", "Pair,a,GPU,A100,,",
            "Linear,a,TrainTime,1 s,,"]  # fmt: skip
    published.write_text("\n".join(["row,column,metric,value,unit,note", *rows]) + "\n")
    net, pair = (line.split() for line in compare(Config(config.root), "study"))
    assert (net[:3], net[-3]) == (["Net", "3", "days"], "0.5")
    assert (pair[:5], pair[-3]) == (["Pair", "6", "days", "on", "A100"], "1.0")


def test_every_team_of_the_challenge_states_its_time() -> None:
    lines = compare(Config(ROOT), "ntire2022")
    assert len(lines) == 12
    (mialgo,) = [line for line in lines if line.startswith("MIALGO")]
    assert "5 days on 8x Tesla V100 32GB" in mialgo
