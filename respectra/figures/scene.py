"""A scene as the camera saw it, brightened for the eye."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from respectra.figures.material import WIDTH, Material


def draw(material: Material) -> Figure:
    """One picture beside another, as many as there are scenes."""
    count = len(material.scenes)
    rows, columns = material.store.size(material.scenes[0])
    width = WIDTH / max(count, 2)
    figure, axes = plt.subplots(
        1, count, squeeze=False, figsize=(width * count, width * rows / columns + 0.2)
    )
    for axis, scene in zip(axes[0], material.scenes, strict=True):
        axis.imshow(material.picture(scene))
        axis.set(xticks=[], yticks=[], title=scene.replace("_", " "))
        axis.spines[:].set_visible(False)
    return figure
