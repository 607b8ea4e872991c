"""Kill a training at random moments, and cut the power after it, as often as is wanted.

    python -m tests.workflow.torture --kills 100

A third of the kills each hits the function in a process of its own, `snakemake` and `dvc repro`.
After each kill the same command is typed once more, and its products must be equal to those of a
training that nobody stopped. In some kills only the first process dies and its children live on:
jobs are then waited for; a living Snakemake is named, and the command is typed again after its end.
A `dvc.lock` that a kill has cut is removed, as `docs/trust.md` says.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import yaml

from respectra.config import Config
from respectra.plans.steps import plan_training
from tests.workflow.conftest import Project, copy_project
from tests.workflow.test_kills import PRODUCTS, RUN, set_up_kills
from tests.workflow.test_power import TRAIN

WAYS = ("function", "snakemake", "dvc")
ALONE = {"function": 0.0, "snakemake": 0.5, "dvc": 0.25}  # how often the children live on
CUT = ("dvc.lock' validation failed", "dvc.lock' is invalid")
LIVES = "runs the workflow in this folder"
LONGEST = 1.02  # a kill comes within the time of a whole run, multiplied by this
POLL_SECONDS = 0.05
TICKS = os.sysconf("SC_CLK_TCK")


def make_project(folder: Path) -> Project:
    """A project with its data set, ready for a training of 40 iterations."""
    project = Project(copy_project(folder))
    set_up_kills(project)
    project.run("git", "init", "-q")
    project.snakemake("--cores", "2", "camera")
    return project


def make_command(way: str, project: Project) -> list[str]:
    """The command of a training."""
    if way == "snakemake":
        return ["snakemake", "--cores", "1", f"{RUN}/checkpoint.pt"]
    if way == "dvc":
        return ["dvc", "repro", "train"]
    plan = plan_training(Config(project.folder), "mst_plus_plus", "kill-seed0")
    data = ("results/datasets/synthetic/scenes.csv", "results/camera/synthetic/observations")
    return [sys.executable, "-c", TRAIN, yaml.safe_dump(plan, sort_keys=False), *data, RUN]


def read_products(project: Project) -> dict[str, bytes]:
    """The products that exist."""
    paths = [project.folder / RUN / name for name in PRODUCTS]
    return {path.name: path.read_bytes() for path in paths if path.is_file()}


def start(project: Project, command: list[str]) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own."""
    return subprocess.Popen(
        command, cwd=project.folder, env=project.environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def measure_time(session: int) -> float:
    """The seconds that the processes of a session have computed; a busy machine changes nothing."""
    ticks = 0
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                ticks += sum(map(int, fields[11:15]))  # its own, and of its children that ended
    return ticks / TICKS


def kill(project: Project, command: list[str], seconds: float, *, alone: bool) -> str:
    """Start a command and kill it after a time of computing; return at which stage it was."""
    child = start(project, command)
    while child.poll() is None:
        if measure_time(child.pid) >= seconds:
            if alone:
                os.kill(child.pid, signal.SIGKILL)
            else:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        time.sleep(POLL_SECONDS)
    folder = project.folder / RUN
    if (folder / "checkpoint.pt").exists():
        return "finished"
    return "in the training" if (folder / "progress.pt").exists() else "before"


def list_living(project: Project) -> list[str]:
    """The commands of the processes that work in a project."""
    commands = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if command and (place / "cwd").resolve().is_relative_to(project.folder):
                commands.append(f"{place.name} {command[:200]}")
    return commands


def repeat(project: Project, command: list[str]) -> tuple[bool, str]:
    """Type a command once more; again after what the documentation says of two sentences.

    A living Snakemake that is named must end. DVC writes `dvc.lock` in place, so that a kill can
    cut it; it is then removed.

    Returns:
        Whether it ended well, and its text.
    """
    done = project.run(*command)
    if done.returncode and LIVES in done.stdout:
        while list_living(project):
            time.sleep(0.1)
        done = project.run(*command)
    if done.returncode and any(sentence in done.stdout for sentence in CUT):
        print("dvc.lock was cut; it is removed", flush=True)
        (project.folder / "dvc.lock").unlink()
        done = project.run(*command)
    return done.returncode == 0, done.stdout


def list_leftovers(project: Project) -> list[str]:
    """Temporary files of a training, locks, and notes of processes."""
    run, state = project.folder / RUN, project.folder / ".snakemake"
    patterns = ((run, ".*"), (run, "progress.*"), (state, "locks/*"), (state, "respectra/runs/*-*"))
    return [str(path) for folder, pattern in patterns for path in folder.glob(pattern)]


def measure(way: str, project: Project) -> tuple[float, dict[str, bytes]]:
    """The seconds that a whole run computes, and its products."""
    project.run(*make_command(way, project))  # so that DVC has stored the data set
    shutil.rmtree(project.folder / RUN, ignore_errors=True)
    child, seconds = start(project, make_command(way, project)), 0.0
    while child.poll() is None:
        seconds = max(seconds, measure_time(child.pid))
        time.sleep(POLL_SECONDS)
    assert child.returncode == 0
    return seconds, read_products(project)


def torture(kills: int, seed: int, ways: Sequence[str] = WAYS) -> int:
    """Kill so many times; return how many ends were wrong."""
    numbers, counts = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="torture") as place:
        project = make_project(Path(place).resolve() / "project")
        runs = {way: measure(way, project) for way in ways}
        whole = runs[ways[0]][1]
        assert len(whole) == len(PRODUCTS)
        assert all(products == whole for _, products in runs.values())
        print({way: f"{seconds:.1f} s" for way, (seconds, _) in runs.items()}, flush=True)
        for number in range(kills):
            way = ways[number % len(ways)]
            shutil.rmtree(project.folder / RUN, ignore_errors=True)
            command = make_command(way, project)
            alone = numbers.random() < ALONE[way]
            moment = numbers.uniform(0, LONGEST * runs[way][0])
            stage = kill(project, command, moment, alone=alone)
            living = list_living(project)
            ended_well, text = repeat(project, command)
            if alone:  # nothing that the children do later changes the products
                while list_living(project):
                    time.sleep(0.1)
            leftovers = list_leftovers(project)
            right = ended_well and read_products(project) == whole and not leftovers
            right = right and (alone or not living)
            line = f"{way}, killed {stage}{' alone' if alone else ''}: "
            line += "equal" if right else "WRONG"
            counts[line] += 1
            print(number + 1, f"{moment:.1f} s", line, flush=True)
            if not right:
                print(living, leftovers, sorted(read_products(project)), text[-2000:], flush=True)
    for line, count in sorted(counts.items()):
        print(f"{count:5} {line}")
    return sum(count for line, count in counts.items() if line.endswith("WRONG"))


def main() -> int:
    """Read the command line and kill."""
    parser = argparse.ArgumentParser(prog="python -m tests.workflow.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ways", default=",".join(WAYS), help="separated by commas")
    options = parser.parse_args()
    return int(torture(options.kills, options.seed, options.ways.split(",")) > 0)


if __name__ == "__main__":
    sys.exit(main())
