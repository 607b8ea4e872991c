"""`torchrun` starts the processes of a training; one that fails ends all with one sentence."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch.distributed.elastic.multiprocessing.errors import ProcessFailure

from respectra.train import checkpoint, launch
from respectra.train.launch import start_training
from tests.conftest import Data
from tests.small_plans import make_phase, make_train_plan
from tests.train.test_distributed import check_agreement, train

CHILD = """
import json, sys
from respectra import logs
from respectra.train.launch import start_training
settings = json.loads(sys.argv[1])
logs.to_file(settings["log_file"])
start_training(**settings)
"""


MACHINE = {
    "device": "cpu", "arithmetic": "exact", "graphs": False, "loader_workers": "auto",
    "save_seconds": 0, "gpus_per_training": 1, "nodes_per_training": 1,
}  # fmt: skip


def settings_of(data: Data, folder: Path, plan: object, **machine: object) -> dict[str, object]:
    return {
        "machine": {**MACHINE, **machine}, "plan": plan, "threads": 1,
        "scenes": str(data.scenes), "observations": str(data.observations), "seed": 0,
        "save_plan": str(folder / "plan.yaml"), "save_checkpoint": str(folder / "checkpoint.pt"),
        "save_history": str(folder / "history.csv"), "log_file": str(folder / "log.txt"),
    }  # fmt: skip


def children_of(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(condition: object, seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_killed_process_ends_all_and_the_training_continues(data: Data, tmp_path: Path) -> None:
    phase = make_phase(iterations=30, optimizer={"is": "torch.optim:SGD", "lr": 1e-3})
    settings = settings_of(data, tmp_path, make_train_plan(phase), gpus_per_training=2)
    command = [sys.executable, "-c", CHILD, json.dumps(settings)]
    starter = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_for((tmp_path / "progress.pt").exists)
    processes = children_of(starter.pid)
    assert len(processes) == 2
    os.kill(processes[1], signal.SIGKILL)
    errors = starter.communicate(timeout=90)[1]
    sentence = (
        "process 2 of 2 of this training was ended by SIGKILL, so all were ended; "
        "the same command continues it"
    )
    assert errors == f"{sentence}\n"
    assert starter.returncode == 1
    assert not any(Path(f"/proc/{pid}").exists() for pid in processes)
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert lines[0].endswith("2 processes train together")
    assert sum("iteration 1 of 30" in line for line in lines) == 1  # the first process alone writes
    assert lines[-1].endswith(sentence)
    assert not (tmp_path / "checkpoint.pt").exists()

    start_training(**settings)  # type: ignore[arg-type]
    assert "continuing after iteration" in (tmp_path / "log.txt").read_text()
    assert checkpoint.load(tmp_path / "checkpoint.pt")["iterations"] == 30
    assert not (tmp_path / "progress.pt").exists()
    check_agreement(train(data, tmp_path / "one", make_train_plan(phase)), tmp_path)


def test_one_process_needs_no_other(data: Data, tmp_path: Path) -> None:
    plan = make_train_plan(make_phase(iterations=2))
    start_training(**settings_of(data, tmp_path / "one", plan))  # type: ignore[arg-type]
    check_agreement(train(data, tmp_path / "direct", plan), tmp_path / "one")


def test_gpus_and_nodes_that_do_not_exist_are_named(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    plan = make_train_plan()
    settings = settings_of(data, tmp_path, plan, device="auto", gpus_per_training=2)
    with pytest.raises(ValueError, match="gpus_per_training: 2: PyTorch sees 1 GPUs on"):
        start_training(**settings)  # type: ignore[arg-type]
    settings = settings_of(data, tmp_path, plan, device="auto", nodes_per_training=2)
    with pytest.raises(ValueError, match="nodes_per_training: 2: several nodes need a SLURM job"):
        start_training(**settings)  # type: ignore[arg-type]


def failure(tmp_path: Path, rank: int, code: int, sentence: str | None = None) -> ProcessFailure:
    file = tmp_path / f"{rank}.json"
    if sentence is not None:
        extra = {"py_callstack": "Traceback", "timestamp": 0}
        file.write_text(json.dumps({"message": {"message": sentence, "extraInfo": extra}}))
    return ProcessFailure(local_rank=rank, pid=1, exitcode=code, error_file=str(file))


LOST = "RuntimeError: Connection closed by peer"


@pytest.mark.parametrize(
    ("causes", "kind", "message"),
    [
        ([(1, LOST), (-9, None), (-15, None)], ValueError, "process 2 of 3 .* by SIGKILL"),
        ([(1, LOST), (1, "ValueError: the loss is nan")], ValueError, "^the loss is nan$"),
        ([(1, LOST), (1, "OutOfMemoryError: CUDA")], RuntimeError, "2 of 3 failed: OutOfM.*\n.*Tr"),
        ([(1, LOST), (-15, None)], RuntimeError, "1 of 3 failed: RuntimeError: Connection closed"),
    ],
)
def test_the_cause_is_reported_and_not_what_followed(
    causes: list[tuple[int, str | None]], kind: type[Exception], message: str, tmp_path: Path
) -> None:
    failures = {rank: failure(tmp_path, rank, *cause) for rank, cause in enumerate(causes)}
    with pytest.raises(kind, match=message):
        launch._raise_first(failures, 3)
