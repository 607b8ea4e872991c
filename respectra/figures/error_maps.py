"""Maps of the relative error: a row per scene, a column per method."""

from collections.abc import Mapping
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from respectra.arguments import Positive
from respectra.figures.contents import Contents
from respectra.figures.style import WIDTH, hide_axes

ErrorMaps = Mapping[tuple[str, str], NDArray[np.floating]]  # by scene and title of the method
WRAPPED = 6  # columns; the titles of more have a line per word


def draw(
    contents: Contents,
    *,
    nm: Positive | None = None,
    scale: Literal["all", "row"] = "all",
    colours: Literal["inferno", "cividis"] = "inferno",
) -> Figure:
    """Draw the relative errors of methods next to the camera's picture.

    Args:
        contents: scenes, and the methods with their reconstructions.
        nm: the error is that of the band nearest to this wavelength; None for the mean over
            bands.
        scale: whether `all` maps or those of a `row` share a colour scale, which ends at their
            98th percentile.
        colours: `inferno` from black, or `cividis`, where a small error is blue as in Figure 7 of
            [wu2023hprn].
    """
    maps = _compute_maps(contents, nm)
    rows, columns = len(contents.scenes), 1 + len(contents.methods)
    height, width = maps[contents.scenes[0], contents.methods[0].title].shape
    margin = 0.7 if columns > WRAPPED else 0.3
    figure, axes = plt.subplots(
        rows,
        columns,
        squeeze=False,
        figsize=(WIDTH, 0.9 * WIDTH / columns * rows * height / width + margin),
    )
    images = []
    for row_axes, scene in zip(axes, contents.scenes, strict=True):
        row_axes[0].imshow(contents.picture(scene))
        row_axes[0].set_ylabel(scene.replace("_", "\n"), fontsize=6)
        top = _find_top(maps, scene if scale == "row" else None)
        for axis, method in zip(row_axes[1:], contents.methods, strict=True):
            image = _draw_map(axis, maps[scene, method.title], top, colours)
        images.append(image)
    titles = ["camera", *(method.title for method in contents.methods)]
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title.replace(" ", "\n") if columns > WRAPPED else title)
    hide_axes(axes.flat)
    label = "relative error" + (f", {nm:g} nm" if nm is not None else "")
    if scale == "all" and rows > 1:
        _add_colour_bar(figure, images[0], axes[:, 1:]).set_label(label)
    else:
        for image, row_axes in zip(images, axes, strict=True):
            _add_colour_bar(figure, image, row_axes[1:])
        figure.supxlabel(label, fontsize=7)  # the bar of a row is too small for a label
    return figure


def _compute_maps(contents: Contents, nm: float | None) -> ErrorMaps:
    """The relative error of each pixel, (rows, columns)."""
    bands: Any = slice(None) if nm is None else [contents.band(nm)]
    maps = {}
    for scene in contents.scenes:
        cube = contents.store.cube(scene)[bands]
        for method in contents.methods:
            error = np.abs(method.cube(scene)[bands] - cube) / cube
            maps[scene, method.title] = error.mean(0)
    return maps


def _find_top(maps: ErrorMaps, scene: str | None) -> float:
    """The 98th percentile of the errors of a scene, or of all scenes."""
    errors = [error.ravel() for (name, _), error in maps.items() if scene in (None, name)]
    return float(np.quantile(np.concatenate(errors), 0.98))


def _draw_map(axis: Axes, error: NDArray[np.floating], top: float, colours: str) -> Any:
    """Draw one map with its mean, and return the image."""
    image = axis.imshow(error, vmin=0, vmax=top, cmap=colours)
    axis.text(
        0.97, 0.04, f"{error.mean():.3f}", transform=axis.transAxes, ha="right",
        color="white", fontsize=7,
        bbox={"facecolor": "black", "alpha": 0.5, "pad": 1, "linewidth": 0},
    )  # fmt: skip
    return image


def _add_colour_bar(figure: Figure, image: Any, axes: Any) -> Any:
    bar = figure.colorbar(image, ax=axes, shrink=0.7, pad=0.01, extend="max")
    bar.outline.set_visible(False)
    return bar
