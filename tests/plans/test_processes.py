from pathlib import Path

import pytest

from respectra.config import Choices
from respectra.config.strict import parse
from respectra.plans import processes
from respectra.plans.cells import Training
from tests.config.conftest import Project
from tests.small_project import CHOICES

ROOT = Path(__file__).parents[2]


def choose(**changes: object) -> Choices:
    return parse(Choices, {**CHOICES, **changes}, "config.yaml")


def check(project: Project, run: str = "full-seed0", **changes: object) -> list[str]:
    return processes.check_batches(project.config, "photos", "net", run, choices=choose(**changes))


def test_batches_that_cannot_be_shared_are_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The net's batch of 4 has two parts; that of the budget is 1."""
    monkeypatch.chdir(tmp_path)
    assert check(project) == []
    assert check(project, gpus_per_training=2) == []
    message = (
        "gpus_per_training: 2: net, phase 0: a batch of 4 in 2 parts cannot be divided among "
        "4 processes; possible are 1, 2; train net first, with fewer"
    )
    with pytest.raises(ValueError) as error:
        check(project, gpus_per_training=2, nodes_per_training=2)
    assert str(error.value) == message
    with pytest.raises(ValueError, match="a batch of 1 cannot be divided among 2 processes"):
        check(project, "demo-seed0", nodes_per_training=2)


def test_a_training_that_has_ended_is_not_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / Training("photos", "net", "full-seed0").checkpoint
    file.parent.mkdir(parents=True)
    file.touch()
    assert check(project, gpus_per_training=3) == []


@pytest.mark.parametrize(
    ("changes", "is_remote", "gpus", "gpus_of_a_training"),
    [
        ({}, False, 0, 0),
        ({}, True, 1, 1),
        ({"gpus": 0}, True, 0, 0),
        ({"gpus": 1}, False, 1, 1),
        ({"gpus": 1, "gpus_per_training": 4}, False, 1, 4),
        ({"gpus_per_training": 4, "nodes_per_training": 2}, True, 1, 8),
        ({"gpus_per_training": 4}, False, 0, 0),
        ({"device": "cpu", "gpus_per_training": 4}, True, 1, 0),
    ],
)
def test_a_job_reserves_its_gpus(
    changes: dict[str, object], is_remote: bool, gpus: int, gpus_of_a_training: int,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setenv("PATH", str(tmp_path))  # without nvidia-smi
    choices = choose(**changes)
    plain = processes.reserve_gpus(choices, is_remote=lambda: is_remote)
    shared = processes.reserve_gpus(choices, is_remote=lambda: is_remote, shared=True)
    assert (plain({}), shared({})) == (gpus, gpus_of_a_training)


def test_a_machine_with_nvidia_smi_has_a_gpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert processes.reserve_gpus(choose(), is_remote=lambda: False)({}) == 1


def test_several_nodes_have_one_task_each() -> None:
    assert processes.list_resources(choose()) == {}
    assert processes.list_resources(choose(gpus_per_training=4)) == {"nodes": 1}
    assert processes.list_resources(choose(gpus_per_training=4, device="cpu")) == {}
    assert processes.list_resources(choose(gpus_per_training=4, nodes_per_training=2)) == {
        "nodes": 2, "tasks": 2, "mpi": "srun", "tasks_per_gpu": 0,
        "slurm_extra": "--gpus-per-node=4",
    }  # fmt: skip
    on_cpu = processes.list_resources(choose(nodes_per_training=2, device="cpu"))
    assert on_cpu == {"nodes": 2, "tasks": 2, "mpi": "srun"}


def test_the_number_of_processes_is_part_of_no_plan() -> None:
    text = (ROOT / "workflow/rules/train.smk").read_text()
    params = text[text.index("    params:") : text.index("    script:")]
    assert "per_training" not in params
    assert "CHOICES.extra_datasets" in params
