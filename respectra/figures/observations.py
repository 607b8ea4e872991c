"""The pictures that came with a data set next to those that our camera takes of its cubes."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from respectra.camera.observe import develop, make_generator
from respectra.camera.response import project
from respectra.figures.camera_response import CHANNELS
from respectra.figures.contents import Contents
from respectra.figures.style import WIDTH, brighten, hide_axes
from respectra.pictures import read_rgb
from respectra.plan_types import Settings

Pixels = NDArray[Any]  # (3, rows, columns), 0 to 255
LEVELS = np.arange(0, 257, 8)  # edges of the levels of the noise-free picture, in counts
MINIMUM_COUNT = 200  # pixels that a level needs for its noise to be shown
SENSOR_LOSSES = ("noise", "jpeg")  # modules of the camera that draw or lose values


def draw(contents: Contents) -> Figure:
    """Draw a row per scene: its observation, our camera's, their difference; below, the noise.

    If the observations are simulated themselves, ours are a second photograph of the same scene
    with other noise, so the difference shows the effect of noise alone.

    Args:
        contents: scenes with their cubes, and the camera.
    """
    scenes, chain = contents.scenes, contents.camera["chain"]
    observed, simulated, clean = ({} for _ in range(3))
    for scene in scenes:
        signal = project(contents.store.cube(scene), contents.response)
        rng = make_generator(contents.camera["seed"] + 1, scene)
        observed[scene] = np.moveaxis(contents.observations.pixels(scene), -1, 0)
        simulated[scene] = read_rgb(develop(signal, chain, rng))
        clean[scene] = read_rgb(develop(signal, remove_noise(chain), rng))
    rows, columns = observed[scenes[0]].shape[1:]
    height = WIDTH / 3 * rows / columns
    figure = plt.figure(figsize=(WIDTH, height * len(scenes) + 2.4))
    grid = figure.add_gridspec(len(scenes) + 1, 3, height_ratios=[*[height] * len(scenes), 2.2])
    for row, scene in enumerate(scenes):
        axes = [figure.add_subplot(grid[row, column]) for column in range(3)]
        _draw_scene(figure, axes, scene, observed[scene], simulated[scene], titled=row == 0)
    _draw_noise(figure.add_subplot(grid[-1, :]), observed, simulated, clean)
    return figure


def _draw_scene(
    figure: Figure,
    axes: Sequence[Axes],
    scene: str,
    observed: Pixels,
    simulated: Pixels,
    *,
    titled: bool,
) -> None:
    """Draw both pictures of a scene and their difference."""
    for axis, picture in zip(axes, (observed, simulated), strict=False):
        axis.imshow(np.moveaxis(brighten(picture, reference=observed), 0, -1))
    difference = (observed.astype(float) - simulated).mean(0)
    image = axes[2].imshow(difference, cmap="RdBu_r", vmin=-10, vmax=10)
    axes[0].set_ylabel(scene.replace("_", " "))
    hide_axes(axes)
    if titled:
        titles = ("observed", "our camera", "observed - ours (counts)")
        for axis, title in zip(axes, titles, strict=True):
            axis.set_title(title)
    bar = figure.colorbar(image, ax=axes[2], shrink=0.8, pad=0.02, extend="both")
    bar.outline.set_visible(False)


def _draw_noise(
    axis: Axes,
    observed: Mapping[str, Pixels],
    simulated: Mapping[str, Pixels],
    clean: Mapping[str, Pixels],
) -> None:
    """Draw the noise of each channel over its level, observed and simulated."""
    for channel, (name, colour, _) in enumerate(CHANNELS):
        clean_pictures = [clean[scene][channel] for scene in clean]
        for label, pictures, line in (("observed", observed, "-"), ("our camera", simulated, ":")):
            levels, deviations = measure_noise(
                [pictures[scene][channel] for scene in clean], clean_pictures
            )
            axis.plot(levels, deviations, line, color=colour, label=f"{name}, {label}")
    axis.set(
        xlabel="noise-free value (counts)", ylabel="noise and JPEG, s.d. (counts)", ylim=(0, None)
    )
    axis.legend(ncols=3)


def remove_noise(chain: Sequence[Settings]) -> list[Settings]:
    """Return a camera's chain without noise and JPEG: exposure and bits, written as PNG.

    Example:
        >>> chain = [{"is": "noise:photons", "electrons": 750}, {"is": "bits:truncate", "bits": 8}]
        >>> [part["is"] for part in remove_noise([*chain, {"is": "jpeg:compress"}])]
        ['bits:truncate', 'jpeg:lossless']
    """
    lossless = [part for part in chain if part["is"].partition(":")[0] not in SENSOR_LOSSES]
    return [*lossless, {"is": "jpeg:lossless"}]


def measure_noise(
    pictures: Sequence[NDArray[Any]], clean: Sequence[NDArray[Any]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure the noise of pictures at every level of the noise-free ones.

    Args:
        pictures, clean: one channel of each scene, (rows, columns).

    Returns:
        The mean of each level with at least MINIMUM_COUNT pixels, and the standard deviation of
        the pictures there, in counts of 8 bits.
    """
    levels = np.concatenate([channel.ravel() for channel in clean]).astype(float)
    errors = np.concatenate([channel.ravel() for channel in pictures]) - levels
    bins = np.digitize(levels, LEVELS) - 1
    means, deviations = [], []
    for index in range(len(LEVELS) - 1):
        inside = bins == index
        if inside.sum() >= MINIMUM_COUNT:
            means.append(levels[inside].mean())
            deviations.append(errors[inside].std())
    return np.array(means), np.array(deviations)
