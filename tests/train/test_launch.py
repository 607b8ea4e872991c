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
    "device": "cpu", "arithmetic": "exact", "graphs": False, "compile": False,
    "loader_workers": "auto",
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


# --- several nodes -------------------------------------------------------------------------------

SCONTROL = """#!/bin/sh
case "$2 $3" in
    hostnames*) printf 'node1\\nnode2\\n' ;;
    "node node1") echo 'NodeName=node1 Arch=x86_64 NodeAddr=127.0.0.1 NodeHostName=vm' ;;
    "node node2") echo 'NodeName=node2 Arch=x86_64 NodeAddr=127.0.0.2 NodeHostName=vm' ;;
    "node node3") echo 'NodeName=node3 NodeAddr=node3.invalid' ;;
    *) echo "Node $3 not found" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job on two nodes whose names nothing resolves; this process is on the second one."""
    file = tmp_path / "bin/scontrol"
    file.parent.mkdir()
    file.write_text(SCONTROL)
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{file.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    monkeypatch.setenv("SLURM_JOB_NODELIST", "node[1-2]")
    monkeypatch.setenv("SLURMD_NODENAME", "node2")
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "")  # restored after the test
    monkeypatch.delenv("GLOO_SOCKET_IFNAME")
    monkeypatch.setenv("PYTHONPATH", "")


def test_nodes_meet_at_the_address_that_slurm_has_of_the_first(
    slurm: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = launch._meet(2)
    assert second["rdzv_endpoint"] == "127.0.0.1:24711"
    assert second["local_addr"] == "127.0.0.2"
    assert second["rdzv_configs"]["is_host"] is False
    monkeypatch.setenv("SLURMD_NODENAME", "node1")
    first = launch._meet(2)
    assert first["rdzv_endpoint"] == second["rdzv_endpoint"]
    assert first["local_addr"] == "127.0.0.1"
    assert first["rdzv_configs"]["is_host"] is True


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ("node3", "the address node3.invalid of node node3 has no IP address on node2; set NodeAd"),
        ("node4", "scontrol show node node4 did not answer: Node node4 not found"),
    ],
)
def test_a_node_without_an_address_is_named(slurm: None, node: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^nodes_per_training: {message}"):
        launch._find_address(node)


def test_a_node_that_cannot_reach_the_first_ends_with_one_sentence(
    slurm: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing listens where the nodes should meet."""
    monkeypatch.setattr(launch, "MEETING_SECONDS", 1)
    job = {"gpus": 1, "nodes": 2, "log_file": "log.txt", "settings": {"device": "cpu"}}
    with pytest.raises(ValueError) as error:
        launch.start_node(json.dumps(job))
    assert str(error.value).startswith(
        "nodes_per_training: 2: node2 did not meet the others at 127.0.0.1:24711 within 1 s; check"
    )


KILLED = "process 3 of 4 of this training was ended by SIGKILL, so all were ended"


@pytest.mark.parametrize(
    ("lines", "kind", "message"),
    [
        (["a warning", "ValueError: the loss is nan", "srun: error"], ValueError, "the loss is nan"),
        (["ValueError: node1 lost node2", f"ValueError: {KILLED}"], ValueError, KILLED),
        (
            ["srun: error: Node failure on node2"], ValueError,
            "error: Node failure on node2; the same command continues it",
        ),
        (["Traceback", "KeyError: 1"], RuntimeError, "srun ended with status 1\nTraceback\nKeyErro"),
    ],
)  # fmt: skip
def test_one_sentence_of_the_nodes_is_reported(
    lines: list[str], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as error:
        launch._raise_of_nodes("\n".join(lines), 1)
    assert str(error.value).startswith(message)
