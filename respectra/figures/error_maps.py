"""Where methods err: a row per scene, a column per method, one colour scale for all."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from respectra.figures.material import WIDTH, Material


def draw(material: Material) -> Figure:
    """Relative error averaged over bands, beside what the camera saw.

    The scale ends at the 98th percentile of everything shown.
    """
    maps = {}
    for scene in material.scenes:
        cube = material.store.cube(scene)
        for method in material.methods:
            error = np.abs(method.cube(scene) - cube) / cube
            maps[scene, method.title] = error.mean(0)
    top = float(np.quantile(np.concatenate([m.ravel() for m in maps.values()]), 0.98))
    columns, rows = 1 + len(material.methods), len(material.scenes)
    height, width = maps[material.scenes[0], material.methods[0].title].shape
    figure, axes = plt.subplots(
        rows,
        columns,
        squeeze=False,
        figsize=(WIDTH, 0.9 * WIDTH / columns * rows * height / width + 0.3),
    )
    shown = None
    for line, scene in zip(axes, material.scenes, strict=True):
        line[0].imshow(material.picture(scene))
        line[0].set_ylabel(scene.replace("_", " "))
        for axis, method in zip(line[1:], material.methods, strict=True):
            error = maps[scene, method.title]
            shown = axis.imshow(error, vmin=0, vmax=top, cmap="inferno")
            axis.text(
                0.97, 0.04, f"{error.mean():.3f}", transform=axis.transAxes, ha="right",
                color="white", fontsize=7,
                bbox={"facecolor": "black", "alpha": 0.5, "pad": 1, "linewidth": 0},
            )  # fmt: skip
    for axis, title in zip(axes[0], ["camera", *(m.title for m in material.methods)], strict=True):
        axis.set_title(title)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    if shown is not None:
        bar = figure.colorbar(shown, ax=axes[:, 1:], shrink=0.7, pad=0.01, extend="max")
        bar.set_label("relative error")
        bar.outline.set_visible(False)
    return figure
