"""The scores of all methods on one axis, the best on top."""

from dataclasses import dataclass
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from respectra.figures.contents import Contents
from respectra.figures.style import COLOURS, WIDTH, label_score, set_log_scale
from respectra.metrics import HIGHER_IS_BETTER


@dataclass(frozen=True)
class _Row:
    """The scores of one method."""

    title: str
    colour: str
    run_means: list[float]  # over scenes, one per run
    scene_means: NDArray[Any]  # over runs, one per scene

    @property
    def mean(self) -> float:
        return float(np.mean(self.run_means))


def draw(contents: Contents, *, metric: str, region: Literal["full", "crop"]) -> Figure:
    """Draw a row per method: a dot per run and a tick per scene.

    The axis is logarithmic for errors.

    Args:
        contents: the methods with their scores.
        metric: a column of the scores.
        region: `full` or `crop`.
    """
    rows = _sort_methods(contents, metric, region)
    figure, axis = plt.subplots(figsize=(WIDTH * 0.75, 0.6 + 0.22 * len(rows)))
    for position, row in enumerate(rows):
        _draw_row(axis, position, row)
    axis.set_yticks(range(len(rows)), [row.title for row in rows])
    axis.set_ylim(-0.6, len(rows) - 0.4)
    if metric not in HIGHER_IS_BETTER:
        set_log_scale(axis, "x")
    axis.set_xlabel(f"{label_score(metric)}, {region}")
    axis.tick_params(axis="y", length=0)
    return figure


def _sort_methods(contents: Contents, metric: str, region: str) -> list[_Row]:
    """The rows from bottom to top, the best last.

    A method with a score of zero or infinity, such as the oracle, is left out, because a
    logarithmic axis cannot show it.
    """
    rows = []
    for method in contents.methods:
        frames = method.read_scores(region)
        means = [float(frame[metric].mean()) for frame in frames]
        if np.isfinite(means).all() and min(means) > 0:
            scene_means = np.mean([frame[metric] for frame in frames], axis=0)
            colour = "0.35" if method.control else COLOURS[0]
            rows.append(_Row(method.title, colour, means, scene_means))
    return sorted(rows, key=lambda row: row.mean, reverse=metric not in HIGHER_IS_BETTER)


def _draw_row(axis: Axes, position: int, row: _Row) -> None:
    scenes, runs = row.scene_means, row.run_means
    axis.hlines(position, scenes.min(), scenes.max(), color="0.85", linewidth=5, zorder=1)
    axis.plot(scenes, [position] * len(scenes), "|", color="0.55", markersize=5, zorder=2)
    axis.plot(runs, [position] * len(runs), "o", color=row.colour, markersize=4.5, zorder=3)
    axis.annotate(
        f"{row.mean:.3g}",
        (1.01, position),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=7,
    )
