"""How much of each method's error is brightness, tint and shape."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from respectra.camera.observations import find_clipped
from respectra.figures.contents import Contents, MethodProducts
from respectra.figures.style import COLOURS, WIDTH
from respectra.reconstructions import Reconstructions
from respectra.tables.brightness import (
    ALL,
    CLIPPED,
    GROUPS,
    PARTS,
    TOTAL,
    Parts,
    average_parts,
    split_scenes,
)

TITLES = dict(
    zip(GROUPS, ("all pixels", "pixels that are not clipped", "clipped pixels"), strict=True)
)
LABELS = ("brightness: one gain", "tint: one gain a band", "shape: the rest")


def draw(contents: Contents) -> Figure:
    """Draw a stacked bar per method: for all pixels and, if some are clipped, for both groups.

    The least error of all pixels is on top. A part that is negative, because the gain of the whole
    scene raises the error of the group, is drawn to the left of zero. The title of clipped pixels
    states their number, because the error of a few pixels means little.

    Args:
        contents: the methods, whose runs are averaged, and the scenes to average over.
    """
    errors = {method.title: _average_runs(contents, method) for method in contents.methods}
    titles = sorted(errors, key=lambda title: -errors[title][ALL][TOTAL])
    is_clipped = any(CLIPPED in parts for parts in errors.values())
    groups = GROUPS if is_clipped else (ALL,)  # without a clipped pixel, all panels are alike
    width = WIDTH if is_clipped else WIDTH * 0.75
    figure, grid = plt.subplots(
        1, len(groups), figsize=(width, 0.9 + 0.22 * len(titles)), sharey=True, squeeze=False
    )
    axes = grid[0]
    for axis, group in zip(axes, groups, strict=True):
        _draw_group(axis, [errors[title].get(group, {}) for title in titles])
        title = TITLES[group]
        axis.set(
            xlabel="MRAE",
            title=f"{title} ({_count_clipped(contents):,})" if group == CLIPPED else title,
        )
    axes[0].set_yticks(range(len(titles)), titles)
    handles = [
        plt.Rectangle((0, 0), 1, 1, color=colour) for colour, _ in zip(COLOURS, PARTS, strict=False)
    ]
    figure.legend(handles, LABELS, loc="outside upper center", ncols=len(PARTS))
    return figure


def _count_clipped(contents: Contents) -> int:
    """The number of clipped pixels of all pictures."""
    pictures = (contents.observations.pixels(scene) for scene in contents.scenes)
    return sum(int(find_clipped(pixels).sum()) for pixels in pictures)


def _average_runs(contents: Contents, method: MethodProducts) -> Parts:
    runs = [
        average_parts(
            split_scenes(
                contents.store, contents.observations, Reconstructions(path), contents.scenes
            )
        )
        for path in method.reconstructions
    ]
    return {
        group: {
            part: float(np.mean([run[group][part] for run in runs])) for part in (TOTAL, *PARTS)
        }
        for group in runs[0]
    }


def _draw_group(axis: Axes, rows: list[dict[str, float]]) -> None:
    for position, parts in enumerate(rows):
        ends = {True: 0.0, False: 0.0}  # of the parts above and below zero
        for part, colour in zip(PARTS, COLOURS, strict=False):
            width = parts.get(part, 0.0)
            positive = width >= 0
            axis.barh(position, width, left=ends[positive], color=colour, height=0.7)
            ends[positive] += width
        if parts:
            axis.annotate(
                f"{parts[TOTAL]:#.3g}", (ends[True], position), xytext=(3, 0),
                textcoords="offset points", va="center", fontsize=6.5,
            )  # fmt: skip
    axis.axvline(0, color="0.3", linewidth=0.6)
    axis.margins(x=0.18)
    axis.tick_params(axis="y", length=0)
