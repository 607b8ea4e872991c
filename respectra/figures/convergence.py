"""The loss and the learning rate in the course of the training."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from respectra.figures.contents import Contents
from respectra.figures.style import WIDTH, list_line_styles, set_log_scale
from respectra.score_files import read_history


def draw(contents: Contents) -> Figure:
    """Draw the loss relative to its first value, a line per seed, and the learning rate.

    The losses of methods differ, so only their relative decrease can be compared.

    Args:
        contents: the methods with their histories.
    """
    figure, (loss_axis, rate_axis) = plt.subplots(
        2, 1, sharex=True, figsize=(WIDTH * 0.75, 3.6), height_ratios=[3, 1]
    )
    styles = list_line_styles(len(contents.methods))
    for style, method in zip(styles, contents.methods, strict=True):
        for number, path in enumerate(method.histories):
            history = read_history(path)
            first = history["loss"].iloc[0]
            progress = (history.index + 1) / len(history)
            window = max(1, len(history) // 30)
            smooth = history["loss"].rolling(window, min_periods=1).mean()
            label = method.title if number == 0 else None
            loss_axis.plot(progress, history["loss"] / first, **style, alpha=0.25, linewidth=0.6)
            loss_axis.plot(progress, smooth / first, **style, label=label)
            if number == 0:
                rate_axis.plot(progress, history["learning_rate"], **style)
    loss_axis.set_ylabel("loss / first loss")
    set_log_scale(loss_axis, "y")
    loss_axis.legend()
    rate_axis.set(ylabel="learning rate", xlabel="progress", xlim=(0, 1), ylim=(0, None))
    rate_axis.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
    return figure
