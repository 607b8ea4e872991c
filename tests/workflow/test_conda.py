"""`--use-conda` through a stand-in for conda, and what the environments must hold."""

import ast
import sys
from pathlib import Path

import pytest
import yaml

from respectra import build
from tests.workflow.conftest import ROOT, Project

FAKE = ROOT / "tests/fake_conda/bin"
MODULES = {
    "PIL": "pillow", "yaml": "pyyaml", "skimage": "scikit-image", "colour": "colour-science",
    "torch": "pytorch", "matplotlib": "matplotlib-base", "mpl_toolkits": "matplotlib-base",
}  # fmt: skip
POST_DEPLOY = {"fast_slic": "fast-slic"}
OPTIONAL = {"triton"}  # comes with PyTorch for CUDA; networks use plain PyTorch without it


def settings(tmp_path: Path, project: Project) -> dict[str, str]:
    return {
        "PATH": f"{FAKE}:{project.environment['PATH']}",
        "FAKE_CONDA_LOG": str(tmp_path / "conda.log"),
        "FAKE_CONDA_PYTHON": sys.executable,
    }


def test_jobs_run_in_the_environment_of_their_rule(fresh: Project, tmp_path: Path) -> None:
    environment = settings(tmp_path, fresh)
    fresh.snakemake(
        "--use-conda",
        "--conda-prefix",
        str(tmp_path / "conda"),
        "--cores",
        "2",
        "results/score/synthetic/linear/smoke/valid.csv",
        **environment,
    )
    log = (tmp_path / "conda.log").read_text()
    assert "env create" in log
    assert "pip install --no-build-isolation --no-deps fast-slic==0.4.0" in log
    interpreters = list((tmp_path / "conda").glob("*_/bin/python"))
    assert len(interpreters) == 1
    assert (fresh.folder / "results/score/synthetic/linear/smoke/valid.csv").is_file()


def test_a_range_that_nobody_tested_is_refused(fresh: Project, tmp_path: Path) -> None:
    path = fresh.folder / "envs/respectra.yaml"
    path.write_text(path.read_text().replace("numpy >=2.2,<3", "numpy >=2.0,<2.1"))
    done = fresh.run(
        "snakemake", "--use-conda", "--conda-prefix", str(tmp_path / "conda"), "--cores", "1",
        "results/datasets/synthetic/scenes.csv", **settings(tmp_path, fresh),
    )  # fmt: skip
    assert done.returncode != 0
    assert "is what the tests ran with" in done.stdout


def test_a_space_in_the_path_of_the_environments_is_an_error(
    fresh: Project, tmp_path: Path
) -> None:
    done = fresh.run("snakemake", "--use-conda", "-n", **settings(tmp_path, fresh))
    assert done.returncode != 0
    assert "add --conda-prefix FOLDER" in done.stdout


def test_without_conda_the_message_is_snakemakes_own(fresh: Project, tmp_path: Path) -> None:
    done = fresh.run(
        "snakemake",
        "--use-conda",
        "--conda-prefix",
        str(tmp_path / "conda"),
        "-n",
        PATH=f"{Path(sys.executable).parent}:/usr/bin:/bin",
    )
    if done.returncode == 0:
        pytest.skip("a conda is installed here")
    assert "conda" in done.stdout


def reachable(path: Path, visited: set[Path]) -> set[str]:
    """The third-party modules that a file and all it imports from the package need."""
    if path in visited:
        return set()
    visited.add(path)
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            top = name.partition(".")[0]
            if name == "respectra":
                continue  # it imports a module when `respectra.load` is called, as no rule does
            if top == "respectra":
                source = build.source(name)
                modules |= reachable(source, visited) if source else set()
            elif top not in sys.stdlib_module_names and top != "job":
                modules.add(top)
    return modules


def test_every_import_of_a_rule_is_in_its_environment() -> None:
    """Snakemake lends its own packages to scripts, so a missing one goes unnoticed elsewhere."""
    listed = yaml.safe_load((ROOT / "envs/respectra.yaml").read_text())["dependencies"]
    packages = {line.split()[0] for line in listed}
    deployed = (ROOT / "envs/respectra.post-deploy.sh").read_text()
    needed: set[str] = set()
    for script in (ROOT / "workflow/scripts").glob("*.py"):
        needed |= reachable(script, set())
    for folder in ("networks", "fits", "figures", "datasets", "camera"):  # what a YAML may name
        for module in (ROOT / "respectra" / folder).glob("*.py"):
            needed |= reachable(module, set())
    for page in ("losses", "metrics", "ensemble", "controls", "train/schedules"):
        needed |= reachable(ROOT / f"respectra/{page}.py", set())
    assert "torch" in needed
    for module in needed - OPTIONAL:
        if module in POST_DEPLOY:
            assert f"{POST_DEPLOY[module]}==" in deployed
        else:
            assert MODULES.get(module, module) in packages, module
    builds = {"python", "pip", "cython", "setuptools", "cxx-compiler"}  # of fast-slic
    unused = packages - {MODULES.get(m, m) for m in needed - OPTIONAL} - builds
    assert not unused, f"listed but never imported: {unused}"


def test_what_the_environment_compiles_it_has_a_compiler_for() -> None:
    listed = yaml.safe_load((ROOT / "envs/respectra.yaml").read_text())["dependencies"]
    packages = {line.split()[0] for line in listed}
    deployed = (ROOT / "envs/respectra.post-deploy.sh").read_text()
    assert "--no-build-isolation" in deployed  # so pip builds with what is listed
    assert {"cxx-compiler", "cython", "numpy", "pip", "setuptools"} <= packages
