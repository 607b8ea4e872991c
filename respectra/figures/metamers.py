"""Metamers: two spectra with the same signals, and what methods answer to their picture."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from respectra.arguments import Count
from respectra.figures.conditions import average_runs
from respectra.figures.contents import Contents
from respectra.figures.style import COLOURS, WIDTH, list_line_styles
from respectra.metrics import sam
from respectra.reconstructions import Reconstructions

Array = NDArray[np.floating]
TRUTH, METAMER = "#000000", "0.55"


def draw(contents: Contents, *, points: Count) -> Figure:
    """Draw spectra at points of a scene, and below them each method's angle to both cubes.

    Args:
        contents: two conditions with the same pictures, the truth first, then its metamer; the
            methods with their products under both.
        points: number of pixels, evenly spaced by the angle of the two spectra.

    Raises:
        ValueError: the figure does not have two conditions.
    """
    if len(contents.conditions) != 2:
        raise ValueError(
            f"metamers: the figure has {len(contents.conditions)} conditions; state null and the "
            "condition of the metamers"
        )
    truth, metamer = contents.conditions
    scene = contents.scenes[0]
    cubes = [np.asarray(each.store.cube(scene)) for each in (truth, metamer)]
    places = choose_places(cubes[0], cubes[1], points)
    height = 0.75 + 0.28 * len(contents.methods)
    figure = plt.figure(figsize=(WIDTH, 2.1 + height), layout="constrained")
    grid = figure.add_gridspec(2, points, height_ratios=[2.1, height])
    axes = [figure.add_subplot(grid[0, i]) for i in range(points)]
    answers = {
        method.title: Reconstructions(method.conditions[0][0][0]).cube(scene)
        for method in contents.methods
    }
    for axis, (row, column) in zip(axes, places, strict=True):
        _draw_spectra(axis, contents, [cube[:, row, column] for cube in cubes],
                      {title: cube[:, row, column] for title, cube in answers.items()})  # fmt: skip
    axes[0].set_ylabel("radiance")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 6))
    scored = contents.methods[0].read_condition_scores("full")[0][0]["scene"]
    distances = [sam(truth.store.cube(name), metamer.store.cube(name)) for name in scored]
    _draw_angles(figure.add_subplot(grid[1, :]), contents, float(np.mean(distances)))
    return figure


def choose_places(truth: Array, metamer: Array, count: int) -> list[tuple[int, int]]:
    """Pixels from the median angle of the two cubes up to almost the greatest.

    Args:
        truth: (bands, rows, columns).
        metamer: of the same shape.
        count: the number of pixels.

    Returns:
        Row and column of each pixel.
    """
    lengths = np.linalg.norm(truth, axis=0) * np.linalg.norm(metamer, axis=0)
    order = np.argsort(-(truth * metamer).sum(0) / lengths, axis=None, kind="stable")
    ranks = (np.linspace(0.5, 0.99, count) * (order.size - 1)).round().astype(int)
    return [divmod(int(order[rank]), truth.shape[2]) for rank in ranks]


def _draw_spectra(
    axis: Axes, contents: Contents, pair: list[Array], answers: dict[str, Array]
) -> None:
    wavelengths = contents.store.wavelengths_nm
    axis.plot(wavelengths, pair[0], color=TRUTH, label="truth", linewidth=1.6)
    axis.plot(wavelengths, pair[1], color=METAMER, label="metamer", linewidth=1.6)
    for (title, spectrum), style in zip(
        answers.items(), list_line_styles(len(answers)), strict=True
    ):
        axis.plot(wavelengths, spectrum, label=title, **style)
    axis.set(xlabel="wavelength (nm)", ylim=(0, 1.15 * max(map(np.max, pair))))
    axis.set_xlim(wavelengths[0], wavelengths[-1])


def _draw_angles(axis: Axes, contents: Contents, distance: float) -> None:
    """A row per method: its mean angle to the truth and to the metamer, and half their angle."""
    names = [method.title for method in contents.methods]
    for position, method in enumerate(contents.methods):
        to_truth, to_metamer = (float(np.mean(run)) for run in average_runs(method, "sam", "full"))
        axis.plot([to_truth, to_metamer], [position] * 2, color="0.85", linewidth=4, zorder=1)
        for x, colour, marker in ((to_truth, TRUTH, "o"), (to_metamer, METAMER, "s")):
            axis.plot(x, position, marker, color=colour, markersize=5, zorder=2)
    half = axis.axvline(distance / 2, color=COLOURS[1], linestyle="--", linewidth=1)
    half.set_label("half the angle of both")
    axis.set_yticks(range(len(names)), names)
    axis.set(ylim=(-0.6, len(names) - 0.4), xlabel="mean angle SAM (radians)")
    axis.set_xlim(0, None)
    handles = [
        plt.Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=label)
        for colour, marker, label in (
            (TRUTH, "o", "to the truth"),
            (METAMER, "s", "to the metamer"),
        )
    ]
    axis.legend(handles=[*handles, half], loc="lower right", bbox_to_anchor=(1, 1), ncols=3)
