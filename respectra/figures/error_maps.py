"""Where methods err: a row per scene, a column per method, one colour scale for all or a row."""

from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from respectra.figures.material import WIDTH, Material


def draw(
    material: Material, *, nm: float | None = None, scale: Literal["all", "row"] = "all"
) -> Figure:
    """Relative error beside what the camera saw.

    Args:
        material: methods with their cubes, and the scenes.
        nm: of the band nearest to this wavelength; None is the mean over bands.
        scale: whether all maps or those of a row have one colour scale; it ends at the 98th
            percentile of what it is for.
    """
    bands: Any = slice(None)
    if nm is not None:
        bands = [material.band(nm)]
    maps = {}
    for scene in material.scenes:
        cube = material.store.cube(scene)[bands]
        for method in material.methods:
            error = np.abs(method.cube(scene)[bands] - cube) / cube
            maps[scene, method.title] = error.mean(0)

    def top(scene: str) -> float:
        chosen = [m.ravel() for (s, _), m in maps.items() if scale == "all" or s == scene]
        return float(np.quantile(np.concatenate(chosen), 0.98))

    columns, rows = 1 + len(material.methods), len(material.scenes)
    height, width = maps[material.scenes[0], material.methods[0].title].shape
    figure, axes = plt.subplots(
        rows,
        columns,
        squeeze=False,
        figsize=(WIDTH, 0.9 * WIDTH / columns * rows * height / width + 0.3),
    )
    bars = []
    for line, scene in zip(axes, material.scenes, strict=True):
        line[0].imshow(material.picture(scene))
        line[0].set_ylabel(scene.replace("_", "\n"), fontsize=6)
        for axis, method in zip(line[1:], material.methods, strict=True):
            error = maps[scene, method.title]
            shown = axis.imshow(error, vmin=0, vmax=top(scene), cmap="inferno")
            axis.text(
                0.97, 0.04, f"{error.mean():.3f}", transform=axis.transAxes, ha="right",
                color="white", fontsize=7,
                bbox={"facecolor": "black", "alpha": 0.5, "pad": 1, "linewidth": 0},
            )  # fmt: skip
        bars.append((shown, line[1:]))
    for axis, title in zip(axes[0], ["camera", *(m.title for m in material.methods)], strict=True):
        axis.set_title(title)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    if scale == "all":
        bars = [(bars[0][0], axes[:, 1:])]
    for shown, beside in bars:
        bar = figure.colorbar(shown, ax=beside, shrink=0.7, pad=0.01, extend="max")
        bar.outline.set_visible(False)
    what = "relative error" + (f", {nm:g} nm" if nm is not None else "")
    if scale == "all":
        bar.set_label(what)
    else:  # a small bar for each row has no room for it
        figure.supxlabel(what, fontsize=7)
    return figure
