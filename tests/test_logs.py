import subprocess
import sys
from pathlib import Path

from respectra.logs import format_duration


def run(code: str, log: Path) -> subprocess.CompletedProcess[str]:
    script = f"from respectra import logs\nlogs.to_file({str(log)!r})\n{code}"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)


def test_a_mistake_of_the_user_is_one_sentence_in_the_log_and_on_the_terminal(
    tmp_path: Path,
) -> None:
    done = run("raise ValueError('scene.mat: is empty')", tmp_path / "job.log")
    assert done.returncode != 0
    assert done.stderr == "scene.mat: is empty\n"
    assert (tmp_path / "job.log").read_text().count("scene.mat: is empty") == 1


def test_ctrl_c_is_one_sentence_and_no_success(tmp_path: Path) -> None:
    done = run("raise KeyboardInterrupt", tmp_path / "job.log")
    assert done.returncode != 0
    assert done.stderr == "stopped by Ctrl-C; the same command continues\n"
    assert "Traceback" not in (tmp_path / "job.log").read_text()


def test_a_mistake_of_ours_keeps_its_trace(tmp_path: Path) -> None:
    done = run("1 / 0", tmp_path / "job.log")
    assert done.returncode != 0
    assert "Traceback" in (tmp_path / "job.log").read_text()
    assert "Traceback" in done.stderr


def test_durations_read_in_seconds_minutes_or_hours() -> None:
    assert [format_duration(s) for s in (3, 150, 7300)] == ["3 s", "2 min", "2.0 h"]
