"""Data sets on a shared disk and results in another folder; `make test-remotes` runs this file."""

from pathlib import Path

import pytest

from tests.conftest import write_folder
from tests.workflow.conftest import Project, copy_project

pytestmark = pytest.mark.remotes
SCORES = "results/score/mine/linear/smoke/valid.csv"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a data set of its own, whose YAML file puts it into `data/mine`."""
    project = Project(copy_project(tmp_path_factory.mktemp("project")))
    folder = project.folder / "config/datasets"
    text = (folder / "folder.yaml").read_text()
    assert "folder: null " in text
    (folder / "mine.yaml").write_text(text.replace("folder: null ", "folder: data/mine "))
    project.set(budget="smoke", dataset="mine")
    return project


def test_data_sets_and_results_may_be_elsewhere(project: Project, tmp_path: Path) -> None:
    """The same files in another place change no plan, and nothing is written to the checkout."""
    disk, place = tmp_path / "shared disk", tmp_path / "results elsewhere"
    splits = {"a": "train", "b": "train", "c": "valid"}
    write_folder(disk / "mine", splits, size=(96, 112))
    place.mkdir()
    choices = ["--directory", str(place), "--config", f"data_root={disk}"]
    project.snakemake("--cores", "1", SCORES, *choices)
    assert (place / SCORES).is_file()
    assert not (project.folder / "results").exists()
    assert not (project.folder / "data/mine").exists()
    disk.rename(disk.with_name("other disk"))
    moved = [*choices[:-1], f"data_root={disk.with_name('other disk')}"]
    assert project.plan(SCORES, *moved) == {}
    (disk.with_name("other disk") / "mine").rename(project.folder / "data/mine")
    assert project.plan(SCORES, *choices[:2]) == {}


def test_a_folder_without_the_data_set_is_named(project: Project, tmp_path: Path) -> None:
    done = project.run("snakemake", "-n", "--config", f"data_root={tmp_path}", "--", SCORES)
    assert done.returncode != 0
    assert f"{tmp_path}/mine" in done.stdout
