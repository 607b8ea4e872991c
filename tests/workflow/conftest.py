"""A copy of the project with a finished smoke run, for the tests of the workflow."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from tests.conftest import write_folder

ROOT = Path(__file__).parents[2]
PARTS = (
    "Snakefile", "workflow", "config", "profiles", "envs", "published", "data/cameras",
    "data/groups", "data/splits", "data/released/README.md", "respectra", "dvc.yaml", ".dvc/config", ".dvcignore", "pyproject.toml",
)  # fmt: skip
BIN = Path(sys.executable).parent
METHODS = (
    "oracle", "mean_spectrum", "linear", "sparse_coding", "mst_plus_plus", "hprn",
    "mst_plus_plus_ensemble", "hprn_ensemble", "ponet_plus",
)  # fmt: skip


def copy_project(target: Path) -> Path:
    for part in PARTS:
        source, place = ROOT / part, target / part
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, place)
    return target


class Project:
    """A copy of the project and the commands run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "DVC_NO_ANALYTICS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=580,
        )

    def snakemake(self, *arguments: str, **environment: str) -> str:
        done = self.run("snakemake", *arguments, **environment)
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout

    def plan(self, *arguments: str) -> dict[str, set[str]]:
        """What a dry run would do: rule → the jobs' wildcards."""
        text = self.snakemake("-n", *arguments)
        jobs: dict[str, set[str]] = {}
        for block in re.split(r"\n(?=(?:localrule|rule|checkpoint) \w+:)", text)[1:]:
            rule = re.match(r"\w+ (\w+):", block)[1]  # type: ignore[index]
            wildcards = re.search(r"wildcards: (.*)", block)
            jobs.setdefault(rule, set()).add(wildcards[1] if wildcards else "")
        assert jobs or "Nothing to be done" in text, text
        return {rule: jobs[rule] for rule in jobs if rule != "all"}

    @contextmanager
    def edited(self, file: str, old: str, new: str) -> Iterator[None]:
        """One file changed for the length of a block."""
        path = self.folder / file
        before, times = path.read_bytes(), path.stat()
        assert old.encode() in before, f"{file}: {old}"
        path.write_bytes(before.replace(old.encode(), new.encode(), 1))
        try:
            yield
        finally:
            path.write_bytes(before)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def set(self, **changes: str) -> None:
        """Change config.yaml for good."""
        path = self.folder / "config/config.yaml"
        text = path.read_text()
        for key, value in changes.items():
            text, count = re.subn(
                rf"^{key}: *[^#\n]*?(?= *(?:#|$))", f"{key}: {value}", text, flags=re.M
            )
            assert count == 1, key
        path.write_text(text)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The workflow with a few methods, run once at budget smoke: tests may look and plan only.

    Every network goes the same way in tests/networks/test_contract.py, without a process for each
    step; `make smoke` runs the whole workflow with all. Processes that share the tests share the
    run; each tests a copy of it.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    run = shared / "finished run"
    with FileLock(shared / "finished.lock"):
        if not run.exists():
            building = shared / "unfinished run"
            shutil.rmtree(building, ignore_errors=True)  # of a process that failed
            finish(Project(copy_project(building)))
            building.rename(run)
    copy = tmp_path_factory.mktemp("a path") / "project"
    return Project(Path(shutil.copytree(run, copy, symlinks=True)))


def finish(project: Project) -> None:
    """Run the workflow with a few methods."""
    project.set(budget="smoke", seeds="[0, 1]", methods=f"[{', '.join(METHODS)}]")
    make = "make: {overview: everything, ntire2022: [table1, table3, text]}"
    config = project.folder / "config/config.yaml"
    config.write_text(
        re.sub(r"^make:.*?\n\n", f"{make}\n\n", config.read_text(), flags=re.S | re.M)
    )
    project.snakemake("--cores", "2")


@pytest.fixture(scope="session")
def own_data(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished run of one control on a folder of cubes above 1 MB: tests plan only."""
    project = Project(copy_project(tmp_path_factory.mktemp("own") / "project"))
    splits = {"a": "train", "b": "train", "c": "valid"}
    write_folder(project.folder / "data/folder", splits, size=(96, 112))
    project.set(budget="smoke", methods="[linear]", dataset="folder")
    config = project.folder / "config/config.yaml"
    config.write_text(
        re.sub(
            r"^make:.*?\n\n", "make: {overview: [methods]}\n\n", config.read_text(),
            flags=re.S | re.M,
        )
    )  # fmt: skip
    project.snakemake("--cores", "2")
    return project


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A copy of the project with nothing run, for a test of its own."""
    return Project(copy_project(tmp_path / "a path" / "project"))
