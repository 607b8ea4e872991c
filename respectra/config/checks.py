"""Checks across files: what `is:` names exists, and so do methods, data sets and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from respectra.build import ConfigError, suggest
from respectra.config.settings import accepts, check_settings
from respectra.datasets.layout import HELD_OUT_DRAW

if TYPE_CHECKING:
    from respectra.config.cameras import Camera
    from respectra.config.choices import Choices
    from respectra.config.datasets import Dataset
    from respectra.config.methods import Method
    from respectra.config.papers import Paper
    from respectra.config.tree import Config

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
        for loss in phase.loss:
            check_settings("loss", {"is": loss}, f"{where}: train.{i}.loss")
        check_settings("schedule", phase.schedule, f"{where}: train.{i}.schedule", ["progress"])
        check_settings("optimizer", phase.optimizer, f"{where}: train.{i}.optimizer")
    _check_other_methods(config, method, where)
    if method.ensemble is not None and accepts("ensemble", method.ensemble, "fitted"):
        _check_held_out(config, method, where)


def _check_other_methods(config: Config, method: Method, where: str) -> None:
    """Members and `starts_from` name methods, and no training starts from itself."""
    others = {f"members.{i}": member.method for i, member in enumerate(method.members)}
    if method.starts_from is not None:
        others["starts_from"] = method.starts_from
    for key, other in others.items():
        stem, _, variant = other.partition("-")
        if stem not in config.methods:
            raise ConfigError(
                f"{where}: {key}: {stem} is no method; {suggest(stem, config.methods)}"
            )
        if variant and variant not in config.variants(stem):
            known = config.variants(stem)
            raise ConfigError(
                f"{where}: {key}: {variant} is no variant of {stem}; {suggest(variant, known)}"
            )
    for i, member in enumerate(method.members):
        is_network = config.kind(member.method) == "network"
        if is_network and member.seed is None:
            raise ConfigError(f"{where}: members.{i}: {member.method} is trained; state its seed")
        if not is_network and member.seed is not None:
            raise ConfigError(f"{where}: members.{i}: {member.method} has no seed; remove it")
        if member.method == method.name:
            raise ConfigError(f"{where}: members.{i}: {method.name} cannot be a member of itself")
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


def _check_held_out(config: Config, method: Method, where: str) -> None:
    """Weights are fitted to scenes that no member is trained on."""
    for i, member in enumerate(method.members):
        phases = config.method(member.method).train
        draws = [phase.hold_out and phase.hold_out.model_dump() for phase in phases]
        if not phases or any(draw != HELD_OUT_DRAW for draw in draws):
            raise ConfigError(
                f"{where}: members.{i}: {member.method} is trained on the scenes that the weights "
                f"are fitted to; each of its phases must state hold_out: {HELD_OUT_DRAW}"
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
    for i, source in enumerate(dataset.get.sources if dataset.get else ()):
        check_settings("source", source, f"{where}: get.sources.{i}", ["missing"])
    if dataset.classify is not None:
        key = f"{where}: classify"
        check_settings("dataset", dataset.classify.labels, f"{key}.labels")
        check_settings("network", dataset.classify.network, f"{key}.network", ["bands", "classes"])
        check_settings("optimizer", dataset.classify.optimizer, f"{key}.optimizer")
    config.check_known("cameras", dataset.camera, f"{where}: camera")


def check_camera(camera: Camera, where: str) -> None:
    """Check the parts of a camera.

    Raises:
        ConfigError: with file, key, value and the closest known name.
    """
    for i, part in enumerate(camera.chain):
        check_settings("camera", part, f"{where}: chain.{i}", ["rgb", "rng"])


def check_paper(config: Config, paper: Paper, where: str) -> None:
    """Check the methods, data sets, metrics and functions that tables and figures name.

    Raises:
        ConfigError: with file, key, value and the closest known name.
    """
    for key, table in paper.tables.items():
        place = f"{where}: tables.{key}"
        check_settings("table", {"is": table.is_}, place)
        for column in table.columns:
            config.check_known("datasets", column.dataset, f"{place}.columns")
            for metric in () if column.classified else column.metrics.values():
                check_settings("metric", {"is": metric}, f"{place}.columns.metrics")
        rows = {} if table.rows == "every_method" else table.rows
        rivals = [rival for label in table.compared_with.values() for rival in label]
        splits = {column.split for column in table.columns}
        for method in (*rows.values(), *table.extra_rows.values(), *rivals):
            if method is not None:
                _check_row(config, method, place)
                _check_choice(config, method, splits, place)
    for key, figure in paper.figures.items():
        place = f"{where}: figures.{key}"
        check_settings("figure", {"is": figure.is_, **figure.settings}, place)
        config.check_known("datasets", figure.dataset, f"{place}.dataset")
        for method in () if figure.methods == "every_method" else figure.methods:
            _check_row(config, method, place)
            _check_choice(config, method, {figure.split}, place)


def _check_choice(config: Config, name: str, splits: set[str], place: str) -> None:
    """No training chooses its weights on scenes that are scored."""
    method = config.method(name)
    for phase in method.train:
        if phase.choose is not None and phase.choose.split in splits:
            raise ConfigError(
                f"{place}: {name} chooses its weights on split {phase.choose.split}, which is "
                "scored here; set choose.split of the method to held_out or to another split"
            )
    for member in method.members:
        _check_choice(config, member.method, splits, place)


def _check_row(config: Config, method: str, place: str) -> None:
    """A method that a table or figure names exists."""
    stem, _, variant = method.partition("-")
    if stem not in config.methods:
        raise ConfigError(f"{place}: {stem} is no method; {suggest(stem, config.methods)}")
    if variant and variant not in config.variants(stem):
        raise ConfigError(
            f"{place}: {variant} is no variant of {stem}; {suggest(variant, config.variants(stem))}"
        )
    config.method(method)


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
    for name in () if choices.methods == "everything" else choices.methods:
        config.check_known("methods", name.partition("-")[0], f"{where}: methods")
        config.method(name)
    for name, items in choices.make.items():
        config.check_known("papers", name, f"{where}: make")
        paper = config.paper(name)
        for item in () if items == "everything" else items:
            if item not in paper.tables and item not in paper.figures:
                known = [*paper.tables, *paper.figures]
                raise ConfigError(
                    f"{where}: make.{name}: {item} is no table or figure; {suggest(item, known)}"
                )
