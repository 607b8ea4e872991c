"""Scenes as the camera sees them, brightened for display."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from respectra.figures.contents import Contents
from respectra.figures.style import WIDTH, hide_axes


def draw(contents: Contents) -> Figure:
    """Draw the pictures of the scenes in a row.

    Args:
        contents: scenes with their pictures.
    """
    count = len(contents.scenes)
    rows, columns = contents.store.size(contents.scenes[0])
    width = WIDTH / max(count, 2)
    figure, axes = plt.subplots(
        1, count, squeeze=False, figsize=(width * count, width * rows / columns + 0.2)
    )
    for axis, scene in zip(axes[0], contents.scenes, strict=True):
        axis.imshow(contents.picture(scene))
        axis.set_title(scene.replace("_", " "))
    hide_axes(axes.flat)
    return figure
