"""Errors of scenes whose picture is clipped beside those of scenes whose picture is not."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from respectra.camera.observations import read_clipped
from respectra.figures.material import COLOURS, WIDTH, Material, logarithmic

CASES = {False: (COLOURS[0], "o", "not clipped"), True: (COLOURS[1], "^", "clipped")}


def draw(material: Material, *, metric: str, region: str) -> Figure:
    """A row per method: the mean of either case, every scene a small tick; best on top.

    Args:
        material: methods with their scores.
        metric: a column of the scores, an error.
        region: `full` or `crop`.

    References:
        [arad2022ntire], section 6.2: team MIALGO trains a model for each of the two cases.
    """
    case_of = pd.Series(read_clipped(material.observations.folder.with_name("scenes.csv")))
    entries = []
    for method in material.methods:
        scores = pd.concat(method.table(region)).groupby("scene")[metric].mean()
        if np.isfinite(scores).all() and scores.min() > 0:
            entries.append((float(scores.mean()), method.title, scores))
    entries.sort(key=lambda entry: -entry[0])
    figure, axis = plt.subplots(figsize=(WIDTH * 0.75, 0.8 + 0.22 * len(entries)))
    for place, (_, _, scores) in enumerate(entries):
        for case, (colour, marker, _) in CASES.items():
            found = scores[case_of[scores.index] == case]
            if found.empty:
                continue
            lift = 0.14 if case else -0.14
            axis.plot(found, [place + lift] * len(found), "|", color="0.7", markersize=4)
            axis.plot(found.mean(), place + lift, marker, color=colour, markersize=4)
    axis.set_yticks(range(len(entries)), [title for _, title, _ in entries])
    axis.set_ylim(-0.6, len(entries) - 0.4)
    logarithmic(axis, "x")
    axis.set_xlabel(f"{metric.upper().replace('_', ' ')}, {region}")
    axis.tick_params(axis="y", length=0)
    shown: list[str] = list(entries[0][2].index) if entries else []
    counts = case_of[shown].value_counts()
    handles = [
        plt.Line2D([], [], color=colour, marker=marker, linestyle="", markersize=4,
                   label=f"{label}, {counts.get(case, 0)} of the scenes")
        for case, (colour, marker, label) in CASES.items()
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return figure
