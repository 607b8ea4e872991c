import re
from pathlib import Path

import pytest
import yaml

from respectra.config import Config
from respectra.costs.paper import (
    STEP_TIMES,
    estimate_disk,
    estimate_trainings,
    read_step_times,
    report_costs,
)
from tests.conftest import ROOT
from tests.small_project import BANDS, NET, PAPER, SCENES, SIZE, STEP_SECONDS, write_project

SCENE_BYTES = SIZE[0] * SIZE[1] * (BANDS * 4 + 3)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return write_project(tmp_path)


def rewrite_paper(config: Config, **changes: object) -> Config:
    """The same project with other tables or figures."""
    path = config.root / "config/papers/study.yaml"
    path.write_text(yaml.safe_dump({**PAPER, **changes}))
    return Config(config.root)


def test_hours_are_iterations_times_measured_seconds(config: Config) -> None:
    costs = {c.method: c for c in estimate_trainings(config, "study", "full", config.choices())}
    net, half = costs["net"], costs["net-half_patch"]
    assert (net.basis, half.basis) == ("measured", "scaled")
    assert net.hours == pytest.approx(2 * 3600 * STEP_SECONDS / 3600)  # two seeds: Pair has seed 1
    assert half.seconds == pytest.approx(STEP_SECONDS / 4)  # a quarter of the pixels
    assert half.runs == 1


def test_seconds_of_an_unmeasured_network_follow_from_its_multiplications(config: Config) -> None:
    costs = {c.method: c for c in estimate_trainings(config, "study", "full", config.choices())}
    assert costs["other"].basis == "counted"
    assert costs["other"].seconds == pytest.approx(STEP_SECONDS * 8e9 / 4e9)


def test_a_paper_needs_the_trainings_that_the_workflow_plans() -> None:
    """Members of the challenge's ensembles have one seed each, which is not that of the choices."""
    config = Config(ROOT)
    choices = config.choices({"dataset": "paper", "budget": "full"})
    runs = {c.method: c.runs for c in estimate_trainings(config, "ntire2022", "full", choices)}
    assert runs["ssr_han-rate_2"] == runs["ssr_han-batch_16"] == 1
    assert runs["mst_plus_plus-patch_64"] == runs["mst_plus_plus-patch_256"] == 1


def test_a_wider_variant_takes_longer(tmp_path: Path) -> None:
    """Twice the multiply-accumulates take twice the measured seconds."""
    wide = {"network.width": 8, "expect.macs": 8e9}
    net = {**NET, "variants": {**NET["variants"], "wide": wide}}
    config = write_project(tmp_path)
    (config.root / "config/methods/net.yaml").write_text(yaml.safe_dump(net))
    table = {**PAPER["tables"]["scores"], "rows": {"Wide": "net-wide"}}
    config = rewrite_paper(Config(config.root), tables={"scores": table}, figures={})
    (cost,) = estimate_trainings(config, "study", "full", config.choices())
    assert (cost.basis, cost.seconds) == ("scaled", pytest.approx(2 * STEP_SECONDS))


def test_a_small_network_is_counted_because_the_measured_one_is_large(config: Config) -> None:
    costs = {c.method: c for c in estimate_trainings(config, "study", "demo", config.choices())}
    assert {cost.basis for cost in costs.values()} == {"counted"}
    assert costs["net"].iterations == 30


def test_the_longest_training_comes_first(config: Config) -> None:
    costs = estimate_trainings(config, "study", "full", config.choices())
    assert [cost.method for cost in costs] == ["net", "other", "net-half_patch"]


def test_every_training_of_the_paper_is_counted_once(config: Config) -> None:
    choices = config.choices()
    two_seeds = choices.model_copy(update={"seeds": (0, 1)})
    one = {c.method: c.runs for c in estimate_trainings(config, "study", "full", choices)}
    two = {c.method: c.runs for c in estimate_trainings(config, "study", "full", two_seeds)}
    assert one == {"net": 2, "net-half_patch": 1, "other": 1}  # Net and Pair share seed 0
    assert two == {"net": 2, "net-half_patch": 2, "other": 2}


def test_trainings_shown_only_in_figures_are_counted(config: Config) -> None:
    config = rewrite_paper(config, tables={})
    costs = estimate_trainings(config, "study", "full", config.choices())
    assert {cost.method: cost.runs for cost in costs} == {"net-half_patch": 1, "other": 1}


def test_disk_holds_the_used_cubes_and_every_reconstruction(config: Config) -> None:
    disk = estimate_disk(config, "study", "full", config.choices())
    assert disk["cubes and pictures"] == SCENE_BYTES * (SCENES["train"] + SCENES["valid"])
    # Linear, Net, Pair and Pair's second member
    assert disk["reconstructions"] == SCENE_BYTES * SCENES["valid"] * 4


def test_disk_holds_the_held_out_scenes_that_weights_are_fitted_to(config: Config) -> None:
    table = {**PAPER["tables"]["scores"], "rows": {"Fitted": "fitted"}}
    config = rewrite_paper(config, tables={"scores": table}, figures={})
    disk = estimate_disk(config, "study", "full", config.choices())
    files_of_members = 2 * (SCENES["valid"] + 0.05 * SCENES["train"])
    expected = SCENE_BYTES * (SCENES["valid"] + files_of_members)
    assert disk["reconstructions"] == pytest.approx(expected)


def test_the_report_has_a_line_per_method_and_the_sums(config: Config) -> None:
    lines = list(report_costs(config, "study", "full", config.choices()))
    assert lines[1].split() == ["net", "2", "3,600", "0.500", "1.0", "–", "measured"]
    assert lines[4] == "3 networks, 4 trainings: 2 hours"
    assert lines[5].startswith("cubes and pictures: ")
    assert STEP_TIMES in lines[-1]


def test_hours_of_the_public_code_stand_beside_ours(config: Config) -> None:
    path = config.root / STEP_TIMES
    head, step = path.read_text().splitlines()
    path.write_text(f"{head}\n{step}{3 * STEP_SECONDS}\n")
    lines = list(report_costs(config, "study", "full", config.choices()))
    assert lines[1].split() == ["net", "2", "3,600", "0.500", "1.0", "3.0", "measured"]
    sums = re.fullmatch(r"networks whose .*: (\d+) hours here, (\d+) hours .*", lines[5])
    assert sums is not None
    ours, public = sums.groups()
    assert int(public) == pytest.approx(3 * int(ours), abs=2)


def test_measured_steps_are_of_methods_in_the_tree() -> None:
    step_times = read_step_times(ROOT / STEP_TIMES)
    assert "hprn" in step_times
    assert set(step_times) <= set(Config(ROOT).methods)
    assert step_times["hprn"].pixels == 32 * 64**2
