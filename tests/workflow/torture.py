"""Kill a training at random moments, and cut the power after it, as often as is wanted.

    python -m tests.workflow.torture --kills 100

A third of the kills each hits the function in a process of its own, `snakemake` and `dvc repro`.
After each kill the same command is typed once more, and its products must be equal to those of a
training that nobody stopped.
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
from pathlib import Path

import yaml

from respectra.config import Config
from respectra.plans.steps import plan_training
from tests.workflow.conftest import Project, copy_project
from tests.workflow.test_kills import PRODUCTS, RUN, set_up_kills
from tests.workflow.test_power import TRAIN

WAYS = ("function", "snakemake", "dvc")
LONGEST = 1.1  # a kill comes within the time of a whole run, multiplied by this


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


def kill(project: Project, command: list[str], seconds: float, *, alone: bool) -> str:
    """Start a command and kill it after a time; return at which stage it was."""
    child = subprocess.Popen(
        command, cwd=project.folder, env=project.environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        if alone:
            os.kill(child.pid, signal.SIGKILL)
        else:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    folder = project.folder / RUN
    if (folder / "checkpoint.pt").exists():
        return "finished"
    return "in the training" if (folder / "progress.pt").exists() else "before"


def measure(way: str, project: Project) -> tuple[float, dict[str, bytes]]:
    """The seconds of a whole run, and its products."""
    shutil.rmtree(project.folder / RUN, ignore_errors=True)
    start = time.monotonic()
    done = project.run(*make_command(way, project))
    assert done.returncode == 0, done.stdout[-2000:]
    return time.monotonic() - start, read_products(project)


def torture(kills: int, seed: int, ways: Sequence[str] = WAYS) -> int:
    """Kill so many times; return how many ends were wrong."""
    numbers, counts = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="torture") as place:
        project = make_project(Path(place) / "project")
        runs = {way: measure(way, project) for way in ways}
        whole = runs[ways[0]][1]
        assert len(whole) == len(PRODUCTS)
        assert all(products == whole for _, products in runs.values())
        print({way: f"{seconds:.1f} s" for way, (seconds, _) in runs.items()}, flush=True)
        for number in range(kills):
            way = ways[number % len(ways)]
            shutil.rmtree(project.folder / RUN, ignore_errors=True)
            command = make_command(way, project)
            alone = way == "snakemake" and numbers.random() < 0.5  # its job lives on as an orphan
            stage = kill(project, command, numbers.uniform(0, LONGEST * runs[way][0]), alone=alone)
            unlocked = project.run("snakemake", "--unlock") if way != "function" else None
            done = project.run(*command)
            products = read_products(project)
            right = done.returncode == 0 and products == whole
            if alone:  # the second process has waited for the orphan; nothing of it comes later
                time.sleep(0.5)
                right = right and read_products(project) == whole
            leftovers = [p.name for p in (project.folder / RUN).glob(".*")] + [
                p.name for p in (project.folder / RUN).glob("progress.*")
            ]
            verdict = "equal" if right and not leftovers else "WRONG"
            line = f"{way}, killed {stage}{' alone' if alone else ''}: {verdict}"
            counts[line] += 1
            print(number + 1, line, flush=True)
            if verdict == "WRONG":
                print(
                    way, stage, alone, leftovers, sorted(products), done.stdout[-2000:], flush=True
                )
                if unlocked is not None:
                    print("unlock:", unlocked.returncode, unlocked.stdout[-1000:], flush=True)
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
