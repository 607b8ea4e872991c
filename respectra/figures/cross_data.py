"""Scores of methods that are trained on one data set and scored on another."""

from collections.abc import Sequence
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from respectra.figures.camera_grid import COLOURS, write_numbers
from respectra.figures.conditions import average_runs
from respectra.figures.contents import Contents
from respectra.figures.style import WIDTH, label_score


def draw(
    contents: Contents,
    *,
    metrics: Sequence[str],
    region: Literal["full", "crop"],
    datasets: Sequence[str],
) -> Figure:
    """Draw a grid of numbers for each method and metric: rows trained on, columns scored on.

    The grids of a metric have one scale of colours. A frame marks the cells whose data set is the
    one that is trained on.

    Args:
        contents: methods, and as conditions the pairs of data sets, row by row.
        metrics: columns of the scores.
        region: `full` or `crop`.
        datasets: names of the data sets.
    """
    count = len(datasets)
    cell = 0.34 + 0.06 * max(map(len, datasets)) / count
    figure, axes = plt.subplots(
        len(metrics), len(contents.methods), squeeze=False, layout="constrained",
        figsize=(WIDTH, 0.5 + len(metrics) * count * cell),
    )  # fmt: skip
    for row, (of_metric, metric) in enumerate(zip(axes, metrics, strict=True)):
        grids = [
            np.reshape(
                [np.mean(runs) for runs in average_runs(method, metric, region)], (count, -1)
            )
            for method in contents.methods
        ]
        low, high = float(np.min(grids)), float(np.max(grids))
        for axis, method, grid in zip(of_metric, contents.methods, grids, strict=True):
            image = axis.imshow(grid, cmap=COLOURS, vmin=low, vmax=high, aspect="auto")
            write_numbers(axis, grid, low, high)
            for i in range(count):
                axis.add_patch(
                    Rectangle((i - 0.47, i - 0.47), 0.94, 0.94, fill=False, ec="white", lw=1.2)
                )
            axis.set_xticks(range(count), datasets, rotation=30, ha="right", rotation_mode="anchor")
            axis.set_yticks(range(count), datasets)
            axis.tick_params(length=0)
            axis.set_xlabel("scored on")
            axis.set_ylabel("trained on")
            if row == 0:
                axis.set_title(method.title)
            axis.label_outer()
        bar = figure.colorbar(image, ax=list(of_metric), label=label_score(metric))
        bar.outline.set_visible(False)
    return figure
