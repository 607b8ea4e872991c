import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from respectra import locks
from respectra.locks import lock_file, lock_folder
from tests.conftest import ROOT


def hold(code: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", f"import sys, time; from respectra.locks import *\n{code}", str(path)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_folder_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    with lock_folder(tmp_path):
        child = hold("with lock_folder(sys.argv[1]): print('held')", tmp_path)
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(timeout=1.5)
    assert child.communicate(timeout=60)[0] == "held\n"


def test_a_second_process_says_whom_it_waits_for(tmp_path: Path) -> None:
    path = tmp_path / "deep/progress.lock"
    with lock_file(path, pytest.fail) as waited:
        assert not waited
        child = hold(
            "with lock_file(sys.argv[1], lambda s: print(s, flush=True)) as w: print(w)", path
        )
        assert child.stdout is not None
        assert f"process {os.getpid()} of" in child.stdout.readline()
    assert child.communicate(timeout=60)[0] == "True\n"
    assert list(path.parent.iterdir()) == []


def test_the_lock_of_a_killed_process_is_none(tmp_path: Path) -> None:
    path = tmp_path / "progress.lock"
    child = hold(
        "with lock_file(sys.argv[1], print): print('held', flush=True); time.sleep(60)", path
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert path.is_file()
    with lock_file(path, pytest.fail) as waited:
        assert not waited


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(locks.fcntl, "flock", fail)


@pytest.mark.usefixtures("without_locks")
def test_on_a_disk_without_locks_the_work_goes_on_with_a_word(tmp_path: Path) -> None:
    sentences: list[str] = []
    with lock_folder(tmp_path), lock_file(tmp_path / "progress.lock", sentences.append) as waited:
        assert not waited
    assert sentences == [
        "this disk has no file locks, so nothing prevents a second process; start only one"
    ]


@pytest.mark.usefixtures("without_locks")
def test_another_error_of_a_lock_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(locks.fcntl, "flock", fail)
    with pytest.raises(OSError, match="Input/output"), lock_file(tmp_path / "a.lock", print):
        time.sleep(0)
