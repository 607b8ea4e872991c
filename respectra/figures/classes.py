"""Classes of pixels: what is known of a scene, and what was read from its reconstructions."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from respectra.build import build
from respectra.figures.material import WIDTH, Material

Map = NDArray[np.uint8]
COLOURS = (
    "#000000", "#999999", "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#A6611A", "#D55E00",
    "#F0E442", "#0072B2",
)  # fmt: skip
FALSE_COLOURS_NM = (800.0, 650.0, 550.0)  # infrared, red and green, shown as red, green and blue


def samples(material: Material) -> Figure:
    """The scene as the camera saw it and in false colours, its labels, the training samples."""
    scene, (truth, train, _) = material.scenes[0], _labels(material)
    figure, axes = _row(4, truth.shape)
    axes[0].imshow(material.picture(scene))
    axes[1].imshow(false_colours(material, scene))
    _show(axes[2:], [truth, train])
    titles = ("rgb", "false colours", "labels", "training samples")
    return _finished(figure, axes, material, titles)


def maps(material: Material) -> Figure:
    """The labels, and the classes that were read from each method's cube, with their accuracy."""
    scene, (truth, _, _) = material.scenes[0], _labels(material)
    figure, axes = _row(2 + len(material.methods), truth.shape)
    axes[0].imshow(false_colours(material, scene))
    _show(axes[1:], [truth, *(np.load(method.maps[0]) for method in material.methods)])
    titles = ["false colours", "labels"]
    for method in material.methods:
        accuracy = np.mean([frame["oa"].mean() for frame in method.table("full")])
        titles.append(f"{method.title}\nOA {100 * accuracy:.1f} %")
    return _finished(figure, axes, material, titles)


def false_colours(material: Material, scene: str) -> NDArray[np.floating]:
    """Three bands as red, green and blue, each stretched to its 98th percentile."""
    cube = material.store.cube(scene)
    bands = [cube[material.band(nm)] for nm in FALSE_COLOURS_NM]
    stretched = [np.clip(band / np.quantile(band, 0.98), 0, 1) for band in bands]
    return np.stack(stretched, -1) ** (1 / 1.5)


def _labels(material: Material) -> tuple[Map, Map, Map]:
    assert material.classes is not None
    truth, train, test = build("dataset", material.classes["labels"])
    return truth, train, test


def _row(count: int, shape: tuple[int, ...]) -> tuple[Figure, list[Axes]]:
    width = WIDTH / count
    figure, axes = plt.subplots(1, count, figsize=(WIDTH, width * shape[0] / shape[1] + 1.0))
    return figure, list(axes)


def _show(axes: Sequence[Axes], found: Sequence[Map]) -> None:
    for axis, classes in zip(axes, found, strict=True):
        axis.imshow(
            classes, cmap=ListedColormap(COLOURS), vmin=0, vmax=len(COLOURS) - 1,
            interpolation="nearest",
        )  # fmt: skip


def _finished(
    figure: Figure, axes: Sequence[Axes], material: Material, titles: Sequence[str]
) -> Figure:
    for axis, title in zip(axes, titles, strict=True):
        axis.set(xticks=[], yticks=[], title=title)
        axis.spines[:].set_visible(False)
    assert material.classes is not None
    patches = [
        Patch(color=colour, label=name)
        for colour, name in zip(COLOURS[1:], material.classes["names"], strict=False)
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=5)
    return figure
