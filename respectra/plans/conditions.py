"""A condition → its plan: the response and the chain that take its pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from respectra.build import ConfigError
from respectra.config import Condition, Config
from respectra.config.cameras import Response
from respectra.config.conditions import MeasuredResponse
from respectra.config.strict import plain
from respectra.datasets.layout import HELD_OUT
from respectra.plan_types import ConditionPlan, Settings
from respectra.plans.contents import checksums
from respectra.plans.digest import digest_code
from respectra.plans.splits import condition_of, split_of

Chain = list[Settings]
TRAINED = ("train", HELD_OUT)  # no method is trained or fitted under a condition
PHOTONS, FIXED, COMPRESS = "noise:photons", "exposure:fixed", "jpeg:compress"
SUBSAMPLING = "4:2:0"  # of a JPEG file of a camera that writes none
DEVELOPED = ("colour_matrix", "gamma", "bits", "jpeg")  # modules that follow the exposure


def plan_condition(config: Config, dataset: str, split: str) -> ConditionPlan:
    """How the pictures of a split differ from those of a data set.

    Args:
        config: the configuration.
        dataset: whose cubes are photographed.
        split: with its condition, as in `valid.gain-double`.

    Raises:
        ConfigError: the condition is unknown, or the split is one that methods are trained on.
    """
    name, bare = condition_of(split), split_of(split)
    if name is None or bare in TRAINED:
        raise ConfigError(
            f"{dataset}/{split}: is no scored split with a condition; write SPLIT.CONDITION"
        )
    config.check_known("conditions", name, f"{dataset}/{split}")
    condition = config.condition(name)
    camera = config.camera(condition.camera or config.dataset(dataset).camera)
    response = condition.response_measured or condition.response_table
    if condition.response is not None:
        response = config.camera(condition.response).response
    balanced = response is not None
    response = response or camera.response
    chain = change_chain(plain(camera.chain), condition)
    names = [("camera", part["is"]) for part in chain]
    return {
        "split": bare,
        "light": condition.light,
        "metamer": condition.metamer,
        "response": plain(response),
        "balanced": balanced,
        "chain": chain,
        "seed": camera.seed,
        "shuffle": condition.shuffle,
        "files": checksums(_list_tables(config, name, response)),
        "code": digest_code([("respectra.conditions.step", "make_condition")], names),
    }


def scored_dataset(config: Config, dataset: str, split: str) -> str:
    """The data set whose scenes a split holds: another one, if its condition states `scenes`."""
    name = condition_of(split)
    scenes = None if name is None else config.condition(name).scenes
    return dataset if scenes is None else scenes


def find_margin(config: Config, dataset: str, split: str) -> int:
    """Pixels left out on each side of the scored crop of a split's scenes."""
    return config.dataset(scored_dataset(config, dataset, split)).crop


def _list_tables(
    config: Config, name: str, response: Response | MeasuredResponse
) -> dict[str, Path]:
    """The file that holds a response, if one does."""
    if isinstance(response, MeasuredResponse):
        return {}
    table = config.root / response.file
    if not table.is_file():
        raise ConfigError(f"config/conditions: {name}: {response.file} is missing")
    return {response.file: table}


def change_chain(chain: Sequence[Settings], condition: Condition) -> Chain:
    """The chain of a camera with the settings of a condition.

    Args:
        chain: the parts of the camera in order.
        condition: its electrons, white balance, gain and quality.
    """
    parts: Chain = [dict(part) for part in chain]
    if condition.electrons is not None:
        parts = [part for part in parts if part["is"] != PHOTONS]
        if condition.electrons != "none":
            parts.insert(0, {"is": PHOTONS, "electrons": condition.electrons})
    if condition.gain != 1:
        parts = _multiply(parts, condition.gain)
    if condition.white_balance is not None:
        balance = {"is": "white_balance:fixed", "gains": list(condition.white_balance)}
        parts.insert(_find_exposure(parts), balance)
    if condition.quality == "lossless":
        parts[-1:] = [{"is": "jpeg:lossless"}]
    elif condition.quality is not None:
        last = parts[-1] if parts[-1]["is"] == COMPRESS else {}
        parts[-1:] = [
            {"is": COMPRESS, "subsampling": SUBSAMPLING, **last, "quality": condition.quality}
        ]
    return parts


def _find_exposure(parts: Sequence[Settings]) -> int:
    """The position of the first exposure, or of the first part that follows an exposure."""
    modules = [str(part["is"]).partition(":")[0] for part in parts]
    modules_sought = ("exposure",) if "exposure" in modules else DEVELOPED
    return next((i for i, name in enumerate(modules) if name in modules_sought), len(parts))


def _multiply(parts: Sequence[Settings], gain: float) -> Chain:
    """Multiply the gain of the first exposure, which clips after it."""
    position = _find_exposure(parts)
    changed: Chain = list(parts)
    exposure: dict[str, Any] = dict(changed[position]) if position < len(changed) else {"is": ""}
    match exposure["is"]:
        case "exposure:to_mean":
            exposure["mean"] *= gain
        case "exposure:fixed":
            exposure["gain"] *= gain
        case "exposure:sweep":
            exposure["gains"] = [gain * value for value in exposure["gains"]]
        case _:
            return [*changed[:position], {"is": FIXED, "gain": gain}, *changed[position:]]
    changed[position] = exposure
    return changed
