"""Spectra at points: the truth in black, a colour per method."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from respectra.figures.material import COLOURS, WIDTH, Material


def draw(material: Material, *, points: int = 4) -> Figure:
    """What the camera saw with the points marked, and a panel per point.

    Args:
        material: the first scene is taken.
        points: how many; they are spread over the scene's colours, not chosen by error.
    """
    scene = material.scenes[0]
    cube = np.asarray(material.store.cube(scene))
    places = spread(material.observations.pixels(scene), points)
    figure, axes = plt.subplot_mosaic(
        [["camera", *range(points // 2)], ["camera", *range(points // 2, points)]],
        figsize=(WIDTH, 3.2), width_ratios=[1.3, *[1] * (points // 2)],
    )  # fmt: skip
    axes["camera"].imshow(material.picture(scene))
    axes["camera"].set(xticks=[], yticks=[], title=scene.replace("_", " "))
    axes["camera"].spines[:].set_visible(False)
    wavelengths = material.store.wavelengths_nm
    cubes = [(method.title, method.cube(scene)) for method in material.methods]
    for number, (row, column) in enumerate(places):
        letter = chr(ord("a") + number)
        axes["camera"].plot(column, row, "o", mfc="none", mec="white", mew=1.2, markersize=6)
        name = axes["camera"].annotate(
            letter, (column, row), xytext=(5, 3), textcoords="offset points", color="white"
        )
        name.set_path_effects([withStroke(linewidth=1.5, foreground="black")])
        axis = axes[number]
        axis.plot(wavelengths, cube[:, row, column], color="black", linewidth=1.6, label="truth")
        for colour, (title, other) in zip(COLOURS, cubes, strict=False):
            axis.plot(wavelengths, other[:, row, column], color=colour, label=title)
        axis.set_title(letter, loc="left", fontweight="bold")
        axis.set_ylim(bottom=0)
        axis.locator_params(nbins=4)
        if number >= points // 2:
            axis.set_xlabel("wavelength (nm)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def spread(pixels: NDArray[np.uint8], count: int) -> list[tuple[int, int]]:
    """Points of unlike colour: from the median colour on, always the one farthest from the rest.

    Points keep a distance from the edge; the same image gives the same points.

    Args:
        pixels: (rows, columns, 3).
        count: how many.
    """
    rows, columns = pixels.shape[:2]
    edge, step = max(4, rows // 12), max(1, min(rows, columns) // 64)
    grid = [
        (r, c) for r in range(edge, rows - edge, step) for c in range(edge, columns - edge, step)
    ]
    colours = np.array([pixels[r, c] for r, c in grid], dtype=float)
    chosen = [int(np.argmin(np.abs(colours - np.median(colours, axis=0)).sum(1)))]
    while len(chosen) < count:
        distance = np.linalg.norm(colours[:, None] - colours[chosen], axis=2).min(1)
        chosen.append(int(np.argmax(distance)))
    return [grid[i] for i in chosen]
