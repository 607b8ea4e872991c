"""How training went: the loss, and the learning rate below it, over progress."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from respectra.figures.material import COLOURS, WIDTH, Material, logarithmic


def draw(material: Material) -> Figure:
    """Each method's loss relative to its first value (their losses differ), a line per seed."""
    figure, (loss, rate) = plt.subplots(
        2, 1, sharex=True, figsize=(WIDTH * 0.75, 3.6), height_ratios=[3, 1]
    )
    for colour, method in zip(COLOURS, material.methods, strict=False):
        for number, path in enumerate(method.histories):
            history = pd.read_csv(path)
            done = (history.index + 1) / len(history)
            smooth = history["loss"].rolling(max(1, len(history) // 30), min_periods=1).mean()
            first = history["loss"].iloc[0]
            label = method.title if number == 0 else None
            loss.plot(done, history["loss"] / first, color=colour, alpha=0.25, linewidth=0.6)
            loss.plot(done, smooth / first, color=colour, label=label)
            if number == 0:
                rate.plot(done, history["learning_rate"], color=colour)
    loss.set_ylabel("loss / first loss")
    logarithmic(loss, "y")
    loss.legend()
    rate.set(ylabel="learning rate", xlabel="progress", xlim=(0, 1), ylim=(0, None))
    rate.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
    return figure
