import os
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from respectra.__main__ import main
from tests.conftest import ROOT
from tests.small_project import write_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    write_project(folder)
    monkeypatch.chdir(folder)
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m respectra` in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "respectra", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


COMMANDS = [
    (["list"], "linear"),
    (["show", "net"], "network:"),
    (["cost", "study"], "method"),
    (["departures"], "# Departures"),
    (["data", "list"], "photos"),
]


@pytest.mark.parametrize("place", [".", "config/methods"])
@pytest.mark.parametrize(("arguments", "start"), COMMANDS)
def test_commands_run_in_every_folder_of_the_project(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: str,
    arguments: list[str],
    start: str,
) -> None:
    monkeypatch.chdir(project / place)
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith(start)
    assert Path.cwd() == project / place


@pytest.mark.parametrize(("arguments", "start"), [*COMMANDS, (["compare", "study"], "")])
def test_outside_a_project_a_command_says_where_to_go(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    start: str,
) -> None:
    monkeypatch.chdir(project.parent)
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert "change to a folder of the project or name one with --directory" in output.err


def test_a_directory_stands_before_or_after_the_command(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.parent)
    for arguments in (["--directory", "project", "list"], ["list", "--directory", "project/data"]):
        assert main(arguments) == 0
        assert capsys.readouterr().out.startswith("linear")


def test_files_of_the_user_are_relative_to_the_current_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project / "data")
    assert main(["weights", "check", "authors.pth", "--method", "net"]) == 2
    assert "data/authors.pth" in capsys.readouterr().err


def test_a_misspelt_method_is_one_sentence_and_status_2(project: Path) -> None:
    done = run(project, "show", "nte")
    assert done.returncode == 2
    assert done.stderr == "config/methods: nte is no method; did you mean net?\n"


@pytest.mark.parametrize("action", ["leaks", "add"])
def test_leaks_and_pointers_need_the_name_of_a_data_set(
    project: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    assert main(["data", action]) == 2
    assert f"data {action}: name one data set; there are photos" in capsys.readouterr().err


def test_a_closed_pipe_is_no_error(project: Path) -> None:
    """`respectra list | head -1`: the reader is gone before the text is written."""
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen(
        [sys.executable, "-m", "respectra", "list"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(writer)
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_listing_imports_no_torch(project: Path) -> None:
    code = (
        "import sys\nfrom respectra.__main__ import main\nmain(['list'])\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_package_has_a_command_and_types() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    module, _, function = settings["project"]["scripts"]["respectra"].partition(":")
    assert getattr(import_module(module), function) is main
    data_files = settings["tool"]["setuptools"]["package-data"]["respectra"]
    for pattern in data_files:
        # A clone without trained weights is complete.
        assert list((ROOT / "respectra").glob(pattern)) or pattern.startswith("pretrained/"), (
            pattern
        )
    assert {"py.typed", "page/*.css", "page/*.html", "page/*.js"} <= set(data_files)


@pytest.mark.parametrize("name", ["a\nb.png", "\x1b[31m.png", "a\x9bb.png"])
def test_a_name_with_a_control_character_is_refused(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reconstruct", name]) == 2
    text = capsys.readouterr().err
    assert text == f"{name!a}: has a control character; rename the file\n"
