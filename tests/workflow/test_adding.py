"""docs/adding.md is followed literally, each section in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.test_docs import FENCE, SECTIONS, changes

SCENES = {"tomato": 0, "basil": 1, "pepper": 2}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files of the repository, without results, and the cubes of the added data set."""
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip("this is no git repository")
    folder = tmp_path / "repository"
    for name in done.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    cubes = folder / "data/greenhouse"
    cubes.mkdir()
    for scene, seed in SCENES.items():
        values = np.random.default_rng(seed).uniform(0.1, 0.9, (48, 50, 31))
        np.save(cubes / f"{scene}.npy", values.astype(np.float32))
    return folder


def digests(folder: Path) -> dict[str, str]:
    names = ("respectra", "tests", "config", "docs", "data/splits", ".gitignore")
    files = [p for n in names for p in (folder / n, *(folder / n).rglob("*")) if p.is_file()]
    sources = [p for p in files if "__pycache__" not in p.parts]
    return {str(p.relative_to(folder)): sha256(p.read_bytes()).hexdigest() for p in sources}


def apply(folder: Path, verb: str, path: str, place: str, block: str) -> None:
    file = folder / path
    if verb == "Write":
        file.write_text(block)
        return
    lines = file.read_text().splitlines(keepends=True)
    at = len(lines)
    if verb != "append":
        (at,) = [i for i, line in enumerate(lines) if place in line]
        at += verb == "insert after"
    file.write_text("".join([*lines[:at], block, *lines[at:]]))


def commands(section: str) -> list[list[str]]:
    """The section's commands; Snakemake's say what would run, except for the added data set."""
    blocks = [m[3] for m in FENCE.finditer(section) if m[2] == "console"]
    lines = re.findall(r"^\$ (.+)$", "".join(blocks), re.MULTILINE)
    dry = [["-n", "--quiet"] if "snakemake" in x and "greenhouse" not in x else [] for x in lines]
    return [line.split() + more for line, more in zip(lines, dry, strict=True)]


@pytest.mark.parametrize("title", SECTIONS)
def test_the_section_works_as_it_is_written(copy: Path, title: str) -> None:
    before = digests(copy)
    steps = changes(SECTIONS[title])
    for step in steps:
        apply(copy, *step)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTEST_ADDOPTS": "-n 0 -p no:cacheprovider"}
    for command in [*commands(SECTIONS[title]), ["ruff", "check", "."], ["ruff", "format", "."]]:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    after = digests(copy)
    changed = {name for name in after if before.get(name) != after[name]}
    assert changed == {path for _, path, _, _ in steps}
