import json
import multiprocessing
import os
import socket
from pathlib import Path

import pytest
from torch.distributed.elastic.multiprocessing.errors import ProcessFailure

from respectra.train import launch
from respectra.train.worker import end_with_parent, train_share
from tests.conftest import Data
from tests.small_plans import make_phase, make_train_plan
from tests.train.test_launch import settings_of

FORK = multiprocessing.get_context("fork")


def train_in_a_process(data: Data, folder: Path, plan: object) -> int:
    """The exit status of a process as torchrun starts it, alone."""
    settings = settings_of(data, folder, plan)
    job = {"log_file": settings.pop("log_file"), "settings": {**settings, "device": "cpu"}}
    del job["settings"]["machine"]  # type: ignore[attr-defined]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    def start() -> None:
        os.environ |= {
            "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port), "TORCHELASTIC_ERROR_FILE": str(folder / "error.json"),
        }  # fmt: skip
        train_share(json.dumps(job))

    child = FORK.Process(target=start)
    child.start()
    child.join(60)
    assert child.exitcode is not None
    return child.exitcode


def test_a_share_of_a_training_is_trained(data: Data, tmp_path: Path) -> None:
    plan = make_train_plan(make_phase(iterations=1))
    assert train_in_a_process(data, tmp_path, plan) == 0
    assert (tmp_path / "checkpoint.pt").exists()
    assert "iteration 1 of 1" in (tmp_path / "log.txt").read_text()


def test_an_error_that_a_user_can_correct_stays_one_sentence(data: Data, tmp_path: Path) -> None:
    status = train_in_a_process(data, tmp_path, make_train_plan(make_phase(patch=64)))
    failure = ProcessFailure(0, 1, status, str(tmp_path / "error.json"))
    with pytest.raises(ValueError, match="^[ab]: a patch of 64 does not fit 40×48; choose a small"):
        launch._raise_first({0: failure}, 1)


def test_a_process_ends_with_the_one_that_started_it() -> None:
    child = FORK.Process(target=end_with_parent, args=(os.getpid(), 0.01))
    child.start()
    child.join(0.3)
    assert child.is_alive()
    child.kill()
    orphan = FORK.Process(target=end_with_parent, args=(0, 0.01))  # 0 is nobody's parent
    orphan.start()
    orphan.join(30)
    assert orphan.exitcode == 1
