import errno
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from respectra import files
from respectra.files import read_product, replace_atomically, sha256
from tests.crashes import Disk


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


def test_a_file_of_a_running_process_stays_and_one_of_a_dead_process_goes(tmp_path: Path) -> None:
    running, dead = (tmp_path / f".file.{files.HOST}-{number}.part" for number in (1, 2**22 + 1))
    running.write_text("of the first process of the system")
    dead.write_text("half")
    with replace_atomically(tmp_path / "file") as part:
        part.write_text("new")
    assert sorted(p.name for p in tmp_path.iterdir()) == [running.name, "file"]


def test_a_power_cut_at_any_moment_leaves_a_complete_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path, monkeypatch)
    target = tmp_path / "deep/er/file.bin"
    for content in (b"old" * 1000, b"new" * 2000):
        allowed = disk.read_states(target)
        assert len(allowed) == 1, "what was written before is on the disk"
        disk.clear()
        with replace_atomically(target) as part:
            part.write_bytes(content)
        assert disk.read_states(target) == {content}
        assert disk.read_moments(target) <= allowed | {content}
        assert disk.moments > 2


def test_a_power_cut_at_any_moment_leaves_a_complete_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path, monkeypatch)
    target = tmp_path / "cubes"
    for content in (b"old", b"new"):
        with replace_atomically(target) as part:
            part.mkdir()
            for scene in "ab":
                (part / scene).write_bytes(content)
        for scene in "ab":
            assert disk.read_states(target / scene) == {content}


def test_the_simulated_disk_forgets_what_was_not_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test of the tests: a rename without a sync may leave nothing or an empty file."""
    disk = Disk(tmp_path, monkeypatch)
    (tmp_path / "part").write_bytes(b"new")
    (tmp_path / "part").replace(tmp_path / "file")
    assert disk.read_states(tmp_path / "file") == {None, b"", b"new"}


@pytest.mark.parametrize("exchanges", [True, False])
def test_a_killed_replacement_of_a_folder_leaves_the_old_one(
    tmp_path: Path, exchanges: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk cannot exchange names, the next process takes the old folder back."""
    if not exchanges:
        monkeypatch.setattr(files, "_exchange", lambda first, second: False)
    target = tmp_path / "folder"
    with replace_atomically(target) as part:
        part.mkdir()
        (part / "old").touch()

    class Killed(BaseException):
        pass

    rename = Path.rename

    def rename_once(self: Path, place: Path) -> Path:
        rename(self, place)
        raise Killed

    monkeypatch.setattr(Path, "rename", rename_once)
    monkeypatch.setattr(files, "_remove", lambda path: None)
    with suppress(Killed), replace_atomically(target) as part:
        part.mkdir()
        (part / "new").touch()
    monkeypatch.undo()
    with pytest.raises(KeyError), replace_atomically(target):
        raise KeyError
    assert [p.name for p in target.iterdir()] == ["new" if exchanges else "old"]


WRITERS = {
    "torch": "torch.save({'x': torch.zeros(1 << 20)}, stack.enter_context(open(part, 'wb')))",
    "numpy": "np.save(part.open('wb'), np.zeros(1 << 20))",
    "hdf5": "h5py.File(part, 'w').create_dataset('x', data=np.zeros(1 << 20))",
    "text": "part.write_text('x' * (1 << 22))",
    "csv": "csv.writer(part.open('w')).writerows([['x' * 100]] * 40_000)",
}


@pytest.mark.parametrize("writer", WRITERS)
def test_each_library_reports_a_full_disk_in_one_sentence(tmp_path: Path, writer: str) -> None:
    """A limit on the size of a file stands for the disk, because any user may set it."""
    target = tmp_path / "product"
    target.write_text("old")
    code = (
        "import csv, os, resource, signal, h5py, numpy as np, torch\n"
        "from contextlib import ExitStack\nfrom respectra.files import replace_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        f"try:\n    with replace_atomically({str(target)!r}) as part, ExitStack() as stack: {WRITERS[writer]}\n"
        "except OSError as error: print(error, flush=True); os._exit(3)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    # NumPy writes past Python and does not keep the number.
    number = errno.EIO if writer == "numpy" else errno.EFBIG
    assert done.stdout.splitlines() == [
        f"[Errno {number}] {os.strerror(number)}; nothing was changed there: {str(target)!r}"
    ]
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["product"]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos 0 vs 64"),
        OSError("131072 requested and 4096 written"),
        RuntimeError("Can't decrement id ref count (file write failed: time = T, errno = 28, …)"),
    ],
)
def test_errors_of_a_full_disk_without_a_number_get_one(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_is_full", lambda folder: True)
    with pytest.raises(OSError, match="No space left on device; nothing was changed") as caught:
        with replace_atomically(tmp_path / "file"):
            raise error
    assert caught.value.filename == str(tmp_path / "file")


def test_another_error_is_not_called_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="shapes"), replace_atomically(tmp_path / "file"):
        raise RuntimeError("shapes cannot be multiplied")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "file.csv: does not exist; run the same command again"),
        (b"", "file.csv: is empty (0 bytes); remove it and run the same command again"),
        (b"x", "file.csv: is cut short or damaged (the last line has no end); remove it and run"),
        (b"x\n", "file.csv: is cut short or damaged (there is no 'scene'); remove it and run"),
    ],
)
def test_a_broken_product_is_named_with_what_to_do(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "file.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(message)), read_product(path):
        path.read_bytes()
        raise KeyError("scene")


def test_a_sentence_about_a_product_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(ValueError, match=re.escape(f"{path}: has no scene a") + "$"):
        with read_product(path):
            raise ValueError(f"{path}: has no scene a")


def test_a_folder_in_the_place_of_a_product_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a folder, not a file"), read_product(tmp_path):
        tmp_path.read_bytes()
