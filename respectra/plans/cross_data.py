"""Trained on one data set, scored on another: a condition whose scenes are those of a data set.

`results/score/synthetic/linear/demo/valid.cave.csv` scores what was fitted to `synthetic` on the
scenes of `cave`. The data set of a path is always the one that methods are trained on, so no method
is trained again.
"""

from collections.abc import Sequence
from pathlib import Path

from respectra.build import ConfigError, suggest
from respectra.config import Choices, Config
from respectra.datasets.common_bands import describe_bands, find_common_bands, is_same_grid
from respectra.datasets.inventory import find_required
from respectra.plan_types import ControlPlan, CrossDataPlan, ReconstructPlan
from respectra.plans import steps
from respectra.plans.cells import Data
from respectra.plans.conditions import plan_condition, scored_dataset
from respectra.plans.digest import digest_code
from respectra.plans.editions import Edition
from respectra.plans.splits import condition_of, split_of
from respectra.plans.steps import folder_of

TRUTHS = ("oracle", "unchanged")  # controls that know the truth, which has the common bands
APPLY = ("respectra.conditions.resample", "apply_method")


def plan_cross_data(config: Config, dataset: str, split: str) -> CrossDataPlan:
    """How the scenes of another data set are photographed.

    Args:
        config: the configuration.
        dataset: that methods are trained on.
        split: with a condition that states `scenes`.

    Raises:
        ConfigError: the other data set has no such split, or too few bands in common.
    """
    name, bare = scored_dataset(config, dataset, split), split_of(split)
    known = config.dataset(name).splits
    if bare not in known:
        raise ConfigError(f"{dataset}/{split}: {name} has no split {bare}; {suggest(bare, known)}")
    list_bands(config, dataset, name)
    plan = plan_condition(config, dataset, split)
    names = [("camera", part["is"]) for part in plan["chain"]]
    return {
        "scenes": name,
        "split": bare,
        "response": plan["response"],
        "balanced": plan["balanced"],
        "chain": plan["chain"],
        "seed": plan["seed"],
        "files": plan["files"],
        "code": digest_code([("respectra.conditions.cross_data", "make_cross_data")], names),
    }


def scored_manifest(config: Config, dataset: str, split: str) -> str:
    """The manifest of the data set whose scenes a condition takes."""
    return Data(scored_dataset(config, dataset, split)).scenes


def list_conditions(config: Config) -> list[str]:
    """The conditions with scenes of a data set: each data set, and files that state one."""
    files = [name for name in config.conditions if config.condition(name).scenes is not None]
    return [*config.datasets, *files]


def list_bands(config: Config, trained: str, scored: str) -> list[float] | None:
    """The common bands of two data sets.

    Returns:
        None if they are the same bands, or if files that no plan reads state them.

    Raises:
        ConfigError: they have too few bands in common.
    """
    grids = [config.dataset(name).wavelengths() for name in (trained, scored)]
    first, second = grids
    if first is None or second is None or is_same_grid(first, second):
        return None
    try:
        return find_common_bands(first, second)
    except ValueError as error:
        raise ConfigError(
            f"{trained} and {scored}: {error}; leave one of them out of `datasets`"
        ) from None


def plan_reconstruct(
    config: Config, method: str, run: str, dataset: str, split: str
) -> ReconstructPlan:
    """A network and how it is applied to a split; arguments as in `steps.plan_reconstruct`."""
    plan = steps.plan_reconstruct(config, method, run, dataset)
    if _has_other_scenes(config, split):
        plan["common_bands"] = digest_code([APPLY])
    return plan


def plan_control(config: Config, method: str, run: str, split: str) -> ControlPlan:
    """A control or fit and how it is applied to a split; arguments as in `steps.plan_control`."""
    plan = steps.plan_control(config, method, run)
    knows_truth = "control" in plan and plan["control"]["is"] in TRUTHS
    if _has_other_scenes(config, split) and not knows_truth:
        plan["common_bands"] = digest_code([APPLY])
    return plan


def _has_other_scenes(config: Config, split: str) -> bool:
    condition = condition_of(split)
    return condition is not None and config.condition(condition).scenes is not None


def list_in_place(
    config: Config, names: Sequence[str], edition: Edition, choices: Choices
) -> list[str]:
    """The data sets of a table or figure that can be made or read here.

    Args:
        config: the configuration.
        names: of data sets, as the table states them.
        edition: its data set is among them if the table states any.
        choices: the folder of the user's cubes.
    """
    if edition.stand_in is not None and names:
        names = list(dict.fromkeys([edition.stand_in, *names]))
    return [name for name in names if _is_in_place(config, name, edition, choices)]


def _is_in_place(config: Config, name: str, edition: Edition, choices: Choices) -> bool:
    folder, settings = folder_of(config, name, choices), config.dataset(name)
    if folder is None or name == edition.stand_in:
        return True
    return Path(folder).is_dir() and not find_required(settings)


def describe_pairs(config: Config, names: Sequence[str]) -> list[str]:
    """Sentences about data sets that are compared: a missing other one, and differing bands."""
    if len(names) == 1:
        return [f"Only {names[0]} is in place, so no method is scored on another data set"]
    return [
        f"{first} and {second} have {describe_bands(bands)} in common"
        for i, first in enumerate(names)
        for second in names[i + 1 :]
        if (bands := list_bands(config, first, second)) is not None
    ]
