"""Scenes as the camera sees them, brightened for display."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from respectra.figures.contents import Contents
from respectra.figures.style import WIDTH, hide_axes

COLUMNS = 4


def draw(contents: Contents) -> Figure:
    """Draw the pictures of the scenes, at most four in a row.

    Args:
        contents: scenes with their pictures.
    """
    count = len(contents.scenes)
    lines, columns = -(-count // COLUMNS), min(count, COLUMNS)
    height, width = contents.store.size(contents.scenes[0])
    side = WIDTH / max(columns, 2)
    figure, axes = plt.subplots(
        lines,
        columns,
        squeeze=False,
        figsize=(side * columns, lines * (side * height / width + 0.2)),
    )
    hide_axes(axes.flat)
    for axis in axes.flat[count:]:
        axis.remove()
    for axis, scene in zip(axes.flat, contents.scenes, strict=False):
        axis.imshow(contents.picture(scene))
        axis.set_title(scene.replace("_", " "))
    return figure
