"""A score as a function of one setting of a method."""

from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from respectra.figures.contents import Contents
from respectra.figures.style import COLOURS, WIDTH, label_score


def draw(
    contents: Contents,
    *,
    metric: str,
    region: Literal["full", "crop"],
    label: str,
) -> Figure:
    """Draw a dot per variant, the mean over scenes and seeds, with its standard deviation.

    Args:
        contents: the variants with their scores; the title of each is the value of its setting.
        metric: a column of the scores.
        region: `full` or `crop`.
        label: the name of the setting.

    Raises:
        ValueError: a title is not a number.
    """
    values = [_read_value(method.title) for method in contents.methods]
    run_means = [[f[metric].mean() for f in m.read_scores(region)] for m in contents.methods]
    means = [float(np.mean(runs)) for runs in run_means]
    deviations = [float(np.std(runs, ddof=1)) if len(runs) > 1 else 0.0 for runs in run_means]
    figure, axis = plt.subplots(figsize=(WIDTH * 0.6, 2.6))
    axis.errorbar(values, means, deviations, fmt="o-", color=COLOURS[0], capsize=2, markersize=4)
    axis.set_xscale("log")
    axis.set_xticks(list(values), [f"{value:g}" for value in values])
    axis.minorticks_off()
    axis.set(xlabel=label, ylabel=label_score(metric))
    return figure


def _read_value(title: str) -> float:
    try:
        return float(title)
    except ValueError as error:
        raise ValueError(
            f"setting: {title}: is not a number; in the figure's `methods`, the label of a method "
            'is the value of its setting, as in {"16": hprn-group_16}'
        ) from error
