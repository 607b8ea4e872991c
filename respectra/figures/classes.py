"""Classes of pixels: the labels of a scene, and the classes found in reconstructions."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from respectra.build import build
from respectra.figures.contents import Contents
from respectra.figures.style import WIDTH, hide_axes
from respectra.files import read_product

ClassMap = NDArray[np.uint8]  # (rows, columns): a class per pixel, 0 for none
CLASS_COLOURS = (
    "#000000", "#999999", "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#A6611A", "#D55E00",
    "#F0E442", "#0072B2",
)  # fmt: skip
# Bands 70, 45 and 25 of [wu2023hprn], Figure 5 (b), shown as red, green and blue.
FALSE_COLOURS_NM = (721.0, 616.0, 531.0)


def draw_samples(contents: Contents) -> Figure:
    """Draw the scene's picture, its false colours, its labels and the training samples.

    Args:
        contents: a scene with classes.
    """
    scene = contents.scenes[0]
    labels, training_samples = _read_labels(contents)
    figure, axes = _make_row(4, labels.shape)
    axes[0].imshow(contents.picture(scene))
    axes[1].imshow(compose_false_colours(contents, scene))
    _draw_maps(axes[2:], [labels, training_samples])
    titles = ("rgb", "false colours", "labels", "training samples")
    return _finish(figure, axes, contents, titles)


def draw_maps(contents: Contents) -> Figure:
    """Draw the labels and the classes found in each method's cube, with their accuracy.

    Args:
        contents: a scene with classes, and the methods with their maps and scores.
    """
    scene, (labels, _) = contents.scenes[0], _read_labels(contents)
    figure, axes = _make_row(2 + len(contents.methods), labels.shape)
    axes[0].imshow(compose_false_colours(contents, scene))
    _draw_maps(axes[1:], [labels, *(_read_map(method.maps[0]) for method in contents.methods)])
    titles = ["false colours", "labels"]
    for method in contents.methods:
        accuracy = np.mean([frame["oa"].mean() for frame in method.read_scores("full")])
        titles.append(f"{method.title}\nOA {100 * accuracy:.1f} %")
    return _finish(figure, axes, contents, titles)


def compose_false_colours(contents: Contents, scene: str) -> NDArray[np.floating]:
    """Compose a picture of three bands, each stretched to its 98th percentile.

    Returns:
        (rows, columns, 3) in [0, 1].
    """
    cube = contents.store.cube(scene)
    bands = [cube[contents.band(nm)] for nm in FALSE_COLOURS_NM]
    stretched = [np.clip(band / np.quantile(band, 0.98), 0, 1) for band in bands]
    return np.stack(stretched, -1) ** (1 / 1.5)


def _read_map(path: Path) -> ClassMap:
    with read_product(path):
        classes: ClassMap = np.load(path, allow_pickle=False)
    return classes


def _read_labels(contents: Contents) -> tuple[ClassMap, ClassMap]:
    """The labels of the scene, and those of the training samples."""
    assert contents.classes is not None
    labels, training_samples, _ = build("dataset", contents.classes["labels"])
    return labels, training_samples


def _make_row(count: int, shape: tuple[int, ...]) -> tuple[Figure, list[Axes]]:
    """A figure of panels in a row, for images of a shape (rows, columns)."""
    width = WIDTH / count
    figure, axes = plt.subplots(1, count, figsize=(WIDTH, width * shape[0] / shape[1] + 0.8))
    return figure, list(axes)


def _draw_maps(axes: Sequence[Axes], class_maps: Sequence[ClassMap]) -> None:
    for axis, class_map in zip(axes, class_maps, strict=True):
        axis.imshow(
            class_map, cmap=ListedColormap(CLASS_COLOURS), vmin=0, vmax=len(CLASS_COLOURS) - 1,
            interpolation="nearest",
        )  # fmt: skip


def _finish(
    figure: Figure, axes: Sequence[Axes], contents: Contents, titles: Sequence[str]
) -> Figure:
    """Add titles and the legend of classes, whose last entry are pixels without a label."""
    hide_axes(axes)
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(title)
    assert contents.classes is not None
    names = ["no label", *contents.classes["names"]]
    patches = [
        Patch(color=colour, label=name) for colour, name in zip(CLASS_COLOURS, names, strict=False)
    ]
    patches = [*patches[1:], patches[0]]
    figure.legend(handles=patches, loc="outside lower center", ncols=5)
    return figure
