"""The style of all figures."""

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

STYLE: dict[str, Any] = {
    "font.size": 8, "axes.titlesize": 8, "axes.labelsize": 8, "legend.fontsize": 7,
    "xtick.labelsize": 7, "ytick.labelsize": 7, "legend.frameon": False,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6,
    "lines.linewidth": 1.2, "figure.constrained_layout.use": True, "savefig.dpi": 200,
    "pdf.fonttype": 42,
}  # fmt: skip
# The palette of Okabe and Ito, which readers with colour blindness can distinguish. Black is
# reserved for the true spectrum; yellow is left out, because a yellow line on white is invisible.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
LINE_STYLES = ("-", "--", ":", "-.")
WIDTH = 7.0  # inches: the width of a page of text
GAMMA = 2.2
METRIC_NAMES = {  # of metrics whose names in figures are more than their capitals
    "back_projection": "back-projection error",
    "delta_e": "ΔE2000",
    "mrae_scale_free": "MRAE scale-free",
    "sam": "SAM (radians)",
}


def list_line_styles(count: int) -> list[dict[str, Any]]:
    """Return arguments of `Axes.plot` that distinguish so many curves.

    Colours come first; further curves repeat them with another line style.

    Raises:
        ValueError: there are more curves than combinations.

    Example:
        >>> list_line_styles(7)[6] == {"color": COLOURS[0], "linestyle": "--"}
        True
    """
    styles = [{"color": c, "linestyle": style} for style in LINE_STYLES for c in COLOURS]
    if count > len(styles):
        raise ValueError(f"a figure has {count} curves; at most {len(styles)} can be distinguished")
    return styles[:count]


def brighten(pixels: NDArray[Any], reference: NDArray[Any]) -> NDArray[np.floating]:
    """Brighten linear pixels for display.

    Args:
        pixels: linear values of any shape.
        reference: the picture whose 99th percentile becomes white.

    Returns:
        Values in [0, 1] with a gamma of 2.2, in the shape of `pixels`.
    """
    white = max(float(np.quantile(reference, 0.99)), 1e-6)
    return np.clip(pixels / white, 0, 1) ** (1 / GAMMA)


def hide_axes(axes: Iterable[Axes]) -> None:
    """Remove ticks and frames, for pictures."""
    for axis in axes:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)


def label_score(metric: str) -> str:
    """Return the name of a metric as it stands in figures.

    Example:
        >>> label_score("back_projection")
        'back-projection error'
        >>> label_score("mrae")
        'MRAE'
    """
    return METRIC_NAMES.get(metric, metric.upper().replace("_", " "))


def set_log_scale(axes: Axes, direction: Literal["x", "y"]) -> None:
    """Make an axis logarithmic, with plain numbers at its ticks."""
    axes.set(**{f"{direction}scale": "log"})
    axis = axes.xaxis if direction == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(FuncFormatter(format_minor_tick))


def format_minor_tick(value: float, _: object = None) -> str:
    """Return the label of a minor tick: only 2 and 5 of each decade, because more overlap.

    Example:
        >>> format_minor_tick(0.2), format_minor_tick(0.3)
        ('0.2', '')
    """
    return f"{value:g}" if f"{value:.0e}"[0] in "25" else ""
