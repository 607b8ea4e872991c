import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from respectra.files import lock_folder, replace_atomically, sha256
from tests.conftest import ROOT


def test_a_file_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep/file.txt"
    with replace_atomically(target) as part:
        part.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    target.write_text("old")
    with pytest.raises(KeyError), replace_atomically(target) as part:
        part.write_text("half")
        raise KeyError
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_a_killed_job_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    target.write_text("old")
    code = (
        "import os, signal\nfrom respectra.files import replace_atomically\n"
        f"with replace_atomically({str(target)!r}) as part:\n"
        "    part.write_text('half')\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    assert target.read_text() == "old"
    with replace_atomically(target) as part:  # and the next job sweeps away what it left
        part.write_text("new")
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_a_folder_takes_the_place_of_an_old_one(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    for number in "12":
        with replace_atomically(target) as part:
            part.mkdir()
            (part / number).touch()
    assert [p.name for p in target.iterdir()] == ["2"]


def test_no_space_left_names_the_file_and_keeps_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    target.write_text("old")
    with (
        pytest.raises(OSError, match="nothing was changed there") as caught,
        replace_atomically(target),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.filename == str(target)
    assert target.read_text() == "old"


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    target = tmp_path / "file.txt"
    with pytest.raises(OSError, match="No space left"), replace_atomically(target):
        with open("/dev/full", "w") as full:
            full.write("x" * 10)
            full.flush()
    assert not target.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()  # a file where a folder is wanted: also root cannot write there
    with (
        pytest.raises(OSError, match="nothing was changed"),
        replace_atomically(blocked / "inside.txt"),
    ):
        pytest.fail("the block must not be entered")


def test_checksums_are_sha256(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert sha256(tmp_path / "empty").startswith("e3b0c44298fc1c14")


def test_a_folder_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    with lock_folder(tmp_path):
        code = (
            "import sys; from respectra.files import lock_folder\n"
            "with lock_folder(sys.argv[1]): print('held')"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(timeout=1.5)
    assert child.communicate(timeout=60)[0] == "held\n"
