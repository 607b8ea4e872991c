"""YAML files of `config/`, words of Snakemake's `--config`, and lines of our own commands."""

import contextlib
import copy
import io
import shutil
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
import yaml
from hypothesis import strategies as st
from snakemake.cli import parse_config

from respectra.__main__ import main
from respectra.build import build
from respectra.config import Config
from respectra.config.files import read_yaml
from respectra.config.variants import read_common_variants
from respectra.plans.steps import plan_camera, plan_control, plan_train
from tests.conftest import ROOT
from tests.fuzz import cubes, inputs, pictures, tables, weights
from tests.fuzz.outcomes import WrongError


class YamlCase(NamedTuple):
    """A file of `config/`, and the key in it that nothing knows, if it was given one."""

    name: str
    content: bytes
    unknown: str | None = None


@cache
def list_yaml_files() -> list[str]:
    return sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "config").rglob("*.yaml"))


@cache
def load_yaml_file(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


@st.composite
def edited_yaml(draw: st.DrawFn) -> YamlCase:
    """A file of config/ with one value replaced, removed or added, or with edited text."""
    name = draw(st.sampled_from(list_yaml_files()))
    if draw(st.integers(0, 3)) == 0:
        return YamlCase(name, draw(inputs.edits((ROOT / name).read_bytes())))
    raw = copy.deepcopy(load_yaml_file(name))
    block: Any = raw
    path: list[str] = []
    while True:
        keys = list(block) if isinstance(block, dict) else list(range(len(block)))
        key = draw(st.sampled_from(keys))
        inner = block[key]
        if not (isinstance(inner, dict | list) and inner) or draw(st.integers(0, 2)) == 0:
            break
        block = inner
        path.append(str(key))
    unknown = None
    kind = draw(st.sampled_from(["replace", "replace", "replace", "remove", "add", "rename"]))
    if kind == "replace":
        block[key] = draw(inputs.values)
    elif kind == "remove":
        del block[key]
    elif isinstance(block, list):
        block.append(draw(inputs.values))
    elif kind == "add":
        unknown = draw(st.sampled_from(inputs.TEXTS))
        block[unknown] = draw(inputs.values)
    else:
        unknown = f"{key}s"
        block[unknown] = block.pop(key)
    is_name = name == VARIANTS and not path  # the keys of this file are names of variants
    if is_name or any(part in NAMES_OF_PEOPLE for part in path):
        unknown = None
    content = yaml.safe_dump(raw, sort_keys=False, allow_unicode=True).encode()
    return YamlCase(name, content, unknown)


def copy_config(folder: Path) -> None:
    shutil.copytree(ROOT / "config", folder / "config")
    (folder / "data").mkdir()
    for place in (ROOT / "data").iterdir():
        if place.name == "splits":  # in which `data import` writes
            shutil.copytree(place, folder / "data/splits")
        else:
            (folder / "data" / place.name).symlink_to(place)
    (folder / "Snakefile").touch()


def read_configuration(case: YamlCase, folder: Path) -> None:
    """Read a file with everything in it, and build what it names without numbers."""
    copy_config(folder)
    (folder / case.name).write_bytes(case.content)
    read_file(Config(folder), Path(case.name))
    if case.unknown is not None:
        raise WrongError(f"{case.name}: the unknown key {case.unknown!r} is accepted")


def read_file(config: Config, path: Path) -> None:
    """Read a file of the configuration and all that it changes."""
    kind, stem = path.parent.name, path.stem
    if path == Path("config/variants.yaml"):
        for method in ("mst_plus_plus", "linear"):
            for variant in read_common_variants(config.root):
                _plan_method(config, f"{method}-{variant}")
    elif kind == "config":
        config.choices()
    elif kind == "methods":
        for method in (stem, *(f"{stem}-{variant}" for variant in config.variants(stem))):
            _plan_method(config, method)
    elif kind == "datasets":
        for dataset in {stem, *(name for name in config.datasets if name.startswith(f"{stem}-"))}:
            config.dataset(dataset).wavelengths()
            plan_camera(config, dataset, config.choices())
    else:
        {
            "cameras": config.camera, "budgets": config.budget, "papers": config.paper,
            "conditions": config.condition,
        }[kind](stem)  # fmt: skip
        if kind == "budgets":
            plan_train(config, "mst_plus_plus", stem)


def _plan_method(config: Config, method: str) -> None:
    """Plan a method and build what it names, without numbers."""
    settings = config.method(method)
    if config.kind(method) == "network":
        plan = plan_train(config, method, "smoke")
        with torch.device("meta"):
            build("network", plan["network"], bands=31)
        phase = plan["train"][0]
        build("optimizer", phase["optimizer"], [torch.zeros(1, requires_grad=True)])
        build("schedule", phase["schedule"], 1.0, 0.5)
    elif settings.fit is not None or settings.control is not None:
        plan_control(config, method, "smoke")


# Blocks whose keys are names that a person chooses.
NAMES_OF_PEOPLE: tuple[str, ...] = ("variants", "small")

VARIANTS = "config/variants.yaml"
CHANGES = (
    "plausible", "title", "network", "network.is", "network.stage", "train", "train.0.batch", "train.0.iterations",
    "train.0.loss.mrae", "train.0.optimizer.lr", "train.7.batch", "inputs.rgb.scale", "fit", "fit.is", "members", "nothing",
    "network.nothing", "train.0.nothing", "train..batch", ".", "", "expect.parameters", "starts_from", "name",
)  # fmt: skip


@st.composite
def variant_files(draw: st.DrawFn) -> YamlCase:
    """`config/variants.yaml` with drawn variants, or with edited text."""
    if draw(st.integers(0, 3)) == 0:
        return YamlCase(VARIANTS, draw(inputs.edits((ROOT / VARIANTS).read_bytes())))
    raw: Any = dict(load_yaml_file(VARIANTS))
    names = st.one_of(st.just("extra"), st.sampled_from(inputs.TEXTS), inputs.scalars)
    key, unknown = draw(st.sampled_from(CHANGES)), None
    change: Any = {key: draw(st.one_of(st.sampled_from([1, 8, "camera", None]), inputs.values))}
    if draw(st.integers(0, 3)) == 0:
        change = draw(inputs.values)
    elif "nothing" in key:
        unknown = key
    raw[draw(names)] = change
    content = yaml.safe_dump(raw, sort_keys=False, allow_unicode=True).encode()
    return YamlCase(VARIANTS, content, unknown)


KEYS = (
    "budget", "dataset", "seeds", "methods", "make", "leaks", "extra_datasets", "download", "device",
    "arithmetic", "graphs", "compile", "gpus", "keep_reconstructions", "save_seconds", "loader_workers", "folder",
    "metods", "",
)  # fmt: skip
words = st.one_of(
    st.sampled_from(inputs.TEXTS),
    st.sampled_from(inputs.NUMBERS).map(str),
    st.sampled_from(
        ["[linear", "[linear]", "{ntire2022: [table1]}", "{ntire2022: 3}", "{3: 4}", "[0,1]", "1,2", "[a]", "[[0]]",
         "{a: {b: {c: 1}}}", "linear,hprn", "synthetic", "demo", "[[[[[[[[[[1]]]]]]]]]]", "!!python/name:os.system"]
    ),
)  # fmt: skip
overrides = st.lists(st.tuples(st.sampled_from(KEYS), words), min_size=1, max_size=3)


def choose(case: list[tuple[str, str]], folder: Path) -> None:
    """What a person types behind `--config`; what Snakemake itself refuses is not ours."""
    del folder
    try:
        changes = parse_config([f"{key}={word}" for key, word in case])
    except Exception:
        raise ValueError("Snakemake refuses the words") from None
    Config(ROOT).choices(changes)


COMMANDS = (
    "list", "show", "compare", "cost", "data", "status", "weights", "estimate", "departures", "reference", "dvc",
    "view", "reconstruct", "lst", "",
)  # fmt: skip
ARGUMENTS = (
    "status", "list", "leaks", "check", "add", "convert", "import", "verify", "hprn", "mst_plus_plus", "ntire2022",
    "overview", "folder", "synthetic", "arad1k", "--budget", "demo", "--method", "--edition", "demo.synthetic",
    "--schema", "--bands", "31", "--directory", "config", "--to", "x.pth", "config/config.yaml", "README.md", "--help",
    "--nothing", ".", "data", "--truth", "--picture", "--key", "-o", "--wavelengths", "400:700:10", "--maximum",
)  # fmt: skip
# Commands that open a file of the person who types them.
OPENING: dict[str, list[list[str]]] = {
    "cube": [
        ["view", "FILE"], ["view", "FILE", "--wavelengths", "400:700:10"], ["view", "FILE", "--truth", "FILE"],
        ["data", "import", "."], ["weights", "check", "FILE", "--method", "linear"],
    ],
    "picture": [["reconstruct", "FILE"], ["view", "FILE"], ["estimate", "FILE"], ["data", "import", "."]],
    "weights": [
        ["weights", "check", "FILE", "--method", "mscnn"], ["weights", "convert", "FILE", "--method", "mscnn"],
        ["reconstruct", "photo.jpg", "--weights", "FILE"],
    ],
    "table": [["data", "import", "."], ["estimate", "FILE"], ["view", "FILE"]],
}  # fmt: skip
words_of_commands = st.tuples(
    st.sampled_from(COMMANDS),
    st.lists(st.one_of(st.sampled_from(ARGUMENTS), st.sampled_from(inputs.TEXTS)), max_size=4),
).map(lambda parts: [parts[0], *parts[1]])


class CommandCase(NamedTuple):
    """A command line, and the files in the folder where it is typed."""

    words: list[str]
    files: dict[str, bytes]


@st.composite
def command_lines(draw: st.DrawFn) -> CommandCase:
    """Any words, or a command that opens a file of any kind."""
    if draw(st.booleans()):
        return CommandCase(draw(words_of_commands), {})
    kind = draw(st.sampled_from(sorted(OPENING)))
    words = draw(st.sampled_from(OPENING[kind]))
    if kind == "cube":
        files = {f"a{ending}": body for ending, body in draw(cubes.cube_files()).files.items()}
    elif kind == "picture":
        files = {
            draw(st.sampled_from(["a.jpg", "a.png", "a.tif"])): draw(
                pictures.picture_files()
            ).content
        }
    elif kind == "weights":
        case = draw(weights.weight_files())
        files = {f"a{case.suffix}": case.content}
    else:
        files = {"scenes.csv": draw(tables.table_files()).content}
    name = next(iter(files))
    return CommandCase([name if word == "FILE" else word for word in words], files)


def run_command(case: CommandCase, folder: Path) -> None:
    """A command in a copy of the project; its sentence stands on standard error."""
    copy_config(folder)
    for name, content in case.files.items():
        (folder / name).write_bytes(content)
    output, errors = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        try:
            status: Any = main(case.words)
        except SystemExit as error:
            status = error.code
    text = errors.getvalue().strip()
    if status not in (0, None):
        lines = text.splitlines() or [""]
        if case.words[0] in ("reconstruct", "data"):  # a line for each photo or file
            text = lines[0]
        raise ValueError(lines[-1] if text.startswith("usage:") else text)


def read_any_yaml(case: bytes, folder: Path) -> None:
    """Bytes in the place of a YAML file."""
    path = folder / "any.yaml"
    path.write_bytes(case)
    read_yaml(path, "any.yaml")


any_yaml = st.one_of(
    st.binary(max_size=60),
    st.text("[]{}:,&*!|>-?\"'#% \nab1\t", max_size=60).map(str.encode),
)
