"""Every method on one axis: a dot per seed, a grey tick per scene, best on top."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from respectra.figures.material import COLOURS, WIDTH, Material, logarithmic

BETTER_HIGH = ("psnr", "ssim")


def draw(material: Material, *, metric: str, region: str) -> Figure:
    """The methods' mean scores, sorted; the axis is logarithmic for errors.

    Args:
        material: methods with their scores.
        metric: a column of the scores.
        region: `full` or `crop`.
    """
    entries = []
    for method in material.methods:
        frames = method.table(region)
        means = [float(frame[metric].mean()) for frame in frames]
        if np.isfinite(means).all() and min(means) > 0:  # the oracle has no place on a log axis
            entries.append((float(np.mean(means)), method, means, frames))
    entries.sort(key=lambda entry: entry[0], reverse=metric not in BETTER_HIGH)
    figure, axis = plt.subplots(figsize=(WIDTH * 0.75, 0.6 + 0.22 * len(entries)))
    for place, (mean, method, means, frames) in enumerate(entries):
        scenes = np.mean([frame[metric] for frame in frames], axis=0)
        colour = "0.35" if method.control else COLOURS[0]
        axis.hlines(place, scenes.min(), scenes.max(), color="0.85", linewidth=5, zorder=1)
        axis.plot(scenes, [place] * len(scenes), "|", color="0.55", markersize=5, zorder=2)
        axis.plot(means, [place] * len(means), "o", color=colour, markersize=4.5, zorder=3)
        axis.annotate(
            f"{mean:.3g}",
            (1.01, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=7,
        )
    axis.set_yticks(range(len(entries)), [entry[1].title for entry in entries])
    axis.set_ylim(-0.6, len(entries) - 0.4)
    if metric not in BETTER_HIGH:
        logarithmic(axis, "x")
    axis.set_xlabel(f"{metric.upper().replace('_', ' ')}, {region}")
    axis.tick_params(axis="y", length=0)
    return figure
