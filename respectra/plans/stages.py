"""The stages of DVC: `dvc.yaml`, derived from the same code and files as the plans.

Snakemake orders the jobs; DVC stores and compares what they read and write. A stage is a command
of Snakemake with everything its jobs rest on: the folders of the configuration, the data, the
products of earlier stages, and the source files that the digests of its plans reach.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from respectra import build
from respectra.config import Choices, Config
from respectra.config.files import DATA
from respectra.plans import cells
from respectra.plans.conditions import TRAINED, plan_condition
from respectra.plans.cross_data import APPLY, plan_cross_data
from respectra.plans.digest import collect_names, digest_code, reach
from respectra.plans.editions import Edition, is_available
from respectra.plans.figures import plan_figure
from respectra.plans.plausible import plan_plausible
from respectra.plans.splits import name_split
from respectra.plans.steps import (
    plan_camera,
    plan_classify,
    plan_control,
    plan_dataset,
    plan_ensemble,
    plan_reconstruct,
    plan_released,
    plan_score,
    plan_train,
)
from respectra.plans.tables import plan_table

HEADER = """\
# DVC stores bytes, Snakemake orders jobs: one stage per step, its command is a target of Snakemake.
# Generated: `make dvc` writes this file from the plans. Every output persists, because DVC would
# delete it first otherwise and one new seed would train everything again.
"""
BUDGET = "full"  # the code does not depend on the budget
OUTPUTS = {
    stage: tuple(cells.folder_of(step) for step in steps)
    for stage, steps in {
        "datasets": ("datasets", "camera"),
        "train": ("train",),
        "score": ("conditions", "reconstruct", "score"),
        "tables": ("tables", "figures"),
    }.items()
}
EARLIER = {
    "datasets": (),
    "train": ("datasets",),
    "score": ("datasets", "train"),
    "tables": ("datasets", "train", "score"),
}
FILES = {
    "datasets": ("config/cameras", "config/datasets", "data"),
    "train": ("config/budgets", "config/methods", "data/released"),
    "score": (
        "config/budgets", "config/cameras", "config/conditions", "config/datasets",
        "config/methods", "config/variants.yaml", "data/cameras",
    ),
    "tables": (
        "config/budgets", "config/cameras", "config/conditions", "config/datasets",
        "config/methods", "config/papers", "config/variants.yaml", "data/groups", "data/splits",
        "published",
    ),
}  # fmt: skip
RULES = {
    "datasets": ("datasets", "camera"),
    "train": ("train",),
    "score": ("conditions", "reconstruct", "ensemble", "score"),
    "tables": ("tables", "figures"),
}
TARGETS = {
    "datasets": "datasets camera",
    "train": "train",
    "score": "score",
    "tables": f"tables figures {cells.METRICS}",
}


def write_stages(config: Config, choices: Choices) -> str:
    """The text of `dvc.yaml`.

    Args:
        config: the configuration.
        choices: their `folder` and `data_root` are dependencies if they are outside `data/`.
    """
    stages = {stage: _stage(config, choices, stage) for stage in OUTPUTS}
    return HEADER + yaml.safe_dump({"stages": stages}, sort_keys=False, width=100)


def _stage(config: Config, choices: Choices, stage: str) -> dict[str, Any]:
    dependencies = [*FILES[stage]]
    if stage == "datasets":
        dependencies += _outside_folders(config, choices)
    dependencies += [f"workflow/rules/{rules}.smk" for rules in RULES[stage]]
    dependencies += source_files(config, choices, stage)
    for earlier in EARLIER[stage]:
        dependencies += OUTPUTS[earlier]
    content: dict[str, Any] = {
        # A folder that nothing was written to must exist all the same: DVC tracks it.
        "cmd": f"mkdir -p {' '.join(OUTPUTS[stage])} && snakemake --quiet -- {TARGETS[stage]}",
        "deps": dependencies,
        "params": [{"config/config.yaml": None}],
        "outs": [{folder: {"persist": True}} for folder in OUTPUTS[stage]],
    }
    if stage == "tables":
        content["metrics"] = [{cells.METRICS: {"cache": False, "persist": True}}]
        content["plots"] = [
            {
                cells.LEADERBOARD: {
                    "cache": False,
                    "persist": True,
                    "x": "MRAE",
                    "y": "method",
                    "template": "bar_horizontal",
                    "title": "MRAE of every table's rows",
                }
            }
        ]
    return content


def _outside_folders(config: Config, choices: Choices) -> list[str]:
    """The folders of data sets, if they exist outside `data/`."""
    folders = [choices.data_root]
    if choices.dataset.partition("-")[0] == "folder":
        folders.append(choices.folder)
    data = (config.root / DATA).resolve()
    return [
        Path(folder).as_posix()
        for folder in folders
        if (config.root / folder).is_dir()
        and not (config.root / folder).resolve().is_relative_to(data)
    ]


def source_files(config: Config, choices: Choices, stage: str) -> list[str]:
    """The source files that the plans of a stage reach, relative to the checkout."""
    with collect_names() as names:
        PLANNERS[stage](config, choices)
    modules = {module for module, _ in reach(names)}
    paths = {build.source(module) for module in modules}
    root = build.PACKAGE.parent
    return sorted(os.path.relpath(path, root) for path in paths if path is not None)


def _names(config: Config) -> Iterable[str]:
    """Every method and variant."""
    for stem in config.methods:
        yield from (stem, *(f"{stem}-{variant}" for variant in config.variants(stem)))


def _plan_datasets(config: Config, choices: Choices) -> None:
    for name in config.datasets:
        plan_dataset(config, name, choices)
        plan_camera(config, name, choices)


def _plan_trainings(config: Config, choices: Choices) -> None:
    for name in _names(config):
        if config.kind(name) == "network":
            plan_train(config, name, BUDGET, choices.extra_datasets)
            plan_released(config, name)


def _plan_scores(config: Config, choices: Choices) -> None:
    del choices
    for condition in config.conditions:
        for name in config.datasets:
            plan_condition(config, name, name_split("valid", condition))
    digest_code([APPLY])
    for name in config.datasets:
        for split in set(config.dataset(name).splits) - set(TRAINED):
            plan_cross_data(config, name, name_split(split, name))
    for name in _names(config):
        kind = config.kind(name)
        if kind == "network":
            plan_reconstruct(config, name, cells.name_run(BUDGET, 0))
        elif kind == "ensemble":
            plan_ensemble(config, name)
        else:
            plan_control(config, name, BUDGET)
    for name in config.datasets:
        for variant in config.plausible_variants:
            plan_plausible(config, f"{config.methods[0]}-{variant}", name, "valid")
        plan_score(config, name)
        if config.dataset(name).classify is not None:
            plan_classify(config, name, BUDGET)


def _plan_tables(config: Config, choices: Choices) -> None:
    digest_code([("respectra.tables", "make_metrics")])
    for name in config.names("papers"):
        paper = config.paper(name)
        for key in paper.tables:
            plan_table(config, name, key, BUDGET, choices)
        for key, figure in paper.figures.items():
            if is_available(config, figure, Edition(BUDGET, None)):
                plan_figure(config, name, key, BUDGET, choices)


PLANNERS: dict[str, Callable[[Config, Choices], None]] = {
    "datasets": _plan_datasets,
    "train": _plan_trainings,
    "score": _plan_scores,
    "tables": _plan_tables,
}
