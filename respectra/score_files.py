"""Reads files of scores and of histories; rows that are missing or doubled are told."""

import csv
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pandas as pd
import yaml

from respectra.files import read_product

KEYS = ["scene", "region"]


def read_scores(path: str | Path) -> pd.DataFrame:
    """Read the scores of a split: a row for each scene and region.

    The scenes are compared with the manifest, if the file lies in `results/score` beside it.

    Args:
        path: such as `results/score/arad1k/hprn/full-seed0/valid.csv`.

    Raises:
        ValueError: the file is damaged, or rows are missing, doubled or of other scenes.
    """
    path = Path(path)
    with read_product(path):
        scores = pd.read_csv(path, dtype={"scene": str})
        keys = [*KEYS, "run"] if "run" in scores else KEYS  # of a classification
        doubled = scores[scores.duplicated(keys)]
        if len(doubled):
            raise ValueError(f"scene {doubled['scene'].iloc[0]} is listed twice")
        if "runs" in scores and (runs := int(scores["runs"].max())) != scores["run"].nunique():
            raise ValueError(f"it has {scores['run'].nunique()} of {runs} runs")
        regions = scores.groupby("scene", sort=False)["region"].agg(tuple)
        if len(set(regions)) > 1:
            raise ValueError(f"scene {regions.index[-1]} has other regions than the first scene")
        expected = _list_scenes(path)
        if expected is not None and len(regions) != len(expected):
            raise ValueError(f"it has scores of {len(regions)} scenes, not of {len(expected)}")
        if expected is not None and list(regions.index) != expected:
            raise ValueError("its scenes or their order are not those of the split")
        return scores


def _list_scenes(path: Path) -> list[str] | None:
    """The scenes of the split that a file of scores belongs to; None if no manifest says."""
    split, _, condition = path.stem.partition(".")
    if len(path.parents) < 5 or path.parents[3].name != "score":
        return None
    results, dataset = path.parents[4], path.parents[2].name
    place = results / "datasets" / dataset
    if condition:
        place = results / "conditions" / dataset / path.stem
    if not (place / "scenes.csv").is_file():
        return None
    with open(place / "scenes.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    scenes = [row["scene"] for row in rows if row.get("split") == split]
    return scenes or None  # a split that is drawn, such as held_out, has no rows of its own


def read_history(path: str | Path) -> pd.DataFrame:
    """Read the history of a training: a row for each recorded iteration.

    Its end is compared with the plan of the training and with the iterations that `machine.yaml`
    states, if these lie beside it.

    Args:
        path: such as `results/train/arad1k/hprn/full-seed0/history.csv`.

    Raises:
        ValueError: the file is damaged, or rows are missing, doubled or exchanged.
    """
    path = Path(path)
    with read_product(path):
        history = pd.read_csv(path)
        steps = list(zip(history["phase"], history["iteration"], strict=True))
        if not steps:
            raise ValueError("it has no rows")
        if any(first >= second for first, second in pairwise(steps)):
            raise ValueError("its iterations do not ascend")
        plan = path.with_name("plan.yaml")
        if plan.is_file():
            _check_end(steps[-1], yaml.safe_load(plan.read_text(encoding="utf-8"))["train"])
        iterations = _read_iterations(path.with_name("machine.yaml"))
        recorded = int(history.groupby("phase")["iteration"].max().sum())
        if iterations not in (None, recorded):
            raise ValueError(f"it ends after {recorded} of {iterations} iterations")
        return history


def _read_iterations(machine: Path) -> int | None:
    """The iterations of all phases of a training; None if its machine states none."""
    if not machine.is_file():
        return None
    with read_product(machine):
        iterations = yaml.safe_load(machine.read_text(encoding="utf-8")).get("iterations")
        return None if iterations is None else int(iterations)


def _check_end(last: tuple[int, int], phases: Sequence[dict[str, object]]) -> None:
    """Compare the last row of a history with the last phase of a plan."""
    phase = phases[-1]
    iterations = None if phase.get("epochs") else phase["iterations"]  # epochs may end earlier
    if last[0] != len(phases) - 1 or iterations not in (None, last[1]):
        end = f"phase {len(phases) - 1}" + (f", iteration {iterations}" if iterations else "")
        raise ValueError(
            f"it ends at phase {last[0]}, iteration {last[1]}; the training ended at {end}"
        )
