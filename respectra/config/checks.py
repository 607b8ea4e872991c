"""Checks across files: what `is:` names exists, and so do methods, data sets and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from respectra.build import ConfigError, suggest
from respectra.config.paper_checks import check_row
from respectra.config.settings import accepts, check_settings
from respectra.config.strict import check_name, check_pattern
from respectra.datasets.layout import HELD_OUT_DRAW
from respectra.messages import show

if TYPE_CHECKING:
    from respectra.config.cameras import Camera
    from respectra.config.choices import Choices
    from respectra.config.conditions import Condition
    from respectra.config.datasets import Dataset
    from respectra.config.methods import Method
    from respectra.config.tree import Config

CLASSES = "classes"  # `valid.classes.csv` holds scores of a classification
# Arguments that the step adds to the settings of a YAML file.
OF_ENSEMBLES = ("weights", "truth", "margin", "clipped", "fitted", "common")


def check_method(config: Config, method: Method, where: str) -> None:
    """Check what a method names.

    Raises:
        ConfigError: with file, key, value and the closest known name.
    """
    if method.network is not None:
        check_settings("network", method.network, f"{where}: network", ["bands"])
    if method.inputs is not None and method.inputs.estimate is not None:
        check_settings("fit", method.inputs.estimate, f"{where}: inputs.estimate")
    if method.ensemble is not None:
        check_settings("ensemble", method.ensemble, f"{where}: ensemble", OF_ENSEMBLES)
    if method.fit is not None:
        check_settings("fit", method.fit, f"{where}: fit")
    if method.control is not None:
        check_settings("control", method.control, f"{where}: control")
    for i, phase in enumerate(method.train):
        if not phase.loss:
            raise ConfigError(f"{where}: train.{i}.loss: names no loss")
        if phase.accumulate > phase.batch:
            raise ConfigError(
                f"{where}: train.{i}.accumulate: {phase.accumulate}: a batch of {phase.batch} has "
                f"no such number of parts; state at most {phase.batch}"
            )
        for loss in phase.loss:
            check_settings("loss", {"is": loss}, f"{where}: train.{i}.loss")
        check_settings("schedule", phase.schedule, f"{where}: train.{i}.schedule", ["progress"])
        check_settings("optimizer", phase.optimizer, f"{where}: train.{i}.optimizer")
        rate, final = phase.optimizer["lr"], phase.schedule.get("final", 0.0)
        if final > rate:
            raise ConfigError(
                f"{where}: train.{i}.schedule.final: {final:g}: is above the rate that the phase "
                f"begins with, optimizer.lr: {rate:g}; state at most that"
            )
    _check_other_methods(config, method, where)
    if method.ensemble is not None and accepts("ensemble", method.ensemble, "fitted"):
        _check_held_out(config, method, where)


def _check_other_methods(config: Config, method: Method, where: str) -> None:
    """Members and `starts_from` name methods, and no method rests on itself."""
    for i, member in enumerate(method.members):
        place = f"{where}: members.{i}"
        config.check_known("methods", member.method, place)
        is_network = config.kind(member.method) == "network"
        if is_network and member.seed is None:
            raise ConfigError(f"{place}: {member.method} is trained; state its seed")
        if not is_network and member.seed is not None:
            raise ConfigError(f"{place}: {member.method} has no seed; remove it")
        if method.name in _members_of(config, member.method):
            raise ConfigError(f"{place}: {member.method} would make {method.name} its own member")
    if method.starts_from is not None:
        config.check_known("methods", method.starts_from, f"{where}: starts_from")
    if method.trained_on is not None:
        config.check_known("datasets", method.trained_on, f"{where}: trained_on")
    chain, source = [method.name], method.starts_from
    while source is not None:
        if source in chain:
            raise ConfigError(f"{where}: starts_from: {source} would start from its own training")
        if config.kind(source) != "network":
            raise ConfigError(
                f"{where}: starts_from: {source} is no network, so it has no training"
            )
        chain.append(source)
        source = config.starting_method(source)


def _members_of(config: Config, name: str) -> set[str]:
    """A method, its members, and their members in turn."""
    members: set[str] = set()
    pending = [name]
    while pending:
        member = pending.pop()
        if member not in members:
            members.add(member)
            pending += config.member_names(member)
    return members


def _check_held_out(config: Config, method: Method, where: str) -> None:
    """Weights are fitted to scenes that no member is trained on."""
    for i, member in enumerate(method.members):
        phases = config.method(member.method).train
        draws = [phase.hold_out and phase.hold_out.model_dump() for phase in phases]
        if not phases or any(draw != HELD_OUT_DRAW for draw in draws):
            raise ConfigError(
                f"{where}: members.{i}: {member.method} is trained on the scenes that the weights "
                f"are fitted to; each of its phases must state hold_out: {show(HELD_OUT_DRAW)}"
            )


def check_dataset(config: Config, dataset: Dataset, where: str) -> None:
    """Check what a data set names.

    Raises:
        ConfigError: with file, key, value and the closest known name.
    """
    settings = dict(dataset.read)
    if settings.get("folder", "") is None:
        settings["folder"] = "."  # `folder` in config.yaml names it
    check_settings("dataset", settings, f"{where}: read", ["save", "wavelengths_nm"])
    _check_patterns(dataset, where)
    for i, source in enumerate(dataset.get.sources if dataset.get else ()):
        check_settings("source", source, f"{where}: get.sources.{i}", ["missing"])
    if dataset.classify is not None:
        key = f"{where}: classify"
        check_settings("labels", dataset.classify.labels, f"{key}.labels")
        check_settings("network", dataset.classify.network, f"{key}.network", ["bands", "classes"])
        check_settings("optimizer", dataset.classify.optimizer, f"{key}.optimizer")
    config.check_known("cameras", dataset.camera, f"{where}: camera")
    if not dataset.splits:
        raise ConfigError(f"{where}: splits: names no split")
    for split in dataset.splits:
        check_name(split, f"{where}: splits")
    if dataset.classify is not None and dataset.classify.split not in dataset.splits:
        split, hint = dataset.classify.split, suggest(dataset.classify.split, dataset.splits)
        raise ConfigError(f"{where}: classify.split: {split} is no split; {hint}")


def _check_patterns(dataset: Dataset, where: str) -> None:
    """The patterns of a reader and of the sources have known names in their braces."""
    patterns: dict[str, tuple[Any, tuple[str, ...]]] = {
        f"read.pictures_only.{split}": (pattern, ("scene",))
        for split, pattern in (dataset.read.get("pictures_only") or {}).items()
    }
    if "bands" in dataset.read:
        patterns["read.bands"] = (dataset.read["bands"], ("scene", "band"))
    for i, source in enumerate(dataset.get.sources if dataset.get else ()):
        if isinstance(source.get("url"), str):
            patterns[f"get.sources.{i}.url"] = (source["url"], ("file",))
    for key, (pattern, names) in patterns.items():
        try:
            check_pattern(pattern, names, key)
        except ValueError as error:
            raise ConfigError(f"{where}: {error}") from None


def check_camera(camera: Camera, where: str) -> None:
    """Check the parts of a camera.

    Raises:
        ConfigError: with file, key, value and the closest known name.
    """
    for i, part in enumerate(camera.chain):
        check_settings("camera", part, f"{where}: chain.{i}", ["rgb", "rng"])


def check_condition(config: Config, condition: Condition, where: str) -> None:
    """Check the cameras and the data set that a condition names.

    Raises:
        ConfigError: with file, key, value and the closest known name.
    """
    if condition.name.partition("-")[0] == CLASSES:
        raise ConfigError(
            f"{where}: a condition cannot be called {CLASSES}, which names files of "
            "classifications; rename it"
        )
    if condition.name.partition("-")[0] in config.datasets:
        raise ConfigError(
            f"{where}: {condition.name.partition('-')[0]} is the name of a data set, which is a "
            "condition by itself; rename the file"
        )
    if condition.scenes is not None:
        config.check_known("datasets", condition.scenes, f"{where}: scenes")
    for key, name in (("camera", condition.camera), ("response", condition.response)):
        if name is not None:
            config.check_known("cameras", name, f"{where}: {key}")


def check_choices(config: Config, choices: Choices, where: str) -> None:
    """Check the budget, data sets, methods, tables and figures that are chosen.

    Raises:
        ConfigError: with file, key, value and the closest known name.
    """
    config.check_known("budgets", choices.budget, f"{where}: budget")
    if choices.dataset != "paper":
        config.check_known("datasets", choices.dataset, f"{where}: dataset")
    for name in choices.extra_datasets:
        config.check_known("datasets", name, f"{where}: extra_datasets")
    if not choices.methods:
        raise ConfigError(f"{where}: methods: names no method; write everything for all")
    for name in () if choices.methods == "everything" else choices.methods:
        check_row(config, name, f"{where}: methods")
    for seed in choices.seeds:
        if choices.seeds.count(seed) > 1:
            raise ConfigError(f"{where}: seeds: {seed} is given twice")
    for name, items in choices.make.items():
        config.check_known("papers", name, f"{where}: make")
        paper = config.paper(name)
        for item in () if items == "everything" else items:
            if item not in paper.tables and item not in paper.figures:
                known = [*paper.tables, *paper.figures]
                raise ConfigError(
                    f"{where}: make.{name}: {item} is no table or figure; {suggest(item, known)}"
                )


def check_folder(config: Config, choices: Choices, where: str) -> None:
    """Check that a folder of the command line is the folder of a data set that is used.

    Raises:
        ConfigError: no data set reads it.
    """
    names = [*choices.extra_datasets, *([] if choices.dataset == "paper" else [choices.dataset])]
    if not any(config.dataset(name).read.get("folder", "") is None for name in names):
        raise ConfigError(
            f"{where}: {choices.folder}: data set {choices.dataset} reads no folder of your own; "
            "add dataset=folder"
        )
