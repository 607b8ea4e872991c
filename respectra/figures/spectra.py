"""Spectra at points: the truth in black, a colour per method."""

from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from respectra.figures.material import COLOURS, WIDTH, Material

PRIMARIES = ("red", "green", "blue")


def draw(
    material: Material, *, points: int = 4, at: Literal["spread", "primaries"] = "spread"
) -> Figure:
    """What the camera saw with the points marked, and a panel per point.

    Args:
        material: the first scene is taken.
        points: how many, an even number; they are spread over the scene's colours, not chosen by
            error.
        at: `primaries` takes the reddest, the greenest and the bluest place instead, and names the
            MRAE of each spectrum (Figure 4 of [arad2022ntire]).
    """
    scene, named = material.scenes[0], at == "primaries"
    cube = np.asarray(material.store.cube(scene))
    pixels = material.observations.pixels(scene)
    places = primaries(pixels) if named else spread(pixels, points)
    rows = (
        [[*range(len(PRIMARIES))]]
        if named
        else [[*range(points // 2)], [*range(points // 2, points)]]
    )
    figure, axes = plt.subplot_mosaic(
        [["camera", *row] for row in rows],
        figsize=(WIDTH, 3.4 if named else 3.2), width_ratios=[1.3, *[1] * len(rows[0])],
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
            found, truth = other[:, row, column], cube[:, row, column]
            error = float(np.mean(np.abs(found - truth) / truth))
            label = f"{error:.3f}" if named else title
            axis.plot(wavelengths, found, color=colour, label=label)
        if named:
            axis.legend(
                title="MRAE", ncols=3, fontsize=6, title_fontsize=6,
                loc="upper center", bbox_to_anchor=(0.5, -0.25),
            )  # fmt: skip
        name = f"{letter}, {PRIMARIES[number]}" if named else letter
        axis.set_title(name, loc="left", fontweight="bold")
        axis.set_ylim(bottom=0)
        axis.locator_params(nbins=4)
        if number in rows[-1]:
            axis.set_xlabel("wavelength (nm)")
    handles, _ = axes[0].get_legend_handles_labels()
    labels = ["truth", *(title for title, _ in cubes)][: len(handles)]
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def primaries(pixels: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """The reddest, the greenest and the bluest place: where a channel rules the most over a small
    neighbourhood that is not dark.

    Args:
        pixels: (rows, columns, 3).
    """
    side = max(3, min(pixels.shape[:2]) // 16)
    smooth = uniform_filter(pixels.astype(float), (side, side, 0), mode="nearest")
    share = smooth / np.maximum(smooth.sum(-1, keepdims=True), 1e-6)
    dim = smooth.max(-1) < 0.25 * np.quantile(smooth, 0.99)
    share[dim] = 0
    places = [np.unravel_index(int(share[..., c].argmax()), dim.shape) for c in range(3)]
    return [(int(row), int(column)) for row, column in places]


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
