"""A run killed at any moment: the next one ends with the same bytes."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from respectra.train import checkpoint
from respectra.train.loop import train_network
from tests.conftest import Data
from tests.small_plans import make_phase, make_train_plan
from tests.workflow.conftest import Project

RUN = "results/train/synthetic/mst_plus_plus/kill-seed0"
PRODUCTS = ("plan.yaml", "checkpoint.pt", "history.csv")


@pytest.fixture
def stored(fresh: Project, finished: Project) -> Project:
    """A project with the data set in place and a budget of 40 iterations."""
    for step in ("datasets", "camera"):
        shutil.copytree(finished.folder / "results" / step, fresh.folder / "results" / step)
    set_up_kills(fresh)
    fresh.snakemake("--touch", "--cores", "1", "camera")
    return fresh


def set_up_kills(project: Project) -> None:
    """Write a budget of 40 iterations that saves its progress after each, and one figure of it."""
    (project.folder / "config/budgets/kill.yaml").write_text(
        "caption: to be killed\nsmall: true\niterations: 40\npatch: 32\nbatch: 4\n"
    )
    project.set(save_seconds="0", budget="kill")
    path = project.folder / "config/config.yaml"
    text = path.read_text()
    start, end = text.index("make:"), text.index("folder:")
    make = "make: {overview: [convergence]}\n\n"
    path.write_text(text[:start] + make + text[end:])


def products(project: Project) -> dict[str, bytes]:
    return {name: (project.folder / RUN / name).read_bytes() for name in PRODUCTS}


def check_products(folder: Path, expected: Path) -> None:
    for name in PRODUCTS:
        assert (folder / name).read_bytes() == (expected / name).read_bytes(), name


def kill_in_the_middle(project: Project, *command: str) -> None:
    """Start a command and kill it with all its children once some progress is saved."""
    child = subprocess.Popen(
        command, cwd=project.folder, env=project.environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    progress = project.folder / RUN / "progress.pt"
    for _ in range(6000):
        if progress.exists() and child.poll() is None:
            break
        time.sleep(0.01)
    assert progress.exists()
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    time.sleep(0.3)
    assert not (project.folder / RUN / "checkpoint.pt").exists()


@pytest.mark.parametrize("tool", ["snakemake", "dvc"])
def test_a_killed_training_goes_on_and_ends_the_same(
    stored: Project, tool: str, tmp_path: Path
) -> None:
    stored.snakemake("--cores", "1", f"{RUN}/checkpoint.pt")
    whole = products(stored)
    shutil.rmtree(stored.folder / RUN)
    if tool == "snakemake":
        command = ["snakemake", "--cores", "1", f"{RUN}/checkpoint.pt"]
    else:
        assert stored.run("git", "init", "-q").returncode == 0
        command = ["dvc", "repro", "train"]
    kill_in_the_middle(stored, *command)
    assert list((stored.folder / ".snakemake/locks").iterdir())
    done = stored.run(*command)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "removed the locks of process" in done.stdout
    log = (stored.folder / "logs/train/synthetic/mst_plus_plus/kill-seed0.log").read_text()
    assert "continuing after iteration" in log
    assert products(stored) == whole
    assert not (stored.folder / RUN / "progress.pt").exists()


KILLS = 20


def test_a_training_killed_at_random_moments_ends_the_same(data: Data, tmp_path: Path) -> None:
    """The step is called in forked processes, so that most of the time is that of the training."""
    settings = {"iterations": 12, "batch": 1, "patch": 8, "stride": 8}
    plan = make_train_plan(make_phase(**settings))

    def train(folder: Path) -> None:
        outputs = {f"save_{name.partition('.')[0]}": folder / name for name in PRODUCTS}
        train_network(
            plan=plan, scenes=data.scenes, observations=data.observations, seed=0, device="cpu",
            save_seconds=0, **outputs,
        )  # fmt: skip

    train(tmp_path / "first")  # takes longer than those that follow
    start = time.monotonic()
    train(tmp_path / "whole")
    seconds = time.monotonic() - start
    moments, continued = np.random.default_rng(0), 0
    folder = tmp_path / "killed"
    for _ in range(KILLS):
        child = os.fork()
        if not child:
            train(folder)
            os._exit(0)
        time.sleep(moments.uniform(0, seconds))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if (folder / "progress.pt").exists():
            continued += checkpoint.load(folder / "progress.pt")["iterations"] > 0
        if (folder / "checkpoint.pt").exists():
            check_products(folder, tmp_path / "whole")
            shutil.rmtree(folder)
    train(folder)
    check_products(folder, tmp_path / "whole")
    assert continued


def test_a_read_only_results_folder_is_one_sentence(stored: Project) -> None:
    target = stored.folder / "results/score"
    target.write_text("a file where a folder is wanted")  # holds also for root
    done = stored.run("snakemake", "--cores", "1", "results/score/synthetic/linear/smoke/valid.csv")
    assert done.returncode != 0
    assert "results/score" in done.stdout
    assert target.read_text() == "a file where a folder is wanted"


def test_a_bad_cube_stops_the_run_with_its_sentence(fresh: Project) -> None:
    folder = fresh.folder / "cubes"
    folder.mkdir()
    wavelengths = np.linspace(400, 700, 31)
    for scene, bad in (("a", False), ("b", True)):
        cube = np.full((64, 64, 31), 0.5, np.float32)
        cube[0, 0, 0] = np.nan if bad else 0.5
        np.savez(folder / f"{scene}.npz", cube=cube, wavelengths_nm=wavelengths)
    (folder / "scenes.csv").write_text("scene,split\na,train\nb,valid\n")
    done = fresh.run(
        "snakemake", "--cores", "1", "--config", "dataset=folder", "folder=cubes", "--",
        "results/datasets/folder/scenes.csv",
    )  # fmt: skip
    assert done.returncode != 0
    assert "b: the cube has 1 values that are not finite" in done.stdout
    assert not (fresh.folder / "results/datasets/folder/cubes").exists()
