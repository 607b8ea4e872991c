"""The workflow on a real SLURM of two nodes; `make test-cluster` runs this file alone."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from tests.cluster.slurm import NODES, Cluster, find_obstacle, run, running_cluster
from tests.workflow.conftest import METHODS, Project, copy_project

pytestmark = pytest.mark.cluster
RUN = "results/train/synthetic/mst_plus_plus/cluster-seed0"
PRODUCTS = ("plan.yaml", "checkpoint.pt", "history.csv")
OPTIONS = (
    "--workflow-profile", "profiles/slurm", "--slurm-keep-successful-logs",
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
    set_small_resources(project)
    project.snakemake("--cores", "2", f"{RUN}/checkpoint.pt")
    (project.folder / RUN).rename(project.folder / "local")
    return project


def set_small_resources(project: Project) -> None:
    """Let the profile ask for what a node of the test's cluster has: one CPU and 6 GB."""
    profile = project.folder / "profiles/slurm/profile.yaml"
    settings = yaml.safe_load(profile.read_text())
    settings["default-resources"] = {"mem_mb": "1500 * attempt", "runtime": "10"}
    del settings["set-resources"], settings["set-threads"]
    profile.write_text(yaml.safe_dump(settings))


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a finished smoke run of this machine, as `local`."""
    project = Project(copy_project(tmp_path_factory.mktemp("whole") / "project"))
    project.set(methods=f"[{', '.join(METHODS)}]", gpus="0")
    set_small_resources(project)
    project.snakemake("--cores", "2", "--quiet", "--", "smoke")
    (project.folder / "results").rename(project.folder / "local")
    shutil.rmtree(project.folder / ".snakemake")
    return project


def read_products(folder: Path) -> dict[str, bytes]:
    """The products of a run by their paths, but for the hours and Table 2, which shows them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {str(path.relative_to(folder)): path for path in files}
    return {
        name: path.read_bytes()
        for name, path in names.items()
        if path.name not in ("machine.yaml", ".snakemake_timestamp")
        and not name.startswith("tables/ntire2022/table2.")
    }


def submit(project: Project, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Send a training to the cluster."""
    shutil.rmtree(project.folder / RUN, ignore_errors=True)
    log = open(project.folder / "submit.log", "w")  # noqa: SIM115
    return subprocess.Popen(
        ["snakemake", *OPTIONS, *arguments, "--", f"{RUN}/checkpoint.pt"], cwd=project.folder,
        env={**project.environment, **environment}, stdout=log, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip


def wait_for_progress(project: Project, cluster: Cluster) -> str:
    """Wait until the training has saved something; its job's number."""
    cluster.wait_for((project.folder / RUN / "progress.pt").exists, 240)
    return next(number for number, state in cluster.jobs().items() if state == "RUNNING")


def check_end(project: Project, submission: subprocess.Popen[str], same: bool = True) -> str:
    """Wait for a training's end and compare its bytes; what Snakemake printed."""
    text = ""
    try:
        submission.wait(580)
    finally:
        submission.kill()
        text = (project.folder / "submit.log").read_text()
    assert submission.returncode == 0, text[-4000:]
    for name in PRODUCTS if same else ():
        local = (project.folder / "local" / name).read_bytes()
        assert (project.folder / RUN / name).read_bytes() == local, name
    return text


def list_jobs(text: str) -> list[str]:
    """The numbers of the jobs that Snakemake has submitted."""
    return re.findall(r"submitted with SLURM jobid (\d+)", text)


def read_record(job: str) -> str:
    """What SLURM knows about a job."""
    return run("scontrol", "show", "job", job)


def find_process(job: str) -> int:
    """The number of the process of a job that trains."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            variables = (entry / "environ").read_bytes().split(b"\0")
            words = (entry / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
            if f"SLURM_JOB_ID={job}".encode() in variables and words[-1].endswith(b".train.py"):
                return int(entry.name)
    raise AssertionError(f"job {job} has no training")


def test_a_cluster_makes_the_same_bytes(cluster: Cluster, project: Project) -> None:
    """Each job has a folder of its own for temporary files, which the cluster's prolog makes."""
    text = check_end(project, submit(project))
    (job,) = list_jobs(text)
    log = next((project.folder / ".snakemake/slurm_logs").rglob(f"{job}.log")).read_text()
    assert f"tmpdir={cluster.folder}/scratch/{job}" in log
    assert "Nothing to be done" in project.snakemake("-n", f"{RUN}/checkpoint.pt")


def test_a_whole_run_makes_the_same_bytes(cluster: Cluster, whole_run: Project) -> None:
    """Every product from data set to page; only what states a time differs."""
    log = whole_run.folder / "submit.log"
    with open(log, "w") as file:
        done = subprocess.run(
            ["snakemake", *OPTIONS, "--max-threads", "1", "--", "smoke"], cwd=whole_run.folder,
            env=whole_run.environment, stdout=file, stderr=subprocess.STDOUT, timeout=2400,
        )  # fmt: skip
    assert done.returncode == 0, log.read_text()[-4000:]
    local, on_cluster = (read_products(whole_run.folder / f) for f in ("local", "results"))
    assert list(on_cluster) == list(local)
    steps = {"datasets", "camera", "train", "reconstruct", "score", "tables", "figures", "page"}
    assert {Path(path).parts[0] for path in local} >= steps
    assert [path for path in local if on_cluster[path] != local[path]] == []


def test_a_disk_without_file_locks_makes_the_same_bytes(
    cluster: Cluster, project: Project, tmp_path: Path, shared: Path
) -> None:
    source = shared / "data/field/noflock.c"
    if not source.is_file() or shutil.which("cc") is None:
        pytest.skip("there is no library that refuses locks, or no compiler for it")
    library = tmp_path / "noflock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    check_end(project, submit(project, LD_PRELOAD=str(library)))
    assert "this disk has no file locks" in read_log(project)


def test_a_cancelled_job_is_sent_again_and_continues(cluster: Cluster, project: Project) -> None:
    submission = submit(project)
    job = wait_for_progress(project, cluster)
    run("scancel", job)
    text = check_end(project, submission)
    assert "CANCELLED" in text or "Trying to restart" in text, text[-3000:]
    assert "continuing after iteration" in read_log(project)


def test_a_node_that_fails_loses_nothing(cluster: Cluster, project: Project) -> None:
    submission = submit(project)
    job = wait_for_progress(project, cluster)
    node = run("squeue", "--noheader", "--job", job, "--format=%N").strip()
    assert node in NODES
    cluster.kill_node(node)
    run("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    try:
        check_end(project, submission)
        assert "continuing after iteration" in read_log(project)
    finally:
        cluster.start_node(node)
        run("scontrol", "update", f"nodename={node}", "state=resume")
        cluster.wait_for(lambda: cluster.states() == dict.fromkeys(NODES, "idle"), 60)


def test_a_job_without_enough_memory_is_sent_again_with_more(
    cluster: Cluster, project: Project
) -> None:
    submission = submit(project, "--default-resources", "mem_mb=120 * attempt ** 4", "runtime=10")
    text = check_end(project, submission)
    first, *later = list_jobs(text)
    assert "Trying to restart" in text
    assert re.search("OUT_OF_MEMORY|CANCELLED|FAILED", text), text[-3000:]
    assert "JobState=COMPLETED" not in read_record(first)
    assert "MinMemoryNode=120M" in read_record(first)
    assert re.search("MinMemoryNode=(1920|9720)M", read_record(later[-1]))


def test_a_job_without_enough_time_is_sent_again_with_more(
    cluster: Cluster, project: Project
) -> None:
    """The first job is stopped until its time is over, as one on a machine that is too slow."""
    submission = submit(
        project, "--default-resources", "mem_mb=1500", "runtime=1 * 5 ** (attempt - 1)"
    )
    job = wait_for_progress(project, cluster)
    os.kill(find_process(job), signal.SIGSTOP)
    text = check_end(project, submission)
    first, second = list_jobs(text)
    assert first == job
    assert "TIMEOUT" in text
    assert "JobState=TIMEOUT" in read_record(first)
    assert "TimeLimit=00:01:00" in read_record(first)
    assert "TimeLimit=00:05:00" in read_record(second)
    assert "continuing after iteration" in read_log(project)


def test_a_training_on_two_nodes_agrees(cluster: Cluster, project: Project) -> None:
    settings = ["--config", "nodes_per_training=2", "device=cpu"]
    check_end(project, submit(project, *settings), same=False)
    machine = yaml.safe_load((project.folder / RUN / "machine.yaml").read_text())
    assert machine["processes"] == 2
    assert "2 processes on 2 nodes train together" in read_log(project)
    lines = [(project.folder / f / "history.csv").read_text() for f in ("local", RUN)]
    rows = [[float(line.split(",")[3]) for line in text.splitlines()[1:]] for text in lines]
    assert rows[1] == pytest.approx(rows[0], rel=0.01)


@pytest.mark.parametrize("nodes", [1, 2])
def test_a_task_of_a_training_sees_all_gpus_of_its_node(
    cluster: Cluster, project: Project, nodes: int
) -> None:
    """The job fails here, where PyTorch has no GPU; SLURM's record of its request counts."""
    choices = ["gpus=1", "gpus_per_training=2", f"nodes_per_training={nodes}"]
    submission = submit(
        project, "--retries", "0", "--set-threads", "train_network=1", "--config", *choices
    )
    submission.wait(400)
    text = (project.folder / "submit.log").read_text()
    assert submission.returncode == 1, text[-2000:]
    assert list_jobs(text), text[-2000:]
    record = run("scontrol", "show", "--detail", "job", list_jobs(text)[0])
    assert f"NumNodes={nodes} " in record
    assert f"NumTasks={nodes} " in record
    assert "TresPerTask" not in record
    assert "TasksPerGpu" not in record
    assert f"JOB_GRES=gpu:{2 * nodes}\n" in record
    assert ("TresPerNode=gres:gpu:2\n" in record) == (nodes == 2)
    assert "PyTorch sees 0 GPUs" in read_log(project)


def read_log(project: Project) -> str:
    return (project.folder / "logs/train/synthetic/mst_plus_plus/cluster-seed0.log").read_text()
