"""A digest follows what the code of a step does, and nothing else."""

import ast
import importlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from respectra import build
from respectra.config import Config
from respectra.plans import conditions, digest, figures, plausible, steps, tables
from respectra.plans.digest import (
    NOT_DIGESTED,
    collect_names,
    digest_code,
    reach,
)
from respectra.plans.editions import Edition, is_available
from respectra.plans.statements import Name, write_tree
from tests.config.conftest import dedent, forget_files, forget_places
from tests.conftest import ROOT, Data

# --- a package of a few modules ------------------------------------------------------------------

PARTS = {
    "__init__.py": "",
    "step.py": """
        '''A step.'''
        from respectra import tool
        from respectra.losses import one
        from respectra.shapes import Round
        def run(x=None):
            '''Do it.'''
            from respectra.lazy import late
            return tool.Y, one(), Round(), late()
        def unused(): return tool.Z
    """,
    "tool.py": "Y = 1\nZ = 2\n",
    "losses.py": """
        from respectra.parts import used as helper, other
        A = 2
        def one(): return A + helper()
        def two(): return other()
    """,
    "parts.py": "def used(): return 1\ndef other(): return 2\n",
    "shapes.py": """
        from respectra.marks import mark
        class Shape:
            def area(self): return SIDE
        SIDE = 1
        class Corner: pass
        @mark
        class Round(Shape): pass
    """,
    "marks.py": "def mark(a): return a\ndef other_mark(a): return a\n",
    "lazy.py": "def late(): return early()\ndef early(): return 0\n",
    "beside.py": "X = 1\n",
    "logs.py": "def log(): return 1\n",
    "folder/__init__.py": "from respectra.folder.inner import public\n",
    "folder/inner.py": "def public(): return 1\ndef private(): return 2\n",
}
RUN = [("respectra.step", "run")]


class Package:
    """A package in place of this one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for file, text in PARTS.items():
            self.write(file, text)

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(dedent(text) if text else "", encoding="utf-8")

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text(encoding="utf-8")
        assert old in text
        self.write(file, text.replace(old, new, 1))

    def digest(self, entries: list[Name] = RUN, named: list[tuple[str, str]] | None = None) -> str:
        forget_files()
        return digest_code(entries, named or [])

    def reach(self, entries: list[Name] = RUN) -> set[str]:
        forget_files()
        return {f"{m.removeprefix('respectra.')}:{name}" for m, name in reach(entries)}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    monkeypatch.setattr(build, "PACKAGE", tmp_path / "respectra")
    yield Package(tmp_path / "respectra")
    forget_places()


def test_a_step_reaches_what_it_uses_by_name(package: Package) -> None:
    assert package.reach() == {
        "step:run", "step:tool", "step:one", "step:Round", "tool:Y", "losses:one", "losses:A",
        "losses:helper", "parts:used", "shapes:Round", "shapes:Shape", "shapes:SIDE", "shapes:mark",
        "marks:mark", "lazy:late", "lazy:early",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("step.py", "'''A step.'''", "'''Another docstring.'''"),
        ("step.py", "'''Do it.'''", "# a comment"),
        ("step.py", "def run(x=None):", "def run(x: int | None = None) -> tuple[int, ...]:"),
        ("step.py", "def run", "\n\n\ndef run"),
        ("step.py", "def unused(): return tool.Z", ""),
        ("step.py", "return tool.Z", "return tool.Y + 1"),
        ("tool.py", "Y = 1", "Y: int = 1  # a number"),
        ("tool.py", "Z = 2", "Z = 3"),
        ("losses.py", "def two(): return other()", "def two(): return 4"),
        ("parts.py", "def other(): return 2", "def other(): return 9"),
        ("shapes.py", "class Corner: pass", "class Corner: x = 1"),
        ("marks.py", "def other_mark(a): return a", "def other_mark(a): return None"),
        ("beside.py", "X = 1", "X = 2\nprint(X)"),
        ("folder/inner.py", "return 1", "return 3"),
    ],
)
def test_what_a_step_does_not_use_changes_no_digest(
    package: Package, file: str, old: str, new: str
) -> None:
    before = package.digest()
    package.edit(file, old, new)
    assert package.digest() == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("step.py", "one(), ", "one() + 1, "),
        ("step.py", "x=None", "x=1"),
        ("step.py", "def run(x=None):", "@tool.Z\ndef run(x=None):"),
        ("tool.py", "Y = 1", "Y = 2"),
        ("tool.py", "Y = 1", "Y = 1\nY += 1"),
        ("tool.py", "Y = 1", "if True:\n    Y = 1"),
        ("tool.py", "Y = 1", "import numpy\nnumpy.seterr(all='raise')\nY = 1"),
        ("losses.py", "A = 2", "A = 9"),
        ("losses.py", "used as helper", "other as helper"),
        ("parts.py", "def used(): return 1", "def used(): return 5"),
        ("parts.py", "def used(): return 1", "def used(): return other()"),
        ("shapes.py", "return SIDE", "return 2 * SIDE"),
        ("shapes.py", "SIDE = 1", "SIDE = 2"),
        ("shapes.py", "class Round(Shape)", "class Round(Corner)"),
        ("marks.py", "def mark(a): return a", "def mark(a): return None"),
        ("lazy.py", "def early(): return 0", "def early(): return 1"),
    ],
)
def test_what_a_step_uses_changes_its_digest(
    package: Package, file: str, old: str, new: str
) -> None:
    before = package.digest()
    package.edit(file, old, new)
    assert package.digest() != before


@pytest.mark.parametrize(
    "statement",
    [
        "tool.setting = 1", "TABLE['a'] = 1", "for i in (1, 2): TABLE[i] = 1", "print(1)",
        "if SIDE: TABLE[0] = 1", "with SIDE: X = 1", "assert SIDE", "del SIDE",
    ],
)  # fmt: skip
@pytest.mark.parametrize("file", ["shapes.py", "marks.py", "__init__.py", "folder/__init__.py"])
def test_a_statement_that_acts_on_import_counts_wherever_it_is_imported(
    package: Package, statement: str, file: str
) -> None:
    package.edit(
        "step.py",
        "from respectra import tool",
        "from respectra import tool\nfrom respectra.folder.inner import public",
    )
    before = package.digest()
    package.write(file, (package.root / file).read_text() + f"{statement}\n")
    assert package.digest() != before


def test_what_a_statement_on_import_uses_counts(package: Package) -> None:
    package.edit("marks.py", "def mark", "TABLE = {}\nTABLE[0] = other_mark(1)\ndef mark")
    assert {"marks:", "marks:TABLE", "marks:other_mark"} <= package.reach()
    before = package.digest()
    package.edit("marks.py", "def other_mark(a): return a", "def other_mark(a): return None")
    assert package.digest() != before


def test_a_name_is_followed_through_the_package_that_exports_it(package: Package) -> None:
    entries = [("respectra.folder", "public")]
    assert package.reach(entries) == {"folder:public", "folder.inner:public"}
    before = package.digest(entries)
    package.edit("folder/inner.py", "return 2", "return 3")
    assert package.digest(entries) == before
    package.edit("folder/inner.py", "return 1", "return 3")
    assert package.digest(entries) != before


def test_a_module_that_is_passed_on_may_be_used_whole(package: Package) -> None:
    assert "tool:Z" not in package.reach()
    package.edit("step.py", "return tool.Y", "return vars(tool)")
    assert {"tool:Y", "tool:Z"} <= package.reach()


def test_definitions_that_use_one_another_end(package: Package) -> None:
    package.write(
        "lazy.py",
        "from respectra.step import run\ndef late(): return early()\ndef early(): return late(), run()\n",
    )
    assert {"lazy:late", "lazy:early", "lazy:run", "step:run"} <= package.reach()


def test_a_local_name_is_not_the_modules(package: Package) -> None:
    package.edit(
        "step.py",
        "from respectra.lazy import late",
        "from respectra.lazy import late\n    unused = [helper for helper in ()]",
    )
    package.write("step.py", (package.root / "step.py").read_text() + "helper = 3\n")
    assert not {"step:unused", "step:helper"} & package.reach()


def test_what_a_yaml_file_names_is_part_of_the_digest(package: Package) -> None:
    plain, with_loss = package.digest(), package.digest(named=[("loss", "two")])
    assert plain != with_loss
    package.edit("parts.py", "def other(): return 2", "def other(): return 9")
    assert package.digest() == plain
    assert package.digest(named=[("loss", "two")]) != with_loss


def test_the_order_of_the_entries_does_not_matter(package: Package) -> None:
    entries = [("respectra.parts", "used"), ("respectra.tool", "Y")]
    assert package.digest(entries) == package.digest(entries[::-1]) == package.digest(entries * 2)


def test_modules_that_pass_data_on_are_not_digested(package: Package) -> None:
    package.edit(
        "step.py", "return tool.Y", "from respectra.logs import log\n    return log(), tool.Y"
    )
    before = package.digest()
    package.edit("logs.py", "return 1", "return 2")
    assert package.digest() == before
    assert not any(name.startswith("logs:") for name in package.reach())


def test_other_packages_are_not_read(package: Package) -> None:
    assert package.reach([("torch.optim", "Adam"), ("respectra.tool", "Y")]) == {"tool:Y"}


@pytest.mark.parametrize(
    "entry",
    [
        ("respectra.step", "ruin"), ("respectra.nothing", "run"), ("respectra.step", "tool.Y"),
        ("respectra.step", ""), ("respectra.step", "print"),
    ],
)  # fmt: skip
def test_an_entry_without_a_definition_is_an_error(package: Package, entry: Name) -> None:
    forget_files()
    with pytest.raises(
        ValueError, match=rf"^{':'.join(entry)} is not defined; a plan begins with it"
    ):
        digest_code([*RUN, entry])
    with pytest.raises(ValueError, match="is not defined"):
        reach([entry])


@pytest.mark.parametrize(
    "line", ["from .tool import Y", "from respectra.tool import *", "import respectra.tool"]
)
def test_an_import_that_cannot_be_followed_is_an_error(package: Package, line: str) -> None:
    package.write("lazy.py", f"{line}\ndef late(): return 1\n")
    forget_files()
    with pytest.raises(ValueError, match=r"lazy\.py: line 1: .*: cannot be followed by name"):
        digest_code(RUN)


def test_names_are_collected_once_for_each_block(package: Package) -> None:
    forget_files()
    with collect_names() as outer:
        with collect_names() as inner:
            digest_code(RUN, [("loss", "two")])
        digest_code([("respectra.tool", "Y")])
    digest_code([("respectra.tool", "Z")])
    assert inner == {*RUN, ("respectra.losses", "two")}
    assert outer == {*inner, ("respectra.tool", "Y")}


# --- this package ---------------------------------------------------------------------------------

FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "respectra").rglob("*.py"))
UNUSED = "\n\ndef unused_function_of_a_test(value):\n    return value\n"


Entries = tuple[Name, ...]


@cache
def plan_digests() -> dict[str, frozenset[Entries]]:
    """What each plan holds digests of: the plan, as text, and the names each digest begins with."""
    config = Config(ROOT)
    choices, digests = config.choices(), {}

    def add(label: str, plan: Callable[..., object], *arguments: object) -> None:
        entries: set[Entries] = set()

        def record(names: Entries) -> str:
            entries.add(names)
            return ""

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(digest, "_digest", record)
            plan(config, *arguments)
        digests[label] = frozenset(entries)

    for method in config.methods:
        kind = config.kind(method)
        if kind == "network":
            add(f"train {method}", steps.plan_train, method, "demo")
            add(f"released {method}", steps.plan_released, method)
            add(f"reconstruct {method}", steps.plan_reconstruct, method, "demo-seed0")
        elif kind == "ensemble":
            add(f"ensemble {method}", steps.plan_ensemble, method)
        else:
            add(f"{kind} {method}", steps.plan_control, method, "demo")
    for variant in config.plausible_variants:
        method = f"linear-{variant}"
        add(f"plausible {method}", plausible.plan_plausible, method, "synthetic", "valid")
    for dataset in config.datasets:
        add(f"dataset {dataset}", steps.plan_dataset, dataset, choices)
        add(f"camera {dataset}", steps.plan_camera, dataset, choices)
        add(f"score {dataset}", steps.plan_score, dataset)
        add(f"condition {dataset}", conditions.plan_condition, dataset, "valid.gain-double")
        add(f"submission {dataset}", steps.plan_submission, dataset)
        if config.dataset(dataset).classify is not None:
            add(f"classify {dataset}", steps.plan_classify, dataset, "demo")
    for paper in config.names("papers"):
        for key in config.paper(paper).tables:
            add(f"table {paper} {key}", tables.plan_table, paper, key, "demo", choices)
        for key, figure in config.paper(paper).figures.items():
            if is_available(config, figure, Edition("demo", None)):
                add(f"figure {paper} {key}", figures.plan_figure, paper, key, "demo", choices)
    return digests


class Digests:
    """The digests of every plan, and what each of them reads and reaches."""

    def __init__(self) -> None:
        self.entries = sorted({entries for plan in plan_digests().values() for entries in plan})
        self.source = build.source
        self.reads: dict[Entries, set[str]] = {}
        self.reaches: dict[Entries, frozenset[Name]] = {}
        self.digests: dict[Entries, str] = {}
        for entries in self.entries:
            with self._watched() as modules:
                self.digests[entries] = digest_code(entries)
                self.reaches[entries] = reach(entries)
            self.reads[entries] = modules

    @contextmanager
    def _watched(self) -> Iterator[set[str]]:
        """The modules whose files are read inside the block."""
        modules: set[str] = set()

        def source(module: str) -> Path | None:
            modules.add(module)
            return self.source(module)

        digest._digest.cache_clear()
        digest._reach.cache_clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(build, "source", source)
            yield modules

    def readers(self, module: str) -> list[Entries]:
        """The plans whose digests read a module; no other plan can change with it."""
        return [entries for entries in self.entries if module in self.reads[entries]]

    def after(self, module: str, path: Path) -> dict[Entries, str]:
        """The digests of the plans that read a module, with another file in place of it."""
        digest._digest.cache_clear()
        digest._reach.cache_clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                build, "source", lambda name: path if name == module else self.source(name)
            )
            return {entries: digest_code(entries) for entries in self.readers(module)}


@pytest.fixture(scope="module")
def digests() -> Iterator[Digests]:
    forget_places()
    yield Digests()
    forget_places()


def module_of(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_every_kind_of_plan_is_compared(digests: Digests) -> None:
    kinds = {label.partition(" ")[0] for label in plan_digests()}
    assert kinds == {
        "train", "released", "reconstruct", "ensemble", "fit", "control", "dataset", "camera",
        "score", "submission", "classify", "table", "figure", "condition", "plausible",
    }  # fmt: skip
    assert all(plan_digests().values())
    assert len(set(digests.digests.values())) == len(digests.entries) > 100


@pytest.mark.parametrize("file", FILES)
def test_an_unused_function_changes_no_plan(digests: Digests, file: str, tmp_path: Path) -> None:
    path = tmp_path / Path(file).name
    path.write_text((ROOT / file).read_text(encoding="utf-8") + UNUSED, encoding="utf-8")
    module = module_of(file)
    before = {entries: digests.digests[entries] for entries in digests.readers(module)}
    assert digests.after(module, path) == before


@pytest.mark.parametrize("file", FILES)
def test_a_changed_function_changes_the_plans_that_reach_it(
    digests: Digests, file: str, tmp_path: Path
) -> None:
    """The first and the last function of a file that a plan reaches."""
    module, text = module_of(file), (ROOT / file).read_text(encoding="utf-8")
    tree = ast.parse(text)
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    reached = {name for names in digests.reaches.values() for m, name in names if m == module}
    names = [name for name in names if name in reached]
    for name in dict.fromkeys((names[0], names[-1])) if names else ():
        path = tmp_path / f"{name}.py"
        path.write_text(changed(text, name), encoding="utf-8")
        after = digests.after(module, path)
        plans = {entries for entries in after if after[entries] != digests.digests[entries]}
        assert plans == {e for e in digests.entries if (module, name) in digests.reaches[e]}, name
        assert plans


def changed(text: str, name: str) -> str:
    """A file with one more statement in a function or class."""
    tree = ast.parse(text)
    (node,) = [n for n in tree.body if getattr(n, "name", None) == name]
    node.body.append(ast.parse("changed = 1").body[0])  # type: ignore[attr-defined]
    return ast.unparse(ast.fix_missing_locations(tree))


def test_a_network_is_part_of_its_own_plans_only(digests: Digests) -> None:
    for label, plan in plan_digests().items():
        modules = {module for entries in plan for module, _ in digests.reaches[entries]}
        kind, _, method = label.partition(" ")
        if kind in ("train", "released", "reconstruct"):
            assert ("respectra.networks.hprn" in modules) == (method == "hprn"), label


def test_no_plan_reaches_the_planning_itself(digests: Digests) -> None:
    modules = {module for names in digests.reaches.values() for module, _ in names}
    planning = ("respectra.config", "respectra.plans", "respectra.commands", "respectra.costs")
    assert not [module for module in modules if module.startswith(planning)]
    assert not modules & NOT_DIGESTED


# --- other versions of Python ---------------------------------------------------------------------

SCRIPT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from respectra.plans.digest import digest_code
print(json.dumps([digest_code([tuple(name) for name in names]) for names in json.load(sys.stdin)]))
"""


@cache
def other_pythons() -> tuple[str, ...]:
    """Commands of other versions of Python that run on this machine, one for each version."""
    installed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    commands = []
    for minor in range(11, 16):
        name = f"python3.{minor}"
        for command in (shutil.which(name), *map(str, installed.glob(f"*/bin/{name}"))):
            if command is None or minor == sys.version_info.minor:
                continue
            if subprocess.run([command, "-c", "import ast"], capture_output=True).returncode == 0:
                commands.append(command)
                break
    return tuple(commands)


def test_digests_are_the_same_in_every_version_of_python(digests: Digests) -> None:
    commands = other_pythons()
    if not commands:
        pytest.skip("no other version of Python from 3.11 on is installed")
    expected = [digests.digests[entries] for entries in digests.entries]
    for command in commands:
        done = subprocess.run(
            [command, "-I", "-c", SCRIPT, str(ROOT)],
            input=json.dumps(digests.entries), capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == expected, command


HARD = r"""
A = f"{np.pi:.3f} {{x}} {A!r:>{B}} {'a'!s}" "tail" f"{b=} {c = }" f"{e:{w}.{p}}" f"{x:}"
B = "\u65e5\u200b\x00\U0001f600", b"\xff", 1e400, -0.0, 1_000, 0x10, 3j, ..., None, True
E = [i for i in T if i] + [i], {k: v for k, (v, *w) in S.items()}, (z := sum(q for q in range(3)))
def f(x, /, y=[j for j in U], *a, z=V, **k): return [[b for b in c] for c in x], lambda: W
class K(Base[X], metaclass=Meta):
    x: int = field(default=[l for l in L])
"""


def test_constructs_that_versions_treat_differently_are_written_alike(tmp_path: Path) -> None:
    commands = other_pythons()
    if not commands:
        pytest.skip("no other version of Python from 3.11 on is installed")
    (tmp_path / "hard.py").write_text(HARD)
    script = (
        "import sys\nfrom pathlib import Path\nsys.path.insert(0, sys.argv[1])\n"
        "from respectra.plans.statements import read_statements\n"
        "for s in read_statements(Path(sys.argv[2])):\n"
        "    print(s.text, sorted(s.binds), sorted(s.uses), sorted(s.bare), sorted(s.attributes))\n"
    )
    outputs = {
        subprocess.run(
            [command, "-I", "-c", script, str(ROOT), str(tmp_path / "hard.py")],
            capture_output=True, text=True, check=True,
        ).stdout
        for command in (sys.executable, *commands)
    }  # fmt: skip
    assert len(outputs) == 1
    assert write_tree(ast.parse(HARD).body[0]) in outputs.pop()


# --- what runs ------------------------------------------------------------------------------------


class Calls:
    """The functions of this package that are called inside the block, by module and name."""

    def __init__(self) -> None:
        self.names: set[Name] = set()
        self.modules = {str(ROOT / file): module_of(file) for file in FILES}

    def __enter__(self) -> "Calls":
        threading.setprofile(self._record)
        sys.setprofile(self._record)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]

    def _record(self, frame: FrameType, event: str, argument: object) -> None:
        module = self.modules.get(frame.f_code.co_filename)
        name = frame.f_code.co_qualname.partition(".")[0]
        if event == "call" and module and not name.startswith("<"):
            self.names.add((module, name))


def check_calls(plan: Any, run: Any) -> None:
    """Run a step and compare the functions that it calls with what its plan reaches."""
    with collect_names() as names:
        settings = plan()
    reached = reach(names)
    for module in sorted({module for module, _ in reached}):
        if not module.endswith("kernels") or find_spec("triton"):
            importlib.import_module(module)  # so that what runs on import is not a call
    with Calls() as calls:
        run(settings)
    assert names & calls.names, "the step itself was not called"
    missed = {name for name in calls.names - reached if name[0] not in NOT_DIGESTED}
    assert missed == set()


def test_whatever_a_step_calls_is_reached_by_its_plan(data: Data, tmp_path: Path) -> None:
    """From cubes to scores, with a network, a fit, an ensemble and simulated pictures."""
    from respectra.camera.observe import photograph_dataset
    from respectra.controls import apply_control
    from respectra.datasets.scenes import store_dataset
    from respectra.ensemble import combine_members
    from respectra.reconstruct import reconstruct_split
    from respectra.score import score_split
    from respectra.submission import pack_submission
    from respectra.train.loop import train_network

    config = Config(ROOT)
    choices = config.choices()
    inputs: dict[str, Any] = {"scenes": data.scenes, "observations": data.observations}
    check_calls(
        lambda: steps.plan_dataset(config, "folder", choices),
        lambda plan: store_dataset(
            plan=plan,
            save_scenes=tmp_path / "scenes.csv",
            save_cubes=tmp_path / "cubes",
            save_wavelengths=tmp_path / "wavelengths.csv",
            folder=data.cubes.parents[1] / "folder",
        ),
    )
    check_calls(
        lambda: steps.plan_camera(config, "folder", choices),
        lambda plan: photograph_dataset(
            plan=plan,
            scenes=data.scenes,
            save_observations=tmp_path / "observations",
            save_response=tmp_path / "response.csv",
            save_scenes=tmp_path / "pictures.csv",
        ),
    )
    for method in ("mialgo_han", "hprn"):
        checkpoint = tmp_path / f"{method}.pt"
        check_calls(
            lambda method=method: steps.plan_train(config, method, "smoke"),
            lambda plan, checkpoint=checkpoint: train_network(
                plan=plan,
                **inputs,
                seed=0,
                save_plan=checkpoint.with_suffix(".yaml"),
                save_checkpoint=checkpoint,
                save_history=checkpoint.with_suffix(".csv"),
                device="cpu",
            ),
        )
        check_calls(
            lambda method=method: steps.plan_reconstruct(config, method, "smoke-seed0"),
            lambda plan, checkpoint=checkpoint: reconstruct_split(
                plan=plan,
                checkpoint_file=checkpoint,
                **inputs,
                split="valid",
                save=checkpoint.with_suffix(".h5"),
                device="cpu",
            ),
        )
    for method in ("linear", "sparse_coding"):
        check_calls(
            lambda method=method: steps.plan_control(config, method, "smoke"),
            lambda plan, method=method: apply_control(
                plan=plan, **inputs, split="valid", save=tmp_path / f"{method}.h5"
            ),
        )
    members = [tmp_path / "hprn.h5", tmp_path / "linear.h5"]
    check_calls(
        lambda: steps.plan_ensemble(config, "hprn_ensemble"),
        lambda plan: combine_members(
            plan={**plan, "weights": [1.0, 1.0]},
            members=members,
            scenes=data.scenes,
            split="valid",
            save=tmp_path / "ensemble.h5",
        ),
    )
    check_calls(
        lambda: steps.plan_score(config, "folder"),
        lambda plan: score_split(
            plan={**plan, "margin": 4},
            reconstructions=tmp_path / "ensemble.h5",
            scenes=data.scenes,
            response=data.response,
            split="valid",
            save=tmp_path / "scores.csv",
        ),
    )
    check_calls(
        lambda: steps.plan_submission(config, "folder"),
        lambda plan: pack_submission(
            plan={**plan, "margin": 4},
            reconstructions=tmp_path / "ensemble.h5",
            scenes=data.scenes,
            split="valid",
            save=tmp_path / "submission.zip",
        ),
    )
