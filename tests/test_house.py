"""The house keeps its own rules."""

import ast
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from respectra.config import Config

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "respectra"
MODULES = [p for p in PACKAGE.rglob("*.py") if p.name != "__init__.py"]
STEPS = ("datasets", "camera", "train", "reconstruct", "ensemble", "score", "tables", "figures")


def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip("this is no git repository")
    return [ROOT / line for line in done.stdout.splitlines() if (ROOT / line).is_file()]


def mirror(module: Path) -> Path:
    return ROOT / "tests" / module.parent.relative_to(PACKAGE) / f"test_{module.stem.strip('_')}.py"


def test_every_module_has_its_test_and_every_test_its_module() -> None:
    wanted = {mirror(module) for module in MODULES}
    missing = sorted(str(p.relative_to(ROOT)) for p in wanted if not p.exists())
    assert missing == []
    own = {"test_house.py", "test_contract.py", "test_docs.py"}
    found = {p for p in (ROOT / "tests").rglob("test_*.py") if p.parent.name != "workflow"}
    orphans = sorted(str(p.relative_to(ROOT)) for p in found - wanted if p.name not in own)
    assert orphans == []


@pytest.mark.parametrize("step", STEPS)
def test_a_step_has_one_word_everywhere(step: str) -> None:
    assert (ROOT / f"workflow/rules/{step}.smk").exists()
    assert (ROOT / f"workflow/scripts/{step}.py").exists()
    assert (PACKAGE / f"{step}.py").exists() or (PACKAGE / step).is_dir()
    assert f"workflow/rules/{step}.smk" in (ROOT / "Snakefile").read_text()
    assert re.search(
        rf"^rule {step}:$", (ROOT / f"workflow/rules/{step}.smk").read_text(), re.M
    ) or step in ("ensemble",)


@pytest.mark.parametrize(
    "script", sorted((ROOT / "workflow/scripts").glob("*.py")), ids=lambda p: p.name
)
def test_a_script_is_a_door_not_a_room(script: Path) -> None:
    tree = ast.parse(script.read_text())
    rooms = (ast.If, ast.For, ast.While, ast.FunctionDef, ast.ClassDef, ast.Try)
    assert not [node for node in ast.walk(tree) if isinstance(node, rooms)]
    assert len(script.read_text().splitlines()) <= 25


def test_rules_stay_thin() -> None:
    assert len((ROOT / "workflow/rules/common.smk").read_text().splitlines()) < 120
    for rules in (ROOT / "workflow/rules").glob("*.smk"):
        assert not re.search(r"^\s+(run|message):", rules.read_text(), re.M), rules.name


def test_every_rule_names_the_environment() -> None:
    for rules in (ROOT / "workflow/rules").glob("*.smk"):
        text = rules.read_text()
        assert text.count("script:") == text.count("conda:"), rules.name


def test_package_pages_know_no_snakemake() -> None:
    for module in MODULES:
        assert "import snakemake" not in module.read_text(), module


def test_nothing_is_printed_but_by_the_command_line() -> None:
    for module in MODULES:
        if module.name in ("__main__.py", "logs.py"):
            continue
        calls = [n for n in ast.walk(ast.parse(module.read_text())) if isinstance(n, ast.Call)]
        assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"], (
            module
        )


def test_weights_are_never_loaded_with_code() -> None:
    for module in MODULES:
        for call in ast.walk(ast.parse(module.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "torch.load":
                given = {k.arg: ast.unparse(k.value) for k in call.keywords}
                assert given.get("weights_only") == "True", module


def test_every_departure_is_a_sentence_and_the_page_of_them_is_current() -> None:
    config = Config(ROOT)
    page = (ROOT / "docs/departures.md").read_text()
    for name in config.methods:
        for departure in config.method(name).departures:
            assert departure.endswith("."), departure
            assert departure in page
    for name in config.names("cameras"):
        for departure in config.camera(name).departures:
            assert departure in page


def test_no_address_of_a_registry_and_no_path_of_a_machine_is_in_the_tree() -> None:
    pattern = re.compile(r"(/root/|/home/\w|index-url *=? *http|/simple/|file:///|\b/tmp/\w)")
    for path in tracked():
        if path.suffix in (".json", ".csv", ".png") or path.name in ("test_house.py",):
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert not pattern.search(text), f"{path}: {pattern.search(text)}"


def test_constraints_hold_every_requirement_once() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert all(re.match(r"^[a-z0-9._\[\]-]+==\S+( ; .+)?$", line) for line in lines)
    assert "torch==2.13.0" in lines
    assert "fast-slic==0.4.0" in lines


def test_dvc_has_a_stage_for_every_group_of_steps() -> None:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    assert list(stages) == ["datasets", "train", "score", "tables"]
    for stage in stages.values():
        for out in stage["outs"]:
            assert next(iter(out.values()))["persist"] is True
        assert {"config/config.yaml": None} in stage["params"]


def test_the_readmes_commands_exist() -> None:
    text = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^make (\w+)", text, re.M))
    assert {"demo", "test"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_the_readmes_lines_have_at_most_120_characters_and_its_code_runs() -> None:
    text = (ROOT / "README.md").read_text()
    assert not [line for line in text.splitlines() if len(line) > 120 and line[:2] != "| "]
    names: dict[str, Any] = {"rgb": torch.rand(2, 3, 16, 24)}
    exec(text.split("```python\n")[1].split("```")[0], names)
    assert names["cube"].shape == (2, 31, 16, 24)
