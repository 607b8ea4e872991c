"""HPRN's semantic prior: how SLIC cuts a scene at each scale."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from skimage.segmentation import mark_boundaries

from respectra.datasets.superpixels import label_superpixels
from respectra.figures.material import WIDTH, Material


def draw(
    material: Material, *, segments: Sequence[int], backend: str, compactness: float
) -> Figure:
    """A row per scene, a column per scale: the whole image as the network sees it at test.

    Args:
        material: its scenes.
        segments, backend, compactness: as in a method's `inputs.superpixels`.
    """
    rows, columns = len(material.scenes), len(segments)
    height, width = material.store.size(material.scenes[0])
    figure, axes = plt.subplots(
        rows, columns, squeeze=False,
        figsize=(WIDTH, WIDTH / columns * rows * height / width + 0.3),
    )  # fmt: skip
    for line, scene in zip(axes, material.scenes, strict=True):
        pixels = np.asarray(material.observations.pixels(scene))
        found = label_superpixels(
            pixels, segments=segments, backend=backend, compactness=compactness
        )
        for axis, count, labels in zip(line, segments, found, strict=True):
            axis.imshow(mark_boundaries(material.picture(scene), labels, color=(1, 1, 0)))
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            if scene == material.scenes[0]:
                axis.set_title(f"{count} asked")
            axis.set_xlabel(f"{len(np.unique(labels))} found", labelpad=2)
        line[0].set_ylabel(scene.replace("_", " "))
    return figure
