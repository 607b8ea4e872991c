"""A score against one setting of a method: a dot per variant, a bar over its seeds."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from respectra.figures.material import COLOURS, WIDTH, Material


def draw(
    material: Material, *, metric: str, region: str, values: Sequence[float], label: str
) -> Figure:
    """The mean over scenes and seeds; the bar is one standard deviation over seeds.

    Args:
        material: the variants with their scores, in the order of `values`.
        metric: a column of the scores.
        region: `full` or `crop`.
        values: of the setting, one per method.
        label: what the setting is called.

    Raises:
        ValueError: there are not as many values as methods.
    """
    if len(values) != len(material.methods):
        raise ValueError(f"setting: {len(values)} values for {len(material.methods)} methods")
    means = [[frame[metric].mean() for frame in m.table(region)] for m in material.methods]
    spread = [float(np.std(found, ddof=1)) if len(found) > 1 else 0.0 for found in means]
    figure, axis = plt.subplots(figsize=(WIDTH * 0.6, 2.6))
    middle = [float(np.mean(found)) for found in means]
    axis.errorbar(values, middle, spread, fmt="o-", color=COLOURS[0], capsize=2, markersize=4)
    axis.set_xscale("log")
    axis.set_xticks(list(values), [f"{value:g}" for value in values])
    axis.minorticks_off()
    axis.set(xlabel=label, ylabel=metric.upper().replace("_", " "))
    return figure
