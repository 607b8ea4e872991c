"""DVC around Snakemake: neither does the other's work again, and the coarse graph covers the fine."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import ROOT, Project

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


@pytest.fixture(scope="module")
def tracked(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished run in a repository of its own."""
    project = Project(tmp_path_factory.mktemp("dvc") / "project")
    shutil.copytree(finished.folder, project.folder, symlinks=True)
    for command in (["git", "init", "-q"], ["git", "config", "user.email", "a@b.c"]):
        assert project.run(*command).returncode == 0
    return project


def repro(project: Project, *arguments: str) -> str:
    done = project.run("dvc", "repro", *arguments)
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def test_after_snakemake_dvc_does_nothing_again_and_the_other_way_round(tracked: Project) -> None:
    checkpoints = sorted((tracked.folder / "results/train").rglob("checkpoint.pt"))
    before = {path: path.stat().st_mtime_ns for path in checkpoints}
    text = repro(tracked)
    assert text.count("Running stage") == 4
    assert {path: path.stat().st_mtime_ns for path in checkpoints} == before
    assert tracked.plan() == {}
    again = repro(tracked)
    assert "Running stage" not in again
    assert "Data and pipelines are up to date" in again


def test_metrics_and_graph_are_shown(tracked: Project) -> None:
    if not (tracked.folder / "results/metrics.json").is_file():
        repro(tracked)
    shown = tracked.run("dvc", "metrics", "show", "--json")
    assert json.loads(shown.stdout[shown.stdout.index("{") :])
    assert "linear" in tracked.run("dvc", "metrics", "show").stdout
    plots = tracked.run("dvc", "plots", "show", "--out", "plots")
    assert plots.returncode == 0, plots.stdout
    page = (tracked.folder / "plots/index.html").read_text()
    assert "overview/methods: linear" in page
    graph = tracked.run("dvc", "dag")
    assert graph.returncode == 0
    assert all(stage in graph.stdout for stage in STAGES)


def test_a_changed_choice_runs_only_what_it_touches(tracked: Project) -> None:
    if not (tracked.folder / "dvc.lock").is_file():
        repro(tracked)
    path = tracked.folder / "config/config.yaml"
    text = path.read_text()
    old = tracked.folder / "results/train/synthetic/hprn/smoke-seed0/checkpoint.pt"
    before = old.stat().st_mtime_ns
    path.write_text(text.replace("seeds: [0, 1]", "seeds: [0, 1, 2]"))
    try:
        repro(tracked, "train")
        assert (tracked.folder / "results/train/synthetic/hprn/smoke-seed2/checkpoint.pt").is_file()
        assert old.stat().st_mtime_ns == before
    finally:
        path.write_text(text)


@pytest.mark.parametrize("stage", STAGES)
def test_dvc_covers_the_workflow(fresh: Project, stage: str) -> None:
    """Every file that a stage's jobs read is among its deps or outs, every file written its outs."""
    arguments = STAGES[stage]["cmd"].split(" -- ")[1].split()
    text = fresh.snakemake("-n", "-F", *arguments)
    earlier = {
        out for name in list(STAGES)[: list(STAGES).index(stage)] for out in outs(STAGES[name])
    }
    outputs = outs(STAGES[stage])
    known = outputs | set(STAGES[stage]["deps"])
    for block in re.split(r"\n(?=(?:local)?rule \w+:)", text)[1:]:
        written = listed(block, "output")
        if written and all(under(file, earlier) for file in written):
            continue  # an earlier stage's job, forced along
        for file in written:
            assert under(file, outputs), f"{stage} writes {file}"
        for file in listed(block, "input") if written else []:
            assert under(file, known), f"{stage} reads {file}"


def outs(stage: dict[str, list[object]]) -> set[str]:
    files = [*stage["outs"], *stage.get("metrics", []), *stage.get("plots", [])]
    return {next(iter(out)) for out in files}  # type: ignore[call-overload]


def listed(block: str, directive: str) -> list[str]:
    match = re.search(rf"^    {directive}: (.*)$", block, re.M)
    return match[1].split(", ") if match else []


def under(file: str, folders: set[str]) -> bool:
    return any(file == f or file.startswith(f"{f}/") for f in folders)


def test_the_file_is_what_the_plans_derive() -> None:
    done = Project(ROOT).run("python", "-m", "respectra", "dvc")
    assert done.stdout.strip() == (ROOT / "dvc.yaml").read_text().strip(), "run `make dvc`"


# --- DVC sees what Snakemake sees ----------------------------------------------------------------

CHANGED = {
    "a camera's JPEG quality": ("config/cameras/ntire2022.yaml", "quality: 70", "quality: 20"),
    "a data set's scenes": ("config/datasets/synthetic.yaml", "seed: 0", "seed: 1"),
    "a network's line": ("respectra/networks/hprn.py", "eps=5e-5", "eps=6e-5"),
    "the device": ("respectra/device.py", "return torch.device(", "return 1 and torch.device("),
    "a reader": ("respectra/datasets/synthetic.py", "FLOOR = 1.0e-4", "FLOOR = 2.0e-4"),
    "a recipe": ("config/methods/hprn.yaml", "betas: [0.9, 0.99]", "betas: [0.9, 0.98]"),
    "a budget": ("config/budgets/smoke.yaml", "iterations: 2", "iterations: 3"),
    "a paper's caption": ("config/papers/overview.yaml", "caption: ", "caption: New. "),
    "a published number": ("published/ntire2022/table1.csv", "0.1131", "0.1132"),
}


def status(project: Project) -> str:
    done = project.run("dvc", "status")
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def current(tracked: Project) -> Iterator[Project]:
    """A finished run that DVC calls up to date, before and after the tests that change a file."""
    if "up to date" not in status(tracked):
        repro(tracked)
    assert "up to date" in status(tracked)
    yield tracked
    assert "up to date" in status(tracked)


@pytest.mark.parametrize("kind", CHANGED)
def test_what_snakemake_runs_again_dvc_calls_changed(current: Project, kind: str) -> None:
    with current.edited(*CHANGED[kind]):
        assert current.plan() != {}
        assert "changed deps" in status(current)


def test_a_new_cube_is_seen_by_both(own_data: Project, tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    shutil.copytree(own_data.folder, project.folder, symlinks=True)
    assert project.run("git", "init", "-q").returncode == 0
    repro(project)
    assert project.plan() == {}
    folder = project.folder / "data/folder"
    table = (folder / "scenes.csv").read_text()
    for change in ("cube", "split"):
        if change == "cube":
            shutil.copy(folder / "c.npz", folder / "d.npz")
            (folder / "scenes.csv").write_text(f"{table}d,train\n")
        else:
            (folder / "d.npz").unlink()
            (folder / "scenes.csv").write_text(table.replace("b,train", "b,valid"))
        assert "store_dataset" in project.plan()
        assert "changed deps" in status(project)


def test_no_usage_is_posted(tracked: Project) -> None:
    text = (Path(tracked.folder) / ".dvc/config").read_text()
    assert "analytics = false" in text
