"""The plan of a variant whose reconstructions give back their rgb."""

from respectra.build import ConfigError
from respectra.config import Config
from respectra.plan_types import PlausiblePlan
from respectra.plans.cells import Cell
from respectra.plans.conditions import plan_condition
from respectra.plans.digest import digest_code
from respectra.plans.splits import condition_of


def plan_plausible(config: Config, method: str, dataset: str, split: str) -> PlausiblePlan:
    """Which rgb the reconstructions of a method give back.

    Args:
        config: the configuration.
        method: a variant with `plausible`.
        dataset: whose camera takes the pictures.
        split: perhaps with a condition, which can change the camera.

    Raises:
        ConfigError: the method is no variant with `plausible`.
    """
    rgb = config.method(method).plausible
    if rgb is None:
        raise ConfigError(f"{method} has no `plausible`; it gives back no rgb")
    if condition_of(split) is None:
        parts = [str(part["is"]) for part in config.camera(config.dataset(dataset).camera).chain]
    else:
        parts = [str(part["is"]) for part in plan_condition(config, dataset, split)["chain"]]
    return {
        "rgb": rgb,
        "linear": not any(part.startswith(("colour_matrix:", "gamma:")) for part in parts),
        "code": digest_code([("respectra.camera.plausible", "make_plausible")]),
    }


def original_file(config: Config, dataset: str, method: str, run: str, split: str) -> str:
    """The reconstructions that a variant with `plausible` changes: those of its method."""
    config.method(method)
    return Cell(dataset, method.partition("-")[0], run, split).reconstructions
