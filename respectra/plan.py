"""A name → the settings of one step, with a digest of the code that carries them out.

A plan is the rule's `params`: Snakemake runs a step again when its plan changes, and only then. So
each step has a plan of its own, and a plan holds what can change the product and nothing else.
Nothing here imports torch or runs the code it digests.
"""

import ast
import copy
import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from respectra import build
from respectra.build import ConfigError, near
from respectra.config import Choices, Column, Config, Figure, Method, Table
from respectra.datasets.layout import HELD_OUT, SUFFIXES, read_groups
from respectra.datasets.layout import find_leaks as leaking
from respectra.datasets.layout import locate_splits as splits_file
from respectra.datasets.layout import read_splits as listed

Plan = dict[str, Any]

TIMINGS = "results/timings.csv"  # what benchmarks/networks.py measured, if it was run
RELEASED = "released"  # the run made from the authors' own weights

# They hand over and compute nothing: a change there cannot change a number.
NOT_DIGESTED = {"respectra.build", "respectra.files", "respectra.logs"}


# --- one plan per step -----------------------------------------------------------------------


def dataset(config: Config, name: str, choices: Choices) -> Plan:
    """How a data set's cubes are read, checked and stored."""
    found = config.dataset(name)
    read = dict(found.read)
    if read.get("folder", "") is None:
        read["folder"] = choices.folder
    return {
        "read": read,
        "wavelengths_nm": found.wavelengths(),
        "zeros": _plain(found)["zeros"],
        "size": found.size and list(found.size),
        "range": found.range and list(found.range),
        "stored": found.stored,
        "code": code(["respectra.datasets.scenes"], [("dataset", read["is"])]),
    }


def camera(config: Config, name: str, choices: Choices) -> Plan:
    """How a data set is photographed, or where its observations lie."""
    found = config.dataset(name)
    camera = _plain(config.camera(found.camera))
    provided = None
    if found.observations != "simulated":
        folder = dataset(config, name, choices)["read"].get("folder", ".")
        provided = str(Path(folder) / found.observations.provided)
    return {
        "response": camera["response"],
        "seed": camera["seed"],
        "chain": camera["chain"],
        "provided": provided,
        "code": code(
            ["respectra.camera.observe"], [("camera", part["is"]) for part in camera["chain"]]
        ),
    }


def train(config: Config, method: str, budget: str, beside: Sequence[str] = ()) -> Plan:
    """A network and its recipe, as a budget affords it, and the data sets met beside its own."""
    spend = config.budget(budget)
    found = config.method(method, small=spend.small)
    phases = [_plain(spend.spend(phase)) for phase in found.train]
    names = [("network", _network(found)["is"]), *_estimated(found)]
    for phase in phases:
        names += [("loss", loss) for loss in phase["loss"]]
        names += [("schedule", phase["schedule"]["is"]), ("optimizer", phase["optimizer"]["is"])]
    return {
        "network": _network(found),
        "inputs": _plain(found)["inputs"],
        "train": phases,
        "after": found.after,
        "beside": list(beside) if any(phase["beside"] for phase in phases) else [],
        "code": code(["respectra.train.loop"], names),
    }


def released(config: Config, method: str) -> Plan:
    """The network that takes the authors' own weights."""
    found = config.method(method)
    names = [("network", _network(found)["is"])]
    return {"network": _network(found), "code": code(["respectra.train.released"], names)}


def reconstruct(config: Config, method: str, run: str) -> Plan:
    """A network and how it is used; a run is `{budget}-seed{n}`, or `released`."""
    small = run != RELEASED and config.budget(run.partition("-")[0]).small
    found = config.method(method, small=small)
    return {
        "network": _network(found),
        "inputs": _plain(found)["inputs"],
        "reconstruct": _plain(found)["reconstruct"],
        "code": code(
            ["respectra.reconstruct"], [("network", _network(found)["is"]), *_estimated(found)]
        ),
    }


def _estimated(method: Method) -> list[tuple[str, str]]:
    """The code that makes what a network begins with."""
    estimate = method.inputs and method.inputs.estimate
    return [("fit", estimate["is"])] if estimate else []


def ensemble(config: Config, method: str) -> Plan:
    """How members are combined; who they are is the rule's input."""
    found = config.method(method)
    assert found.ensemble is not None
    return {
        "ensemble": dict(found.ensemble),
        "weights": [member.weight for member in found.members],
        "code": code([], [("ensemble", "combine_members"), ("ensemble", found.ensemble["is"])]),
    }


def control(config: Config, method: str, budget: str) -> Plan:
    """A method with a known answer, or one that is fitted."""
    found = config.method(method, small=config.budget(budget).small)
    settings: Plan = getattr(found, found.kind)
    names = [("control", "apply_control"), (found.kind, settings["is"])]
    return {found.kind: dict(settings), "code": code([], names)}


def submission(config: Config, name: str) -> Plan:
    """How reconstructions of test images are packed."""
    return {"margin": config.dataset(name).crop, "code": code(["respectra.submission"])}


def score(config: Config, name: str) -> Plan:
    """What is scored of a scene."""
    return {"margin": config.dataset(name).crop, "code": code(["respectra.score"])}


def classify(config: Config, name: str, run: str) -> Plan:
    """How the cubes of a data set are classified, as the run's budget affords it."""
    budget = "full" if run == RELEASED else run.partition("-")[0]
    found, spend = config.dataset(name).classify, config.budget(budget)
    if found is None:
        raise ConfigError(f"config/datasets/{name}.yaml: has no `classify`")
    settings = _plain(found)
    return {
        **{key: settings[key] for key in ("labels", "samples", "network", "optimizer", "batch")},
        "classes": len(found.classes),
        "epochs": found.epochs,
        "share": spend.share or 1.0,
        "iterations": spend.iterations,
        "runs": min(found.runs, spend.runs or found.runs),
        "code": code(
            ["respectra.classify"],
            [("dataset", found.labels["is"]), ("network", found.network["is"])],
        ),
    }


def table(config: Config, paper: str, key: str, edition: str, choices: Choices) -> Plan:
    """Rows, columns and where each cell's numbers lie.

    Every cell lists the scores it is the mean of, a file per seed; `trained` holds the plans that
    the trainings behind it would have today, so that a table can tell what is stale.
    """
    found, budget, stand_in = _table(config, paper, key, edition)
    spend = config.budget(budget)
    rows: dict[str, str | None] = (
        {called(config, m): m for m in shown(config, choices)}
        if found.rows == "every_method"
        else {**found.rows, **found.beside}
    )
    wanted = {label: (m, *found.against.get(label, ())) for label, m in rows.items() if m}
    made = {
        label: own for label, (own, *rivals) in wanted.items()
        if all(asked(choices, method) for method in (own, *rivals))
    }  # fmt: skip
    columns = [column for column in found.columns if _there(config, column, stand_in)]
    cells = [
        cell
        for label, method in made.items()
        for cell in _cells(config, choices, columns, label, method, budget, stand_in)
    ]
    against = {
        label: [
            _cells(config, choices, columns, label, rival, budget, stand_in)
            for rival in found.against[label]
        ]
        for label in made
        if label in found.against
    }
    primary = table(config, paper, found.primary, edition, choices) if found.primary else None
    trained = {
        f"results/train/{data}/{source}/{run}/plan.yaml": {
            "rows": sorted(
                label
                for label in made
                if any(source in sources(config, method) for method in wanted[label])
            ),
            "plan": train(config, source, budget, choices.beside),
        }
        for data in sorted({_seen(config, column, stand_in)[0] for column in columns})
        for method in sorted({method for label in made for method in wanted[label]})
        for source, run in trainings(config, choices, method, budget)
    }
    return {
        "is": found.is_,
        "caption": found.caption,
        "remark": found.remark,
        "edition": _edition(config, budget, stand_in),
        "published": f"published/{paper}/{key}.csv" if found.published else None,
        "rows": list(rows),
        "columns": [
            {
                "label": c.label,
                "metrics": dict(c.metrics),
                "seen": "/".join(_seen(config, c, stand_in)),
            }
            for c in columns
        ],
        "cells": cells,
        "against": against,
        "ranked": found.ranked,
        "primary": primary and {key: primary[key] for key in ("published", "cells", "ranked")},
        "passes": {label: passes(config, m) for label, m in rows.items() if m},
        "counted": {label: list(size) for label, size in found.counted.items()},
        "timed": found.timed and list(found.timed),
        "timings": TIMINGS if found.timed and Path(TIMINGS).is_file() else None,
        "parameters": {label: config.method(m).expect.parameters for label, m in rows.items() if m},
        "macs": {label: config.method(m).expect.macs for label, m in rows.items() if m},
        "trained": trained,
        "judged": spend.verdict and stand_in is None,
        "tolerance": config.paper(paper).tolerance,
        "code": code(["respectra.tables.table"], [("table", found.is_)]),
    }


def figure(config: Config, paper: str, key: str, edition: str, choices: Choices) -> Plan:
    """What a figure shows and where it lies."""
    budget, stand_in = split_edition(config, edition)
    figures = config.paper(paper).figures
    if key not in figures:
        raise ConfigError(f"config/papers/{paper}.yaml: {key} is no figure; {near(key, figures)}")
    found = figures[key]
    column = Column(label="", dataset=found.dataset, split=found.split, metrics={})
    name, split = _seen(config, column, stand_in)
    seen = camera(config, name, choices)
    classes = _classes(config, name, split) if found.classified else None
    names = [("figure", found.is_), *(("camera", part["is"]) for part in seen["chain"])]
    names += [("dataset", classes["labels"]["is"])] if classes else []
    methods = shown(config, choices) if found.methods == "every_method" else found.methods
    return {
        "is": found.is_,
        "caption": found.caption,
        "edition": _edition(config, budget, stand_in),
        "scenes": f"results/datasets/{name}/scenes.csv",
        "cubes": f"results/datasets/{name}/cubes",
        "observations": f"results/camera/{name}/observations",
        "response": f"results/camera/{name}/response.csv",
        "camera": {key: seen[key] for key in ("chain", "seed")},
        "split": split,
        "shown": found.scenes if isinstance(found.scenes, int) else list(found.scenes),
        "methods": [
            _shown(config, method, budget, name, split, choices, classes) for method in methods
        ],
        "classes": classes,
        "settings": dict(found.settings),
        "code": code(["respectra.figures.figure"], names),
    }


def _shown(
    config: Config,
    method: str,
    budget: str,
    dataset: str,
    split: str,
    choices: Choices,
    classes: Plan | None,
) -> Plan:
    """A method in a figure: its title and its products; on the training split, its histories."""
    there = [f"{dataset}/{method}/{run}" for run in runs(config, choices, method, budget)]
    trained = trainings(config, choices, method, budget) if config.kind(method) == "network" else []
    scored = there if split != "train" else []
    return {
        "title": called(config, method),
        "control": config.kind(method) == "control",
        "reconstructions": [f"results/reconstruct/{run}/{split}.h5" for run in scored],
        "scores": [
            f"results/score/{run}/{split}{'.classes' if classes else ''}.csv" for run in scored
        ],
        "maps": [f"results/score/{run}/{split}.classes.npy" for run in scored if classes],
        "histories": [f"results/train/{dataset}/{m}/{run}/history.csv" for m, run in trained],
    }


def _classes(config: Config, dataset: str, split: str) -> Plan:
    """What a figure needs to show classes: where the labels are, and what they mean."""
    found = config.dataset(dataset).classify
    if found is None or found.split != split:
        raise ConfigError(f"config/datasets/{dataset}.yaml: has no `classify` on split {split}")
    return {"labels": dict(found.labels), "names": list(found.classes)}


# --- names and paths -------------------------------------------------------------------------


def called(config: Config, method: str) -> str:
    """What a method is called in tables and figures: its title, and its variant's name."""
    variant = method.partition("-")[2]
    return config.method(method).title + (f", {variant}" if variant else "")


def shown(config: Config, choices: Choices | None = None) -> list[str]:
    """The methods in the tree or those asked for: controls, fits, networks, ensembles."""
    order = ("control", "fit", "network", "ensemble")
    methods: Sequence[str] = [m for m in config.methods if config.method(m).listed]
    if choices is not None and choices.methods != "everything":
        methods = choices.methods
    return sorted(methods, key=lambda m: (order.index(config.kind(m)), m))


def passes(config: Config, method: str) -> dict[str, int]:
    """How often each network runs for one image: eight times in a self-ensemble."""
    kind = config.kind(method)
    if kind == "network":
        turns = 8 if config.method(method).reconstruct.self_ensemble == "flips" else 1
        return {method.partition("-")[0]: turns}
    found: dict[str, int] = {}
    for member in config.method(method).members:
        for network, count in passes(config, member.method).items():
            found[network] = found.get(network, 0) + count
    return found


def asked(choices: Choices, method: str) -> bool:
    """Whether `config.yaml` asks for a method: a name there stands for its variants too."""
    return choices.methods == "everything" or bool(
        {method, method.partition("-")[0]} & set(choices.methods)
    )


def runs(config: Config, choices: Choices, method: str, budget: str) -> list[str]:
    """The runs that stand for a method: one per seed where it is trained."""
    if config.kind(method) == "network":
        return [f"{budget}-seed{seed}" for seed in choices.seeds]
    return [budget]


def members(config: Config, method: str, budget: str) -> list[str]:
    """An ensemble's members as `method/run`."""
    return [
        f"{member.method}/{budget}" + ("" if member.seed is None else f"-seed{member.seed}")
        for member in config.method(method).members
    ]


def trained_as(config: Config, method: str) -> str:
    """The method whose checkpoint serves: a variant that only reconstructs otherwise needs no
    training of its own."""
    stem, _, variant = method.partition("-")
    changes = config.changes(method) if variant else {}
    return stem if all(key.startswith("reconstruct.") for key in changes) else method


def trainings(config: Config, choices: Choices, method: str, budget: str) -> list[tuple[str, str]]:
    """Every training that a method's numbers rest on, as method and run."""
    kind = config.kind(method)
    if kind == "network":
        found = runs(config, choices, method, budget)
        return [(source, run) for run in found for source in _begun(config, method)]
    if kind in ("control", "fit"):
        return []
    behind = []
    for member in members(config, method, budget):
        name, run = member.split("/")
        if config.kind(name) == "network":
            behind += [(source, run) for source in _begun(config, name)]
        else:
            behind += trainings(config, choices, name, budget)
    return behind


def sources(config: Config, method: str) -> set[str]:
    """The trained methods that a method's numbers rest on."""
    if config.kind(method) == "ensemble":
        return {s for m in config.method(method).members for s in sources(config, m.method)}
    return set(_begun(config, method))


def _begun(config: Config, method: str) -> list[str]:
    """The training whose checkpoint serves a method, and those that it goes on from."""
    source = trained_as(config, method)
    before = config.method(source).after
    return [source, *(_begun(config, before) if before else [])]


def dataset_files(config: Config, name: str, choices: Choices) -> list[str]:
    """The files outside that a data set is read from, those that are there."""
    read = dataset(config, name, choices)["read"]
    if "folder" not in read:
        return []
    folder = Path(read["folder"])
    table = splits_file(read["folder"], read.get("splits", "scenes.csv"))
    files = sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES)
    patterns = list((read.get("pictures_only") or {}).values())
    for pattern in [*patterns, *([read["bands"]] if "bands" in read else [])]:
        files += sorted(folder.glob(re.sub(r"{.*?}", "*", pattern)))
    return [str(path) for path in [table, *files] if path.is_file()]


def table_files(config: Config, paper: str, key: str, edition: str, choices: Choices) -> list[str]:
    """What a table is made from: scores, the published table, the saved plans behind it."""
    return sorted(_table_files(table(config, paper, key, edition, choices)))


def figure_files(config: Config, paper: str, key: str, edition: str, choices: Choices) -> list[str]:
    """What a figure is made from: the data set, and the methods' products."""
    return sorted(_figure_files(figure(config, paper, key, edition, choices)))


def checkpoint(config: Config, dataset: str, method: str, run: str) -> str:
    """The checkpoint that a run reconstructs with."""
    return f"results/train/{dataset}/{trained_as(config, method)}/{run}/checkpoint.pt"


def start(config: Config, dataset: str, method: str, budget: str, seed: str) -> list[str]:
    """The checkpoint that a training begins with: none, or another method's."""
    before = config.method(method).after
    return [checkpoint(config, dataset, before, f"{budget}-seed{seed}")] if before else []


def beside(config: Config, dataset: str, method: str, names: Sequence[str]) -> list[str]:
    """The manifests of the data sets whose cubes a training meets beside its own."""
    wanted = any(phase.beside for phase in config.method(method).train)
    own = dataset.partition("-")[0]
    others = [name for name in names if name.partition("-")[0] != own]
    return [f"results/datasets/{name}/scenes.csv" for name in others] if wanted else []


def released_file(config: Config, method: str) -> str:
    """Where the authors' weights of a method lie: as safetensors, or as they gave them."""
    config.method(method)
    stem = Path("data/released") / method
    files = [stem.with_suffix(suffix) for suffix in (".safetensors", ".pth", ".pt")]
    return str(next((file for file in files if file.is_file()), files[1]))


def member_files(config: Config, dataset: str, method: str, budget: str, split: str) -> list[str]:
    """The reconstructions that an ensemble combines."""
    runs = members(config, method, budget)
    return [f"results/reconstruct/{dataset}/{run}/{split}.h5" for run in runs]


def held_out_files(config: Config, dataset: str, method: str, budget: str) -> list[str]:
    """The reconstructions that an ensemble's weights are fitted to, if they are."""
    settings = config.method(method).ensemble
    fitted = settings is not None and build.asks("ensemble", settings, "fitted")
    return member_files(config, dataset, method, budget, HELD_OUT) if fitted else []


def _table_files(table: Plan) -> set[str]:
    primary = table["primary"] or {"published": None, "cells": []}
    given = [table["published"], table["timings"], primary["published"]]
    rivals = [cell for found in table["against"].values() for cells in found for cell in cells]
    cells = [*table["cells"], *rivals, *primary["cells"]]
    return {*filter(None, given), *(cell["scores"] for cell in cells), *table["trained"]}


def _figure_files(figure: Plan) -> set[str]:
    found = {figure[part] for part in ("scenes", "cubes", "observations", "response")}
    for method in figure["methods"]:
        found |= {
            file
            for part in ("reconstructions", "scores", "maps", "histories")
            for file in method[part]
        }
    return found


def products(step: str, tables: list[Plan], figures: list[Plan]) -> set[str]:
    """Every product of one step that tables and figures need."""
    files = {file for table in tables for file in _table_files(table)}
    files |= {file for figure in figures for file in _figure_files(figure)}
    cells = {Path(file).parts[1:] for file in files if file.startswith("results/")}
    if step == "datasets":
        return {f"results/datasets/{cell[1]}/scenes.csv" for cell in cells}
    if step == "camera":
        return {f"results/camera/{cell[1]}/observations" for cell in cells}
    if step == "reconstruct":
        scored = {Path(*cell[1:]) for cell in cells if cell[0] == "score"}
        stems = {path.with_name(path.name.partition(".")[0]) for path in scored}
        return {f"results/reconstruct/{path.as_posix()}.h5" for path in stems}
    return {file for file in files if file.startswith(f"results/{step}/")}


def possible(config: Config, paper: str, key: str, edition: str) -> bool:
    """Whether a figure can be drawn of this edition's data."""
    _, stand_in = split_edition(config, edition)
    return _there(config, config.paper(paper).figures[key], stand_in)


def submissions(config: Config, edition: str, choices: Choices) -> list[str]:
    """An archive of the challenge's test images for every method that needs no truth."""
    budget, stand_in = split_edition(config, edition)
    name = stand_in or "arad1k"
    split = "test" if "test" in config.dataset(name).splits else "valid"
    return [
        f"results/submission/{name}/{method}/{run}/{split}.zip"
        for method in shown(config, choices)
        if config.kind(method) != "control"
        for run in runs(config, choices, method, budget)
    ]


def split_edition(config: Config, edition: str) -> tuple[str, str | None]:
    """A budget, and the data set that stands in for the papers' own, if one does.

    Raises:
        ConfigError: either is unknown.
    """
    budget, _, stand_in = edition.partition(".")
    config.budget(budget)
    if stand_in:
        config.dataset(stand_in)
    return budget, stand_in or None


def edition(choices: Choices) -> str:
    """The edition that `config.yaml` asks for."""
    if choices.dataset == "paper":
        return choices.budget
    return f"{choices.budget}.{choices.dataset}"


def left_out(config: Config, dataset: str, choices: Choices) -> list[str]:
    """Scored scenes that no table counts: those whose place is also trained on, if so asked."""
    found = config.dataset(dataset)
    if choices.leaks == "keep" or found.groups is None:
        return []
    splits = listed(found.read["folder"], found.read["splits"])
    return leaking(splits, read_groups(found.groups))


def _table(config: Config, paper: str, key: str, edition: str) -> tuple[Table, str, str | None]:
    tables = config.paper(paper).tables
    if key not in tables:
        raise ConfigError(f"config/papers/{paper}.yaml: {key} is no table; {near(key, tables)}")
    return tables[key], *split_edition(config, edition)


def _cells(
    config: Config, choices: Choices, columns: Sequence[Column], label: str, method: str,
    budget: str, stand_in: str | None,
) -> list[Plan]:  # fmt: skip
    """Where a method's numbers lie, column by column and seed by seed."""
    cells = []
    for column in columns:
        name, split = _seen(config, column, stand_in)
        ending = ".classes.csv" if column.classified else ".csv"
        for run in runs(config, choices, method, budget):
            cells.append(
                {
                    "row": label, "column": column.label, "region": column.region,
                    "metrics": dict(column.metrics),
                    "scores": f"results/score/{name}/{method}/{run}/{split}{ending}",
                    "left_out": left_out(config, name, choices),
                }
            )  # fmt: skip
    return cells


def _seen(config: Config, column: Column, stand_in: str | None) -> tuple[str, str]:
    """The data set and split a column is scored on; a stand-in may lack the split."""
    name = stand_in or column.dataset
    splits = config.dataset(name).splits
    if column.split in splits:
        return name, column.split
    if stand_in:
        return name, "valid"
    raise ConfigError(
        f"config/datasets/{name}.yaml: has no split {column.split}; {near(column.split, splits)}"
    )


def _there(config: Config, wanted: Column | Figure, stand_in: str | None) -> bool:
    """Whether there is anything to score or to show: some truths were never published, and not
    every stand-in has classes."""
    if wanted.unpublished and stand_in is None:
        return False
    classes = config.dataset(stand_in or wanted.dataset).classify
    return not wanted.classified or classes is not None


def _edition(config: Config, budget: str, stand_in: str | None) -> Plan:
    return {
        "budget": config.budget(budget).caption,
        "small": config.budget(budget).small,
        "stand_in": config.dataset(stand_in).title if stand_in else None,
    }


def _network(method: Method) -> Plan:
    if method.network is None:
        raise ConfigError(f"{method.name} is an {method.kind}; only networks are trained")
    return _plain(method)["network"]


def _plain(model: Any) -> Plan:
    """A model as lists, mappings, numbers and words, as YAML and Snakemake compare them."""
    return model.model_dump(mode="json")


# --- the digest of code ----------------------------------------------------------------------


def code(modules: Sequence[str], names: Iterable[tuple[str, str]] = ()) -> str:
    """A digest of everything that a step imports from this package, docstrings and comments aside.

    Args:
        modules: digested whole, with what they import.
        names: what a YAML names (`("network", "hprn:HPRN")`): of that module only what the name
            reaches, so that a new loss does not train the old networks again.
    """
    return _digest(tuple(modules), tuple(sorted({build.locate(*name) for name in names})))


@cache
def _digest(modules: tuple[str, ...], names: tuple[tuple[str, str], ...]) -> str:
    parts: dict[str, str] = {}
    for module in modules:
        _add_module(module, parts)
    for module, attribute in names:
        _add_name(module, attribute, parts)
    # What is there whole needs no names, in whatever order they were met.
    kept = [key for key in parts if ":" not in key or key.partition(":")[0] not in parts]
    digest = hashlib.sha256()
    for key in sorted(kept):
        digest.update(f"{key}\n{parts[key]}\n".encode())
    return digest.hexdigest()[:16]


def _add_module(module: str, parts: dict[str, str]) -> None:
    path = build.source(module)
    if module in parts or module in NOT_DIGESTED or path is None:
        return
    page = _page(path)
    parts[module] = page.text
    for source, name in page.imports:
        inner = f"{source}.{name}"
        _add_module(inner if name and build.source(inner) else source, parts)


def _add_name(module: str, attribute: str, parts: dict[str, str]) -> None:
    path = build.source(module)
    key = f"{module}:{attribute}"
    if path is None or module in NOT_DIGESTED or module in parts or key in parts:
        return
    for part in _statements(path):
        if attribute not in part.bound:
            continue
        parts[key] = part.text
        for source, name in part.imports:
            inner = f"{source}.{name}"
            if not name or build.source(inner):
                _add_module(inner if name else source, parts)
            else:
                _add_name(source, name, parts)
        for used in sorted(part.used - {attribute}):
            _add_name(module, used, parts)


class _Code(NamedTuple):
    """What a digest needs of a statement or of a page."""

    text: str
    imports: tuple[tuple[str, str], ...]  # module and name of this package; "" for a whole module
    bound: frozenset[str]  # names that it gives a meaning
    used: frozenset[str]


@cache
def _page(path: Path) -> _Code:
    return _code(build.tree(path))


@cache
def _statements(path: Path) -> tuple[_Code, ...]:
    found: list[_Code] = []
    for node in build.tree(path).body:
        if isinstance(node, ast.ImportFrom):  # each name is a statement of its own
            found += [_code(ast.ImportFrom(node.module, [a], node.level)) for a in node.names]
        else:
            found.append(_code(node))
    return tuple(found)


def _code(node: ast.AST) -> _Code:
    nodes = list(ast.walk(node))
    imports = [
        (alias.name, "")
        for n in nodes
        if isinstance(n, ast.Import)
        for alias in n.names
        if _ours(alias.name)
    ]
    imports += [
        (str(n.module), alias.name)
        for n in nodes
        if isinstance(n, ast.ImportFrom) and _ours(n.module or "")
        for alias in n.names
    ]
    names = [n for n in nodes if isinstance(n, ast.Name)]
    return _Code(
        text=ast.dump(_WithoutDocstrings().visit(copy.deepcopy(node))),
        imports=tuple(imports),
        bound=frozenset(_bound(node)),
        used=frozenset(n.id for n in names),
    )


def _ours(module: str) -> bool:
    return module.partition(".")[0] == build.PACKAGE.name


def _bound(node: ast.AST) -> set[str]:
    """The names that a statement at the top of a file gives a meaning."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


class _WithoutDocstrings(ast.NodeTransformer):
    def _strip(self, node: Any) -> Any:
        self.generic_visit(node)
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            node.body = node.body[1:] or [ast.Pass()]
        return node

    visit_Module = visit_ClassDef = visit_FunctionDef = _strip  # noqa: N815 (ast's own names)
