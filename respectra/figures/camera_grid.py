"""Scores over two settings of a camera: a grid of numbers per method and panel."""

from collections.abc import Sequence
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from respectra.figures.conditions import average_runs
from respectra.figures.contents import Contents
from respectra.figures.style import WIDTH, label_score

COLOURS = "cividis"
BRIGHT = 0.55  # share of the colour map from which numbers are black


def draw(
    contents: Contents,
    *,
    metric: str,
    region: Literal["full", "crop"],
    panels: Sequence[str],
    rows: Sequence[str],
    columns: Sequence[str],
) -> Figure:
    """Draw a row of grids per method with one scale of colours for all.

    Args:
        contents: methods, and the conditions panel by panel, row by row, column by column.
        metric: a column of the scores.
        region: `full` or `crop`.
        panels, rows, columns: the names of the settings.

    Raises:
        ValueError: the number of conditions differs from that of the cells.
    """
    shape = len(panels), len(rows), len(columns)
    if len(contents.conditions) != np.prod(shape):
        raise ValueError(
            f"camera_grid: {len(contents.conditions)} conditions for {len(panels)} panels of "
            f"{len(rows)}×{len(columns)} cells"
        )
    grids = [
        np.array([np.mean(runs) for runs in average_runs(method, metric, region)]).reshape(shape)
        for method in contents.methods
    ]
    low, high = float(np.min(grids)), float(np.max(grids))
    height = 0.5 + len(contents.methods) * (0.35 + 0.35 * len(rows))
    figure, axes = plt.subplots(
        len(grids), len(panels), figsize=(0.8 * WIDTH, height), squeeze=False, layout="constrained"
    )
    for number, (method, of_method) in enumerate(zip(contents.methods, grids, strict=True)):
        for axis, panel, values in zip(axes[number], panels, of_method, strict=True):
            image = axis.imshow(values, cmap=COLOURS, vmin=low, vmax=high, aspect="auto")
            write_numbers(axis, values, low, high)
            axis.set_title(f"{method.title}, {panel}")
            axis.set_xticks(range(len(columns)), columns)
            axis.set_yticks(range(len(rows)), rows)
            axis.tick_params(length=0)
            axis.label_outer()
    figure.colorbar(image, ax=axes, label=label_score(metric)).outline.set_visible(False)
    return figure


def write_numbers(axis: Axes, values: NDArray[np.floating], low: float, high: float) -> None:
    """Write each value into its cell of a grid, black on bright colours and white on dark ones."""
    for (row, column), value in np.ndenumerate(values):
        share = (value - low) / (high - low) if high > low else 0.0
        colour = "black" if share > BRIGHT else "white"
        axis.text(column, row, f"{value:#.3g}", ha="center", va="center", color=colour, fontsize=7)
