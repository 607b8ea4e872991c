"""The pictures that came with a data set beside those that our camera takes of its cubes."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from respectra.camera.observe import develop, make_generator
from respectra.camera.response import project
from respectra.figures.camera_response import CHANNELS
from respectra.figures.material import WIDTH, Material, brightened
from respectra.pictures import read_rgb

Chain = Sequence[Mapping[str, Any]]
LEVELS = np.arange(0, 257, 8)  # of the noise-free picture: noise is gathered between two of these
ENOUGH = 200  # values that a level needs to show its noise


def draw(material: Material) -> Figure:
    """A row per scene: its observation, our camera's, their difference; below, the noise of both.

    Where the observations are simulated themselves, ours are a second photograph of the same scene
    with noise of its own, so the difference shows what chance alone does.
    """
    scenes, chain = material.scenes, material.camera["chain"]
    seen, ours, clean = ({} for _ in range(3))
    for scene in scenes:
        signal = project(material.store.cube(scene), material.response)
        rng = make_generator(material.camera["seed"] + 1, scene)
        seen[scene] = np.moveaxis(material.observations.pixels(scene), -1, 0)
        ours[scene] = read_rgb(develop(signal, chain, rng))
        clean[scene] = read_rgb(develop(signal, without_noise(chain), rng))
    rows, columns = seen[scenes[0]].shape[1:]
    tall = WIDTH / 3 * rows / columns
    figure = plt.figure(figsize=(WIDTH, tall * len(scenes) + 2.4))
    grid = figure.add_gridspec(len(scenes) + 1, 3, height_ratios=[*[tall] * len(scenes), 2.2])
    _pictures(figure, grid, material, seen, ours)
    axis = figure.add_subplot(grid[-1, :])
    for i, (name, colour, _) in enumerate(CHANNELS):
        still = [clean[scene][i] for scene in scenes]
        for label, pictures, line in (("observed", seen, "-"), ("our camera", ours, ":")):
            x, y = noise([pictures[scene][i] for scene in scenes], still)
            axis.plot(x, y, line, color=colour, label=f"{name}, {label}")
    axis.set(
        xlabel="noise-free value (counts)", ylabel="noise and JPEG, s.d. (counts)", ylim=(0, None)
    )
    axis.legend(ncols=3)
    return figure


def _pictures(
    figure: Figure, grid: Any, material: Material, seen: Mapping[str, Any], ours: Mapping[str, Any]
) -> None:
    for row, scene in enumerate(material.scenes):
        axes = [figure.add_subplot(grid[row, column]) for column in range(3)]
        for axis, picture in zip(axes, (seen[scene], ours[scene]), strict=False):
            axis.imshow(np.moveaxis(brightened(picture, like=seen[scene]), 0, -1))
        difference = (seen[scene].astype(float) - ours[scene]).mean(0)
        shown = axes[2].imshow(difference, cmap="RdBu_r", vmin=-10, vmax=10)
        axes[0].set_ylabel(scene.replace("_", " "))
        titles = ("observed", "our camera", "observed - ours (counts)") if row == 0 else [""] * 3
        for axis, title in zip(axes, titles, strict=True):
            axis.set(xticks=[], yticks=[], title=title)
            axis.spines[:].set_visible(False)
        bar = figure.colorbar(shown, ax=axes[2], shrink=0.8, pad=0.02, extend="both")
        bar.outline.set_visible(False)


def without_noise(chain: Chain) -> list[Mapping[str, Any]]:
    """A camera's chain without what draws or loses: exposure and bits alone, written as PNG.

    Example:
        >>> chain = [{"is": "noise:photons", "electrons": 750}, {"is": "bits:truncate", "bits": 8}]
        >>> [part["is"] for part in without_noise([*chain, {"is": "jpeg:compress"}])]
        ['bits:truncate', 'jpeg:lossless']
    """
    kept = [part for part in chain if part["is"].partition(":")[0] not in ("noise", "jpeg")]
    return [*kept, {"is": "jpeg:lossless"}]


def noise(
    pictures: Sequence[NDArray[np.uint8]], clean: Sequence[NDArray[np.uint8]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far pictures stray at every level of the noise-free ones.

    Args:
        pictures, clean: one channel of each scene, (rows, columns).

    Returns:
        The mean of each level that is met often enough, and the standard deviation around it, in
        counts of 8 bits.
    """
    level = np.concatenate([c.ravel() for c in clean]).astype(float)
    error = np.concatenate([p.ravel() for p in pictures]) - level
    place = np.digitize(level, LEVELS) - 1
    found = [(level[place == i], error[place == i]) for i in range(len(LEVELS) - 1)]
    kept = [(one, other) for one, other in found if len(one) >= ENOUGH]
    return np.array([x.mean() for x, _ in kept]), np.array([e.std() for _, e in kept])
