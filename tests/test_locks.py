import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from respectra import locks
from respectra.files import HOST
from respectra.locks import begin_run, lock_file, lock_folder
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


def leave_locks(folder: Path) -> tuple[Path, Path]:
    """Locks as Snakemake writes them, which do not name their process."""
    locks_folder = folder / "locks"
    locks_folder.mkdir(parents=True)
    paths = locks_folder / "0.input.lock", locks_folder / "0.output.lock"
    for path in paths:
        path.write_text("results/score/valid.csv\n")
    return paths


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    child = hold(
        "note = begin_run(print, Path(sys.argv[1])); print('runs', flush=True); time.sleep(60)",
        tmp_path,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "runs\n"
    yield child
    child.kill()
    child.wait()


def test_the_locks_of_a_killed_workflow_are_removed(
    tmp_path: Path, running: subprocess.Popen[str]
) -> None:
    paths = leave_locks(tmp_path)
    running.kill()
    running.wait()
    sentences: list[str] = []
    note = begin_run(sentences.append, tmp_path)
    assert not any(path.exists() for path in paths)
    assert f"removed the locks of process {running.pid} of" in sentences[0]
    assert [path.name for path in (tmp_path / locks.RUNS).glob("*-*")] == [f"{HOST}-{os.getpid()}"]
    note.close()


def test_the_locks_of_a_living_workflow_stay_and_it_is_named(
    tmp_path: Path, running: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "ENDING_SECONDS", 0.1)
    paths = leave_locks(tmp_path)
    sentences: list[str] = []
    for unlock in (False, True):
        begin_run(sentences.append, tmp_path, unlock=unlock).close()
        assert all(path.exists() for path in paths)
        assert sentences.pop().startswith(f"process {running.pid} of")
        assert not sentences


def test_the_locks_of_another_computer_stay_until_the_user_removes_them(tmp_path: Path) -> None:
    paths = leave_locks(tmp_path)
    (tmp_path / locks.RUNS).mkdir(parents=True)
    (tmp_path / locks.RUNS / "00000000-1").write_text("process 1 of elsewhere")
    sentences: list[str] = []
    begin_run(sentences.append, tmp_path).close()
    assert sentences == ["process 1 of elsewhere runs the workflow in this folder"]
    assert all(path.exists() for path in paths)
    begin_run(sentences.append, tmp_path, unlock=True).close()
    assert not any(path.exists() for path in paths)


def test_locks_without_a_note_of_their_process_stay(tmp_path: Path) -> None:
    paths = leave_locks(tmp_path)
    begin_run(pytest.fail, tmp_path).close()
    assert all(path.exists() for path in paths)


def test_a_workflow_that_ends_while_its_note_is_read_is_dead(tmp_path: Path) -> None:
    """Its note is listed, and gone when it is opened."""
    assert locks._read_living(tmp_path / f"{HOST}-{os.getpid()}", unlock=False) == ""
    assert locks._read_holder(tmp_path / f"{HOST}-12") == "process 12"


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
def test_on_a_disk_without_locks_the_number_says_whether_a_workflow_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "ENDING_SECONDS", 0.1)
    paths = leave_locks(tmp_path)
    (tmp_path / locks.RUNS).mkdir(parents=True)
    (tmp_path / locks.RUNS / f"{HOST}-{os.getppid()}").write_text("the process before this one")
    sentences: list[str] = []
    begin_run(sentences.append, tmp_path).close()
    assert sentences == ["the process before this one runs the workflow in this folder"]
    assert all(path.exists() for path in paths)


@pytest.mark.usefixtures("without_locks")
def test_another_error_of_a_lock_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(locks.fcntl, "flock", fail)
    with pytest.raises(OSError, match="Input/output"), lock_file(tmp_path / "a.lock", print):
        time.sleep(0)
