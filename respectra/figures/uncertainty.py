"""Whether the spread of members or seeds says how wrong a reconstruction is."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from respectra.figures.contents import Contents
from respectra.figures.style import WIDTH, list_line_styles
from respectra.tables.uncertainty import LEVELS, SHARES, measure_uncertainty, read_answers


def draw(contents: Contents) -> Figure:
    """Draw calibration curves, and the error of the most certain pixels.

    Left: how many true values lie inside the central interval of a confidence; the diagonal is
    calibrated. Right: the error of the most certain share of pixels; a thin line is the lowest
    possible one, of the pixels with the least error. A method with a single answer is left out.

    Args:
        contents: ensembles, or methods with several runs, and the scenes to average over.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 2.7))
    left.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    answered = [
        (method.title, files)
        for method in contents.methods
        if len(files := method.members or method.reconstructions) > 1
    ]
    for (title, files), style in zip(answered, list_line_styles(len(answered)), strict=True):
        measured = measure_uncertainty(read_answers(contents.store, contents.scenes, files))
        left.plot(LEVELS, measured.coverage, label=title, **style)
        right.plot(SHARES, measured.errors, **style)
        right.plot(SHARES, measured.least_errors, **{**style, "linewidth": 0.5})
    left.set(
        xlabel="confidence of the interval", ylabel="share of true values inside",
        xlim=(0, 1), ylim=(0, 1), aspect="equal",
    )  # fmt: skip
    right.set(xlabel="share of pixels, the most certain ones", ylabel="MRAE", xlim=(0, 1))
    right.set_ylim(bottom=0)
    figure.legend(loc="outside upper center", ncols=3)
    return figure
