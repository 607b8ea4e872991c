"""Spectra at points of a scene: the true spectrum in black, a colour per method."""

from collections.abc import Mapping
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from respectra.arguments import Count
from respectra.figures.contents import Contents
from respectra.figures.style import WIDTH, hide_axes, list_line_styles

PRIMARIES = ("red", "green", "blue")
LEGEND_COLUMNS = 4
Point = tuple[int, int]  # row, column


def draw(
    contents: Contents, *, points: Count = 4, at: Literal["spread", "primaries"] = "spread"
) -> Figure:
    """Draw the camera's picture with the points marked, and a panel per point.

    Args:
        contents: a scene, and the methods with their reconstructions; only the first scene is
            shown.
        points: the number of points, even. They are chosen by colour, not by error.
        at: `spread` over the colours of the scene, or the `primaries`: its reddest, greenest and
            bluest point, with the MRAE of each spectrum in parentheses (Figure 4 of
            [arad2022ntire]).
    """
    scene, at_primaries = contents.scenes[0], at == "primaries"
    pixels = contents.observations.pixels(scene)
    chosen = find_primaries(pixels) if at_primaries else spread_points(pixels, points)
    count = len(chosen)
    rows = (
        [[*range(count)]] if at_primaries else [[*range(count // 2)], [*range(count // 2, count)]]
    )
    figure, axes = plt.subplot_mosaic(
        [["camera", *row] for row in rows],
        figsize=(WIDTH, _find_height(len(contents.methods), at_primaries)),
        width_ratios=[1.3, *[1] * len(rows[0])],
    )  # fmt: skip
    axes["camera"].imshow(contents.picture(scene))
    axes["camera"].set_title(scene.replace("_", " "))
    hide_axes([axes["camera"]])
    cube = np.asarray(contents.store.cube(scene))
    reconstructions = {method.title: method.cube(scene) for method in contents.methods}
    wavelengths = contents.store.wavelengths_nm
    for number, (row, column) in enumerate(chosen):
        letter = chr(ord("a") + number)
        _mark_point(axes["camera"], (row, column), letter)
        spectra = {title: values[:, row, column] for title, values in reconstructions.items()}
        _draw_spectra(axes[number], wavelengths, cube[:, row, column], spectra, at_primaries)
        title = f"{letter}, {PRIMARIES[number]}" if at_primaries else letter
        axes[number].set_title(title, loc="left", fontweight="bold")
        if number in rows[-1]:
            axes[number].set_xlabel("wavelength (nm)")
        if number in (row_numbers[0] for row_numbers in rows):
            axes[number].set_ylabel("value of the cube")
    if not at_primaries:  # there, every panel has its own legend
        handles, labels = axes[0].get_legend_handles_labels()
        columns = min(len(labels), LEGEND_COLUMNS)
        figure.legend(handles, labels, loc="outside lower center", ncols=columns)
    return figure


def _find_height(methods: int, at_primaries: bool) -> float:
    """The height of the figure in inches, with the lines of its legends."""
    return 2.8 + 0.12 * methods if at_primaries else 3.2 + 0.15 * (methods // LEGEND_COLUMNS)


def _mark_point(axis: Axes, point: Point, letter: str) -> None:
    """Mark a point in the camera's picture."""
    row, column = point
    axis.plot(column, row, "o", mfc="none", mec="white", mew=1.2, markersize=6)
    name = axis.annotate(
        letter, (column, row), xytext=(5, 3), textcoords="offset points", color="white"
    )
    name.set_path_effects([withStroke(linewidth=1.5, foreground="black")])


def _draw_spectra(
    axis: Axes,
    wavelengths: list[float],
    true_spectrum: NDArray[np.floating],
    spectra: Mapping[str, NDArray[np.floating]],
    with_errors: bool,
) -> None:
    """Draw the spectra of one point; `with_errors` adds a legend with the MRAE of each."""
    axis.plot(wavelengths, true_spectrum, color="black", linewidth=1.6, label="truth")
    styles = list_line_styles(len(spectra))
    for style, (title, spectrum) in zip(styles, spectra.items(), strict=True):
        error = float(np.mean(np.abs(spectrum - true_spectrum) / true_spectrum))
        label = f"{title} ({error:.3f})" if with_errors else title
        axis.plot(wavelengths, spectrum, **style, label=label)
    if with_errors:
        axis.legend(fontsize=6, loc="upper center", bbox_to_anchor=(0.5, -0.25))
    # Some reconstructions have negative values, which zero as the lower end would hide.
    lowest = min(float(np.min(spectrum)) for spectrum in (true_spectrum, *spectra.values()))
    if lowest >= 0:
        axis.set_ylim(bottom=0)
    else:
        axis.axhline(0, color="0.7", linewidth=0.5, zorder=0)
    axis.locator_params(nbins=4)


def find_primaries(pixels: NDArray[Any]) -> list[Point]:
    """Find the reddest, the greenest and the bluest point.

    It is where the share of a channel, averaged over a small square, is greatest. Dark squares
    are left out.

    Args:
        pixels: (rows, columns, 3).
    """
    side = max(3, min(pixels.shape[:2]) // 16)
    smooth = uniform_filter(pixels.astype(float), (side, side, 0), mode="nearest")
    share = smooth / np.maximum(smooth.sum(-1, keepdims=True), 1e-6)
    dark = smooth.max(-1) < 0.25 * np.quantile(smooth, 0.99)
    share[dark] = 0
    points = [np.unravel_index(int(share[..., c].argmax()), dark.shape) for c in range(3)]
    return [(int(row), int(column)) for row, column in points]


def spread_points(pixels: NDArray[Any], count: int) -> list[Point]:
    """Choose points of different colours.

    The first is nearest to the median colour; each further point is the one whose colour is
    farthest from those chosen. Points keep a distance from the edge. The same image gives the
    same points.

    Args:
        pixels: (rows, columns, 3).
        count: the number of points.
    """
    rows, columns = pixels.shape[:2]
    edge, step = max(4, rows // 12), max(1, min(rows, columns) // 64)
    grid = [
        (r, c) for r in range(edge, rows - edge, step) for c in range(edge, columns - edge, step)
    ]
    colours = np.array([pixels[point] for point in grid], dtype=float)
    chosen = [int(np.argmin(np.abs(colours - np.median(colours, axis=0)).sum(1)))]
    while len(chosen) < count:
        distances = np.linalg.norm(colours[:, None] - colours[chosen], axis=2).min(1)
        chosen.append(int(np.argmax(distances)))
    return [grid[index] for index in chosen]
