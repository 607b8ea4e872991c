"""Scores under conditions: a panel per metric, a line per method."""

from collections.abc import Sequence
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from respectra.figures.contents import Contents, MethodProducts
from respectra.figures.style import WIDTH, label_score, list_line_styles, set_log_scale

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HEIGHT = 2.4  # inches
WIDE = 5.0  # ratio of the greatest and the least score from which an axis is logarithmic


def draw(
    contents: Contents,
    *,
    metrics: Sequence[str],
    region: Literal["full", "crop"],
    values: Sequence[float] | None = None,
    label: str = "",
) -> Figure:
    """Draw the mean score over scenes and seeds under each condition.

    Args:
        contents: conditions, and methods with their scores under them.
        metrics: columns of the scores, one for each panel, whose axis is logarithmic if they span
            a wide range.
        region: `full` or `crop`.
        values: of the setting that the conditions change, one per condition, on a logarithmic
            axis; None: the conditions have names and no order.
        label: the name of the setting.

    Raises:
        ValueError: the number of values differs from that of conditions.
    """
    conditions = contents.conditions
    if values is not None and len(values) != len(conditions):
        raise ValueError(f"conditions: {len(values)} values for {len(conditions)} conditions")
    figure, axes = plt.subplots(
        1, len(metrics), figsize=(WIDTH, HEIGHT + 0.4), squeeze=False, layout="constrained"
    )
    positions = list(range(len(conditions))) if values is None else list(values)
    styles = list_line_styles(len(contents.methods))
    for axis, metric in zip(axes[0], metrics, strict=True):
        for i, (method, style) in enumerate(zip(contents.methods, styles, strict=True)):
            shape = {**style, "marker": MARKERS[i % len(MARKERS)], "markersize": 3.5}
            if values is None:  # there is nothing between two names
                shape["linestyle"] = "none"
            _draw_method(axis, method, metric, region, positions, shape)
        axis.set(xlabel=label, ylabel=label_score(metric))
        _set_scale(axis)
        _set_ticks(axis, positions, [c.title for c in conditions], named=values is None)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 5))
    return figure


def average_runs(method: MethodProducts, metric: str, region: str) -> list[list[float]]:
    """The mean of a score over scenes: for each condition, a number per run."""
    return [
        [float(frame[metric].mean()) for frame in frames]
        for frames in method.read_condition_scores(region)
    ]


def _draw_method(
    axis: Axes,
    method: MethodProducts,
    metric: str,
    region: str,
    positions: Sequence[float],
    style: dict[str, Any],
) -> None:
    runs = average_runs(method, metric, region)
    means = [float(np.mean(each)) for each in runs]
    deviations = [float(np.std(each, ddof=1)) if len(each) > 1 else 0.0 for each in runs]
    axis.errorbar(positions, means, deviations, capsize=2, label=method.title, **style)


def _set_scale(axis: Axes) -> None:
    """A logarithmic axis for scores of a wide range, else one from 0."""
    least, greatest = axis.dataLim.ymin, axis.dataLim.ymax
    if least > 0 and greatest > WIDE * least:
        set_log_scale(axis, "y")
    else:
        axis.set_ylim(0, None)


def _set_ticks(
    axis: Axes, positions: Sequence[float], titles: Sequence[str], *, named: bool
) -> None:
    """Ticks at the conditions: their names, or the values of their setting as fractions."""
    if named:
        axis.set_xticks(positions, titles, rotation=45, ha="right", rotation_mode="anchor")
        axis.set_xlim(-0.4, len(positions) - 0.6)
    else:
        axis.set_xscale("log", base=2)
        axis.set_xticks(positions, [format_value(value) for value in positions])
    axis.xaxis.minorticks_off()


def format_value(value: float) -> str:
    """A value as a whole number or as a fraction with the numerator 1, if it is one.

    Example:
        >>> format_value(0.125), format_value(8.0), format_value(0.3)
        ('1/8', '8', '0.3')
    """
    if 0 < value < 1 and abs(1 / value - round(1 / value)) < 1e-9:
        return f"1/{round(1 / value)}"
    return f"{value:g}"
