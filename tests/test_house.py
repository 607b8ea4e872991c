"""The house keeps its own rules."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from respectra.config import Config

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "respectra"
MODULES = [p for p in PACKAGE.rglob("*.py") if p.name != "__init__.py"]
# Folders and modules at the top of the package, from the bottom to the top: each line imports only
# from itself and from the lines above it.
LEVELS = (
    {
        "arguments",
        "build",
        "colour_profiles",
        "file_kinds",
        "files",
        "lengths",
        "locks",
        "logs",
        "messages",
        "parse_cache",
        "plan_types",
        "tiff",
    },
    {
        "device",
        "gpus",
        "compilation",
        "graphs",
        "pictures",
        "photos",
        "pretrained",
        "reconstructions",
        "score_files",
        "signatures",
        "tiles",
    },
    {"datasets"},
    {"camera"},
    {"conditions", "losses", "metrics", "networks"},
    {"controls", "fits", "inputs"},
    {"train"},
    {"classify", "ensemble", "reconstruct", "score", "submission"},
    {"figures", "tables"},
    {"page"},
    {"config"},
    {"plans"},
    {"costs"},
    {"weights"},
    {"cube_files", "model"},
    {"commands"},
    {"__main__"},
)
PLANNING = ("config", "plans", "signatures")  # imported wherever the workflow is planned
OF_STEPS = set().union(*LEVELS[1:10]) - {"signatures"}
BANNED = {
    "asked", "begun", "beside", "found", "kept", "made", "own", "seen", "theirs", "there", "told",
    "wanted",
}  # fmt: skip
# Modules that may be longer: a network is one subject, and so is a table of types.
ONE_SUBJECT = {"networks"}
STEPS = (
    "datasets", "camera", "train", "conditions", "reconstruct", "ensemble", "score", "tables", "figures", "page",
)  # fmt: skip


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
    mirrors = {mirror(module) for module in MODULES}
    missing = sorted(str(p.relative_to(ROOT)) for p in mirrors if not p.exists())
    assert missing == []
    of_the_whole = {"test_house.py", "test_contract.py", "test_docs.py", "test_printed_numbers.py"}
    tests = {
        p
        for p in (ROOT / "tests").rglob("test_*.py")
        if p.parent.name not in ("workflow", "fuzz", "cluster", "remotes")
    }
    of_benchmarks = {
        ROOT / "tests/benchmarks" / f"test_{path.stem}.py"
        for path in (ROOT / "benchmarks").glob("*.py")
    }
    orphans = sorted(
        str(p.relative_to(ROOT))
        for p in tests - mirrors - of_benchmarks
        if p.name not in of_the_whole
    )
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
def test_a_script_only_calls_a_function(script: Path) -> None:
    tree = ast.parse(script.read_text())
    statements = (ast.If, ast.For, ast.While, ast.FunctionDef, ast.ClassDef, ast.Try)
    assert not [node for node in ast.walk(tree) if isinstance(node, statements)]
    assert len(script.read_text().splitlines()) <= 25


def test_rules_stay_thin() -> None:
    assert len((ROOT / "workflow/rules/common.smk").read_text().splitlines()) < 120
    for rules in (ROOT / "workflow/rules").glob("*.smk"):
        assert not re.search(r"^\s+(run|message):", rules.read_text(), re.M), rules.name


def test_every_rule_names_the_environment() -> None:
    for rules in (ROOT / "workflow/rules").glob("*.smk"):
        text = rules.read_text()
        scripts, environments = (
            len(re.findall(rf"^ +{key}:$", text, re.M)) for key in ("script", "conda")
        )
        assert scripts == environments, rules.name


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


def test_hdf5_needs_no_locks_of_files() -> None:
    """Some network disks have none, and a product takes its place in one step."""
    for module in MODULES:
        for call in ast.walk(ast.parse(module.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "h5py.File":
                given = {k.arg: ast.unparse(k.value) for k in call.keywords}
                assert given.get("locking") == "False", module


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


# --- imports -------------------------------------------------------------------------------------


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_top(path: Path) -> str:
    """The folder or module at the top of the package that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def read_imports(path: Path) -> Iterator[tuple[str, str]]:
    """Every module of the package that a file imports, anywhere in it: its top and its name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            modules = [f"{node.module}.{a.name}" for a in node.names]
            assert not node.level, f"{path}: imports are absolute"
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        for module in modules:
            parts = module.split(".")
            if parts[0] == "respectra" and parts[1:] and parts[1] != "__version__":
                yield parts[1], ".".join(parts[:3])


def draw_graph() -> dict[str, set[str]]:
    """For each folder or module at the top of the package, those that it imports from."""
    graph: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        if path != PACKAGE / "__init__.py":
            edges = graph.setdefault(name_top(path), set())
            edges |= {top for top, _ in read_imports(path)} - {name_top(path)}
    return graph


def test_imports_make_no_circle_and_lead_downwards() -> None:
    graph = draw_graph()
    level_of = {name: level for level, names in enumerate(LEVELS) for name in names}
    assert set(graph) <= set(level_of), "a new folder or module has a place in LEVELS"
    upwards = [
        f"{importer} imports {imported}"
        for importer, imports in graph.items()
        for imported in imports
        if level_of[imported] > level_of[importer]
    ]
    assert sorted(upwards) == []
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_the_modules_of_a_folder_make_no_circle() -> None:
    for folder in (path for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()):
        names = {path.stem for path in folder.glob("*.py")} - {"__init__"}
        graph = {
            name: {
                imported.rpartition(".")[2]
                for top, imported in read_top_imports(folder / f"{name}.py")
                if top == folder.name
            }
            & names
            for name in names
        }
        TopologicalSorter(graph).prepare()


def read_top_imports(path: Path) -> Iterator[tuple[str, str]]:
    """The imports that run when a file is imported, as top and module."""
    for node in tree(path).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("respectra."):
            for alias in node.names:
                parts = f"{node.module}.{alias.name}".split(".")
                yield parts[1], ".".join(parts[:3])


def test_planning_reads_no_code_of_a_step() -> None:
    for path in MODULES:
        if name_top(path) in PLANNING:
            of_steps = {name for top, name in read_imports(path) if top in OF_STEPS}
            names = ("common_bands", "inventory", "layout")
            assert of_steps <= {f"respectra.datasets.{name}" for name in names}, path


def test_planning_imports_neither_pytorch_nor_numpy() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in MODULES
        if name_top(path) in PLANNING
    ]
    code = (
        f"import sys, importlib\nfor name in {modules}: importlib.import_module(name)\n"
        "print(sorted({'torch', 'numpy', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


# --- text ----------------------------------------------------------------------------------------


def test_modules_have_at_most_300_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in MODULES
        if name_top(path) not in ONE_SUBJECT
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}


def test_functions_have_at_most_60_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in [*MODULES, *(ROOT / "benchmarks").glob("*.py")]
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert long == []


def test_only_one_module_writes_paths_below_results() -> None:
    pattern = re.compile(r"^results$|\bresults/")
    for path in [*MODULES, *(ROOT / "workflow/scripts").glob("*.py")]:
        if path == PACKAGE / "plans/cells.py":
            continue
        texts = {
            id(node.value)
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        paths = [
            node.value
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in texts
            and pattern.search(node.value)
        ]
        assert paths == [], f"{path.relative_to(ROOT)}: respectra/plans/cells.py names paths"


def test_rules_take_paths_below_results_from_one_module() -> None:
    for path in [ROOT / "Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            code = line.partition("#")[0]
            assert "results/" not in code, f"{path.name}: {line}"


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """Every name that a file gives or uses, with its line; texts and keys are no names."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield node.lineno, name


def test_names_are_nouns_and_verbs() -> None:
    files = [
        path
        for folder in ("respectra", "workflow", "benchmarks", "tests")
        for path in (ROOT / folder).rglob("*.py")
    ]
    banned = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in files
        for line, name in names_in(path)
        if name in BANNED
    ]
    # The key of published values in the CSV of a table, which users read.
    keys = [
        entry for entry in banned if re.fullmatch(r"respectra/tables/join.py:\d+: theirs", entry)
    ]
    assert len(keys) == 1
    assert sorted(set(banned) - set(keys)) == []
    for rules in (ROOT / "workflow/rules").glob("*.smk"):
        assert not set(re.findall(r"^def (\w+)", rules.read_text(), re.M)) & BANNED, rules.name


def documented(path: Path) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """The public functions, classes and methods of a file."""
    for node in tree(path).body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield node
        for inner in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                yield inner


def test_summaries_are_sentences() -> None:
    """A summary begins with a capital, or with the shape of a tensor, and ends with a period."""
    for path in [*MODULES, *(ROOT / "benchmarks").glob("*.py")]:
        for node in documented(path):
            text = ast.get_docstring(node) or ""
            summary = text.partition("\n\n")[0]
            place = f"{path.relative_to(ROOT)}: {node.name}: {summary!r}"
            assert re.match(r"[A-Z]|\(n, |\d", summary), place
            assert summary.endswith("."), place
