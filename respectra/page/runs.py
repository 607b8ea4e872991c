"""The step `page`: scenes of a data set with the reconstructions and scores of methods."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.figures.style import brighten
from respectra.logs import log
from respectra.page.document import Contents, Summary, write_page
from respectra.page.scene import Array, Curve, Scene, ScoreTable
from respectra.plan_types import PagePlan
from respectra.reconstructions import Reconstructions
from respectra.score_files import read_scores

REGIONS = {"full": "whole image", "crop": "scored crop"}
HIDDEN_COLUMNS = ("scene", "region")


def make_page(*, plan: PagePlan, save: str | Path) -> Summary:
    """Write the page of a plan.

    Args:
        plan: the data set's files; the split and its scenes to show, as names or as the number of
            scenes; the methods with their files.
        save: the HTML file.

    Raises:
        ValueError: a scene is not in the split, or a reconstruction is missing.
    """
    summary = write_page(read_contents(plan), save, plan["precision"])
    log.info("%s: %s", save, summary)
    return summary


def read_contents(plan: PagePlan) -> Contents:
    """The contents of a page; its scenes are read one at a time.

    Raises:
        ValueError: a scene is not in the split, or a file of reconstructions is missing.
    """
    store = Store(plan["scenes"])
    names = store.scenes(plan["split"])
    shown = plan["shown"]
    scenes = names[:shown] if isinstance(shown, int) else shown
    for scene in scenes:
        if scene not in names:
            raise ValueError(
                f"scene {scene} is not in split {plan['split']}; it has {', '.join(names)}"
            )
    caption = plan["caption"]
    if plan["edition"] is not None:
        caption += f" Budget: {plan['edition']['budget']}."
    return Contents(
        title=plan["title"],
        caption=caption,
        quantity=plan["quantity"],
        wavelengths_nm=store.wavelengths_nm,
        curves=[Curve(method["title"], method["spread"]) for method in plan["methods"]],
        scenes=_read_scenes(plan, store, scenes),
    )


def _read_scenes(plan: PagePlan, store: Store, names: Sequence[str]) -> Iterator[Scene]:
    methods = plan["methods"]
    estimates = [Reconstructions(method["reconstructions"]) for method in methods]
    others = [[Reconstructions(path) for path in method["others"]] for method in methods]
    frames = [
        read_scores(method["scores"]) if Path(method["scores"]).is_file() else None
        for method in methods
    ]
    observations = Observations(plan["observations"])
    deviations = [
        None if method["deviations"] is None else Reconstructions(method["deviations"])
        for method in methods
    ]
    metamers = None if plan["metamers"] is None else Store(plan["metamers"])
    for name in names:
        pixels = observations.pixels(name)
        yield Scene(
            name=name,
            truth=np.asarray(store.cube(name)) if store.has_cube(name) else None,
            picture=np.round(255 * brighten(pixels, pixels)).astype(np.uint8),
            estimates=[file.cube(name) for file in estimates],
            spreads=[
                _measure_spread([file.cube(name) for file in files])
                if deviation is None
                else deviation.cube(name)
                for files, deviation in zip(others, deviations, strict=True)
            ],
            metamer=None if metamers is None else np.asarray(metamers.cube(name)),
            scores=list_scores(frames, name),
        )


def _measure_spread(cubes: Sequence[Array]) -> Array | None:
    """The standard deviation over members; None without members."""
    return np.std(np.stack(cubes), axis=0) if cubes else None


def list_scores(frames: Sequence[pd.DataFrame | None], scene: str) -> list[ScoreTable]:
    """The scores of a scene and their means over all scored scenes.

    Args:
        frames: the table of scores of each method; None without one.
        scene: the scene.

    Returns:
        For the scene and for all scenes, a table of each region; no table if no method has scores.
    """
    known = [frame for frame in frames if frame is not None]
    if not known:
        return []
    metrics = [column for column in known[0].columns if column not in HIDDEN_COLUMNS]
    count = known[0]["scene"].nunique()
    tables = []
    for label, chosen in ((scene, [scene]), (f"mean of {count} scenes", None)):
        for region, words in REGIONS.items():
            rows = [_average_scores(frame, metrics, region, chosen) for frame in frames]
            tables.append(ScoreTable(f"{label}, {words}", metrics, rows))
    return tables


def _average_scores(
    frame: pd.DataFrame | None, metrics: Sequence[str], region: str, scenes: Sequence[str] | None
) -> list[float | None]:
    """The mean of each metric over scenes; None stands for all scenes of the table."""
    if frame is None:
        return [None] * len(metrics)
    rows = frame[frame["region"] == region]
    if scenes is not None:
        rows = rows[rows["scene"].isin(scenes)]
    return [float(rows[metric].mean()) if len(rows) else None for metric in metrics]
