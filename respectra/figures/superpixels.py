"""The superpixels of scenes at each scale, the semantic prior of HPRN."""

from collections.abc import Sequence
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from skimage.segmentation import mark_boundaries

from respectra.arguments import Count, Positive
from respectra.datasets.superpixels import label_superpixels
from respectra.figures.contents import Contents
from respectra.figures.style import WIDTH, hide_axes


def draw(
    contents: Contents,
    *,
    segments: Sequence[Count],
    backend: Literal["fast_slic", "skimage"],
    compactness: Positive,
) -> Figure:
    """Draw a row per scene, a column per scale, with the requested and the actual counts.

    The whole image is segmented, as the network receives it when it reconstructs.

    Args:
        contents: scenes with their pictures.
        segments, backend, compactness: as in a method's `inputs.superpixels`.
    """
    rows, columns = len(contents.scenes), len(segments)
    height, width = contents.store.size(contents.scenes[0])
    figure, axes = plt.subplots(
        rows, columns, squeeze=False,
        figsize=(WIDTH, WIDTH / columns * rows * height / width + 0.3),
    )  # fmt: skip
    hide_axes(axes.flat)
    for row_axes, scene in zip(axes, contents.scenes, strict=True):
        pixels = contents.observations.pixels(scene).astype(np.uint8)
        scales = label_superpixels(
            pixels, segments=segments, backend=backend, compactness=compactness
        )
        picture = contents.picture(scene)
        for axis, labels in zip(row_axes, scales, strict=True):
            axis.imshow(mark_boundaries(picture, labels, color=(1, 1, 0)))
            axis.set_xlabel(f"{len(np.unique(labels))} superpixels", labelpad=2)
        row_axes[0].set_ylabel(scene.replace("_", " "))
    for axis, count in zip(axes[0], segments, strict=True):
        axis.set_title(f"{count} requested")
    return figure
