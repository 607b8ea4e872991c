"""A score as a function of one setting of a method."""

from collections.abc import Sequence
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
    values: Sequence[float],
    label: str,
) -> Figure:
    """Draw a dot per variant, the mean over scenes and seeds, with its standard deviation.

    Args:
        contents: the variants with their scores, in the order of `values`.
        metric: a column of the scores.
        region: `full` or `crop`.
        values: of the setting, one per variant.
        label: the name of the setting.

    Raises:
        ValueError: the number of values differs from that of methods.
    """
    if len(values) != len(contents.methods):
        raise ValueError(f"setting: {len(values)} values for {len(contents.methods)} methods")
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
