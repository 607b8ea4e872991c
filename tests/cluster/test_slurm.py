"""The workflow on a real SLURM of two nodes; `make test-cluster` runs this file alone."""

import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
import yaml

from tests.cluster.slurm import Cluster, find_obstacle, run, running_cluster
from tests.workflow.conftest import Project, copy_project

pytestmark = pytest.mark.cluster
RUN = "results/train/synthetic/mst_plus_plus/cluster-seed0"
PRODUCTS = ("plan.yaml", "checkpoint.pt", "history.csv")
OPTIONS = (
    "--slurm-no-account", "--slurm-init-seconds-before-status-checks", "2",
    "--slurm-status-command", "squeue", "--seconds-between-status-checks", "2",
)  # fmt: skip


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    obstacle = find_obstacle()
    if obstacle is None and find_spec("snakemake_executor_plugin_slurm") is None:
        obstacle = "snakemake-executor-plugin-slurm is not installed"
    if obstacle is not None:
        pytest.skip(obstacle)
    with running_cluster(tmp_path_factory.mktemp("slurm")) as it:
        yield it


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose training has been run once on this machine, as `local`."""
    project = Project(copy_project(tmp_path_factory.mktemp("project")))
    (project.folder / "config/budgets/cluster.yaml").write_text(
        "caption: on a cluster\nsmall: true\niterations: 40\npatch: 32\nbatch: 4\n"
    )
    project.set(save_seconds="0", budget="cluster", gpus="0")
    profile = project.folder / "profiles/slurm/profile.yaml"
    settings = yaml.safe_load(profile.read_text())
    settings["default-resources"] = {"mem_mb": "1500 * attempt", "runtime": "10"}
    del settings["set-resources"], settings["set-threads"]  # a node has one CPU and 6 GB
    profile.write_text(yaml.safe_dump(settings))
    project.snakemake("--cores", "2", f"{RUN}/checkpoint.pt")
    (project.folder / RUN).rename(project.folder / "local")
    return project


def submit(project: Project, *arguments: str) -> subprocess.Popen[str]:
    """Send a training to the cluster."""
    shutil.rmtree(project.folder / RUN, ignore_errors=True)
    log = open(project.folder / "submit.log", "w")  # noqa: SIM115
    return subprocess.Popen(
        ["snakemake", *OPTIONS, *arguments, "--", f"{RUN}/checkpoint.pt"], cwd=project.folder,
        env={**project.environment, "SNAKEMAKE_PROFILE": "profiles/slurm"}, stdout=log,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def wait_for_progress(project: Project, cluster: Cluster) -> str:
    """Wait until the training has saved something; its job's number."""
    cluster.wait_for((project.folder / RUN / "progress.pt").exists, 240)
    return next(number for number, state in cluster.jobs().items() if state == "RUNNING")


def check_end(project: Project, submission: subprocess.Popen[str]) -> str:
    text = ""
    try:
        submission.wait(500)
    finally:
        submission.kill()
        text = (project.folder / "submit.log").read_text()
    assert submission.returncode == 0, text[-4000:]
    for name in PRODUCTS:
        local = (project.folder / "local" / name).read_bytes()
        assert (project.folder / RUN / name).read_bytes() == local, name
    return text


def test_a_cluster_makes_the_same_bytes(cluster: Cluster, project: Project) -> None:
    text = check_end(project, submit(project))
    assert "SLURM jobid" in text
    assert "Nothing to be done" in project.snakemake("-n", f"{RUN}/checkpoint.pt")


def test_a_cancelled_job_is_sent_again_and_continues(cluster: Cluster, project: Project) -> None:
    submission = submit(project)
    job = wait_for_progress(project, cluster)
    run("scancel", job)
    text = check_end(project, submission)
    assert "CANCELLED" in text or "Trying to restart" in text, text[-3000:]
    assert "continuing after iteration" in read_log(project)


def read_log(project: Project) -> str:
    return (project.folder / "logs/train/synthetic/mst_plus_plus/cluster-seed0.log").read_text()
