"""The plan of a variant whose reconstructions give back their rgb."""

from respectra.build import ConfigError
from respectra.config import Config
from respectra.plan_types import PlausiblePlan
from respectra.plans.cells import Cell
from respectra.plans.digest import digest_code


def plan_plausible(config: Config, method: str, dataset: str) -> PlausiblePlan:
    """Which rgb the reconstructions of a method give back.

    Raises:
        ConfigError: the method is no variant with `plausible`.
    """
    rgb = config.method(method).plausible
    if rgb is None:
        raise ConfigError(f"{method} has no `plausible`; it gives back no rgb")
    parts = [part["is"] for part in config.camera(config.dataset(dataset).camera).chain]
    return {
        "rgb": rgb,
        "linear": not any(part.startswith(("colour_matrix:", "gamma:")) for part in parts),
        "code": digest_code([("respectra.camera.plausible", "make_plausible")]),
    }


def implausible_file(config: Config, dataset: str, method: str, run: str, split: str) -> str:
    """The reconstructions that a variant with `plausible` changes: those of its method."""
    config.method(method)
    return Cell(dataset, method.partition("-")[0], run, split).reconstructions
