"""Bands as pictures: a column per wavelength, the true cube above the reconstructions."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from respectra.arguments import Count
from respectra.figures.contents import Contents
from respectra.figures.style import GAMMA, WIDTH, hide_axes


def draw(contents: Contents, *, bands: Count) -> Figure:
    """Draw evenly spaced bands of the first scene; each column has one grey scale.

    Args:
        contents: a scene and the methods with their reconstructions.
        bands: the number of columns.
    """
    scene = contents.scenes[0]
    cube = np.asarray(contents.store.cube(scene))
    indices = np.linspace(0, len(cube) - 1, bands + 2).round().astype(int)[1:-1]
    rows = [("truth", cube), *((m.title, m.cube(scene)) for m in contents.methods)]
    # White is the brightest row's 99.5th percentile, but at most three times that of the true
    # cube, which would otherwise be too dark.
    whites = {
        index: min(
            max(float(np.quantile(values[index], 0.995)) for _, values in rows),
            3 * float(np.quantile(cube[index], 0.995)),
        )
        for index in indices
    }
    height, width = cube.shape[1:]
    cell = WIDTH / max(bands, 4)
    figure, axes = plt.subplots(
        len(rows), bands, squeeze=False,
        figsize=(cell * bands, cell * len(rows) * height / width + 0.3),
    )  # fmt: skip
    for row_axes, (title, values) in zip(axes, rows, strict=True):
        row_axes[0].set_ylabel(title)
        for axis, index in zip(row_axes, indices, strict=True):
            grey = np.clip(values[index] / whites[index], 0, 1) ** (1 / GAMMA)
            axis.imshow(grey, cmap="gray", vmin=0, vmax=1)
    hide_axes(axes.flat)
    for axis, index in zip(axes[0], indices, strict=True):
        axis.set_title(f"{contents.store.wavelengths_nm[index]:g} nm")
    return figure
