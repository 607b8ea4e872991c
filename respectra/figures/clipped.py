"""Errors of scenes with a clipped picture next to those of the other scenes."""

from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from respectra.camera.observations import read_clipped
from respectra.figures.contents import Contents
from respectra.figures.style import COLOURS, WIDTH, label_score, set_log_scale

# For pictures that are not clipped, and for those that are.
GROUP_MARKERS = {False: (COLOURS[0], "o", "not clipped"), True: (COLOURS[1], "^", "clipped")}
OFFSET = 0.14  # of the two groups from the middle of their row


def draw(contents: Contents, *, metric: str, region: Literal["full", "crop"]) -> Figure:
    """Draw a row per method: the mean of each group and a tick per scene, the best on top.

    Args:
        contents: the methods with their scores.
        metric: a column of the scores, an error.
        region: `full` or `crop`.

    References:
        [arad2022ntire], section 6.2: team MIALGO trains a model for each of the two groups.
    """
    clipped = pd.Series(read_clipped(contents.observations.folder.with_name("scenes.csv")))
    rows = _sort_methods(contents, metric, region)
    figure, axis = plt.subplots(figsize=(WIDTH * 0.75, 0.8 + 0.22 * len(rows)))
    for position, (_, scores) in enumerate(rows):
        _draw_groups(axis, position, scores, clipped)
    axis.set_yticks(range(len(rows)), [title for title, _ in rows])
    axis.set_ylim(-0.6, len(rows) - 0.4)
    set_log_scale(axis, "x")
    axis.set_xlabel(f"{label_score(metric)}, {region}")
    axis.tick_params(axis="y", length=0)
    scenes: list[str] = list(rows[0][1].index) if rows else []
    counts = clipped[scenes].value_counts()
    handles = [
        plt.Line2D([], [], color=colour, marker=marker, linestyle="", markersize=4,
                   label=f"{label}, {counts.get(group, 0)} of the scenes")
        for group, (colour, marker, label) in GROUP_MARKERS.items()
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return figure


def _sort_methods(contents: Contents, metric: str, region: str) -> list[tuple[str, pd.Series]]:
    """Title and mean score per scene, the worst method first.

    A method with a score of zero or infinity is left out, because the axis is logarithmic.
    """
    rows = []
    for method in contents.methods:
        scores = pd.concat(method.read_scores(region)).groupby("scene")[metric].mean()
        if np.isfinite(scores).all() and scores.min() > 0:
            rows.append((method.title, scores))
    return sorted(rows, key=lambda row: -float(row[1].mean()))


def _draw_groups(axis: Axes, position: int, scores: pd.Series, clipped: pd.Series) -> None:
    for group, (colour, marker, _) in GROUP_MARKERS.items():
        group_scores = scores[clipped[scores.index] == group]
        if group_scores.empty:
            continue
        height = position + (OFFSET if group else -OFFSET)
        heights = [height] * len(group_scores)
        axis.plot(group_scores, heights, "|", color="0.7", markersize=4)
        axis.plot(group_scores.mean(), height, marker, color=colour, markersize=4)
