"""Bands as pictures: a column per wavelength, the truth above the reconstructions."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from respectra.figures.material import WIDTH, Material


def draw(material: Material, *, bands: int) -> Figure:
    """Evenly chosen bands of the first scene; each column has one grey scale.

    Args:
        material: the first scene is taken.
        bands: how many.
    """
    scene = material.scenes[0]
    cube = np.asarray(material.store.cube(scene))
    places = np.linspace(0, len(cube) - 1, bands + 2).round().astype(int)[1:-1]
    lines = [("truth", cube), *((m.title, m.cube(scene)) for m in material.methods)]
    # Bright enough for the brightest row, but never so dark that the truth cannot be seen.
    tops = {
        place: min(
            max(float(np.quantile(values[place], 0.995)) for _, values in lines),
            3 * float(np.quantile(cube[place], 0.995)),
        )
        for place in places
    }
    height, width = cube.shape[1:]
    cell = WIDTH / max(bands, 4)
    figure, axes = plt.subplots(
        len(lines), bands, squeeze=False,
        figsize=(cell * bands, cell * len(lines) * height / width + 0.3),
    )  # fmt: skip
    for line, (title, values) in zip(axes, lines, strict=True):
        line[0].set_ylabel(title)
        for axis, place in zip(line, places, strict=True):
            top = tops[place]
            axis.imshow(
                (np.clip(values[place] / top, 0, 1)) ** (1 / 2.2), cmap="gray", vmin=0, vmax=1
            )
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
    for axis, place in zip(axes[0], places, strict=True):
        axis.set_title(f"{material.store.wavelengths_nm[place]:g} nm")
    return figure
