"""DVC's remotes against real servers on the loopback; `make test-remotes` runs this file alone."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.remotes.servers import ENVIRONMENT, find_obstacle, run_s3, run_ssh
from tests.workflow.conftest import BIN, ROOT, Project, copy_project

pytestmark = pytest.mark.remotes
SERVERS: dict[str, Callable[[Path], AbstractContextManager[dict[str, str]]]] = {
    "ssh": run_ssh, "s3": run_s3,
}  # fmt: skip
LATER = 4e9  # seconds: newer than any file that `make` compares with
CHECKPOINT = "results/train/synthetic/mst_plus_plus/smoke-seed0/checkpoint.pt"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment for `make`: the packages of these tests, but DVC with its clients."""
    folder = tmp_path_factory.mktemp("environment")
    (folder / "bin").mkdir()
    for program in (BIN / "python", BIN / "snakemake", ENVIRONMENT / "bin/dvc"):
        script = folder / "bin" / program.name  # no link, through which a packager could write
        script.write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
        script.chmod(0o755)
    (folder / ".ready").touch()
    os.utime(folder / ".ready", (LATER, LATER))
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> Project:
    """A repository with a finished run, whose products DVC has in its cache."""
    obstacle = find_obstacle("s3")
    if obstacle is not None:
        pytest.skip(obstacle)
    project = use(environment, copy_project(tmp_path_factory.mktemp("project")))
    for name in (".gitignore", "Makefile", "constraints.txt", "build-requirements.txt"):
        shutil.copy(ROOT / name, project.folder)
    project.set(budget="smoke", methods="[linear, mst_plus_plus]")
    call(project, "git", "init", "-q")
    call(project, "dvc", "repro")
    call(project, "git", "add", "-A")
    call(project, "git", "commit", "-qm", "Run")
    return project


def use(environment: Path, folder: Path) -> Project:
    """A project whose commands come from an environment, with a user for Git."""
    project = Project(folder)
    path = [str(environment / "bin"), str(BIN), os.environ["PATH"]]
    user = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", "A"), ("EMAIL", "a@b.c"))
    }
    project.environment |= {"PATH": os.pathsep.join(path), **user}
    return project


def call(project: Project, *command: str) -> str:
    """The output of a command, which must succeed."""
    done = project.run(*command)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def add_remote(project: Project, settings: dict[str, str]) -> None:
    """Make a server the default remote, in the file that Git does not track."""
    call(project, "dvc", "remote", "add", "--local", "--default", "mine", settings["url"])
    for key, value in settings.items():
        if key != "url":
            call(project, "dvc", "remote", "modify", "--local", "mine", key, value)


@pytest.fixture(params=SERVERS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of a remote whose server runs for the length of a test."""
    obstacle = find_obstacle(request.param)
    if obstacle is not None:
        pytest.skip(obstacle)
    folder = tmp_path / "server"
    folder.mkdir()
    with SERVERS[request.param](folder) as remote:
        yield remote


def test_a_second_clone_gets_all_products_from_a_server(
    settings: dict[str, str], project: Project, environment: Path, tmp_path: Path
) -> None:
    add_remote(project, settings)
    try:
        call(project, "dvc", "push")
        assert "up to date" in call(project, "dvc", "push")
    finally:
        call(project, "dvc", "remote", "remove", "--local", "mine")
    call(project, "git", "clone", "-q", str(project.folder), str(tmp_path / "second clone"))
    clone = use(environment, tmp_path / "second clone")
    assert not (clone.folder / "results").exists()
    add_remote(clone, settings)
    call(clone, "make", "pull", f"VENV={environment}")
    assert (clone.folder / CHECKPOINT).read_bytes() == (project.folder / CHECKPOINT).read_bytes()
    assert "Nothing to be done" in clone.snakemake("-n")
    assert clone.plan() == {}


def test_a_server_that_does_not_answer_ends_pull_with_an_error(
    project: Project, environment: Path, tmp_path: Path
) -> None:
    """The products stay missing, and `make pull` does not call them up to date."""
    obstacle = find_obstacle("ssh")
    if obstacle is not None:
        pytest.skip(obstacle)
    folder = tmp_path / "server"
    folder.mkdir()
    with run_ssh(folder) as remote:
        address = remote
    subprocess.run(["git", "clone", "-q", project.folder, tmp_path / "clone"], check=True)
    clone = use(environment, tmp_path / "clone")
    add_remote(clone, address)
    done = clone.run("make", "pull", f"VENV={environment}")
    assert done.returncode != 0
    assert not (clone.folder / CHECKPOINT).exists()
    assert "train_network" in clone.plan()
