import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from respectra import gpus

CHILD = """
import json, os, sys
from respectra.gpus import take_gpus
names = take_gpus(int(sys.argv[1]), sys.argv[2])
print(json.dumps([names, os.environ.get("CUDA_VISIBLE_DEVICES")]), flush=True)
sys.stdin.read()
"""


def start(count: int, folder: Path, visible: str | None) -> tuple[subprocess.Popen[str], list]:
    environment = {k: v for k, v in os.environ.items() if k != gpus.VISIBLE}
    if visible is not None:
        environment[gpus.VISIBLE] = visible
    job = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(count), str(folder)], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert job.stdout is not None
    return job, json.loads(job.stdout.readline())


def test_jobs_at_the_same_time_take_different_gpus(tmp_path: Path) -> None:
    first, taken = start(2, tmp_path, "0,1,2,3")
    assert taken == [["0", "1"], "0,1"]
    second, taken = start(1, tmp_path, "0,1,2,3")
    assert taken == [["2"], "2"]
    first.kill()
    first.wait()
    third, taken = start(3, tmp_path, "0,1,2,3")
    assert taken == [["0", "1", "3"], "0,1,3"]
    fourth, taken = start(1, tmp_path, "0,1,2,3")  # none is free
    assert taken == [["0"], "0"]
    for job in (second, third, fourth):
        job.kill()
        job.wait()


@pytest.mark.parametrize(
    ("count", "visible", "taken"),
    [(0, "0,1", ["0", "1"]), (2, "4, 7", ["4", "7"]), (2, "GPU-a", ["GPU-a"]), (1, "", [])],
)
def test_a_job_that_is_shown_few_gpus_uses_them_all(
    count: int, visible: str, taken: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(gpus.VISIBLE, visible)
    assert gpus.take_gpus(count, tmp_path) == taken
    assert os.environ[gpus.VISIBLE] == visible
    assert not list(tmp_path.iterdir())


def test_gpus_are_those_of_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpus.list_gpus() == []
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!{sys.executable}\nprint('0\\n1')\n")
    tool.chmod(0o755)
    assert gpus.list_gpus() == ["0", "1"]
    tool.write_text(f"#!{sys.executable}\nraise SystemExit('no driver')\n")
    assert gpus.list_gpus() == []
