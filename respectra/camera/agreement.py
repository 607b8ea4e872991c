"""Detection of pictures that do not show the scene of their cube, or show it turned or recoloured.

Archives differ in the order of their axes and channels, and files are easily exchanged.
"""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.camera.response import project

Array = NDArray[np.floating]

UPRIGHT = "unchanged"
TURNS: dict[str, Callable[[Array], Array]] = {  # of (…, rows, columns)
    UPRIGHT: lambda x: x,
    "mirrored left to right": lambda x: x[..., ::-1],
    "mirrored top to bottom": lambda x: x[..., ::-1, :],
    "turned by 180°": lambda x: x[..., ::-1, ::-1],
    "transposed": lambda x: np.swapaxes(x, -1, -2),
    "turned by 90° to the left": lambda x: np.swapaxes(x, -1, -2)[..., ::-1, :],
    "turned by 90° to the right": lambda x: np.swapaxes(x, -1, -2)[..., ::-1],
    "mirrored at the other diagonal": lambda x: np.swapaxes(x, -1, -2)[..., ::-1, ::-1],
}
STEP = 4  # every fourth row and column is compared,
SMALL = 128  # of pictures with so many rows and columns; of smaller ones, each
MARGIN = 0.1  # the correlation of a turned picture is greater by at least this
# Of 39 pictures of 13 real scenes by three cameras, each has a correlation above 0.93 with its
# cube; half of the pictures of other scenes have one below 0.42.
LEAST = 0.5  # correlation of a picture and its cube
CLEAR = 0.8  # correlation that says what a picture shows; a smaller one is looked into
# Exchanged channels make the correlation of colours negative in all of these pictures.
CHANNEL_MARGIN = 0.2  # with the right order it is greater by at least this
CHANNELS = "RGB"


def correlate(pixels: NDArray[Any], cube: Array, response: Array) -> float:
    """The correlation of a picture with the projection of a cube.

    Args:
        pixels: (3, rows, columns).
        cube: (bands, rows, columns).
        response: (3, bands).

    Returns:
        -1 to 1, the mean over the channels, of every fourth row and column of a large picture; a
        channel that is constant counts as 0.
    """
    thinned = _thin(pixels)
    # The square root reduces the influence of bright lights.
    signal = np.sqrt(project(cube[thinned], response))
    return _correlate_channels(np.sqrt(pixels.astype(float))[thinned], signal)


def measure_agreement(
    scene: str,
    pixels: NDArray[Any],
    cube: Array,
    response: Array,
    *,
    least: float | None = None,
) -> float:
    """Return the correlation of a provided picture with its cube, if it shows the scene.

    A simulated picture shows it by its making; strange colours of surfaces under a strange light
    may look like exchanged channels there.

    Args:
        scene: name of the scene, for the error message.
        pixels: (3, rows, columns).
        cube: (bands, rows, columns).
        response: (3, bands).
        least: the smallest accepted correlation; None accepts any.

    Returns:
        As `correlate` does.

    Raises:
        ValueError: the correlation is below `least`; or it is clearly greater if the picture is
            turned or mirrored, or if its channels are exchanged.
    """
    # The square root reduces the influence of bright lights.
    thinned = _thin(pixels)
    signal, picture = np.sqrt(project(cube[thinned], response)), np.sqrt(pixels.astype(float))
    turned_pictures = {name: turn(picture) for name, turn in TURNS.items()}
    correlations = {
        name: _correlate_channels(turned[thinned], signal)
        for name, turned in turned_pictures.items()
        if turned.shape[1:] == cube.shape[1:]
    }
    upright, best = correlations[UPRIGHT], max(correlations, key=correlations.__getitem__)
    if correlations[best] > max(upright + MARGIN, CLEAR):
        raise ValueError(
            f"{scene}: the picture and the cube have different orientations: the correlation is "
            f"{upright:.2f}, and {correlations[best]:.2f} if the picture is {best}; "
            "set read.axes in the YAML of the data set"
        )
    if least is not None and upright < least:
        raise ValueError(
            f"{scene}: the picture {_describe(pixels)}: their correlation is {upright:.2f}, below "
            f"{least:g}; replace the picture, or set observations.agreement in the YAML of the "
            "data set to the smallest accepted correlation"
        )
    if order := _find_order(picture[thinned], signal):
        raise ValueError(
            f"{scene}: the channels of the picture are in the order {order}; save it with the "
            "channels R, G, B"
        )
    return upright


def find_shown_scene(
    pixels: NDArray[Any],
    cubes: Mapping[str, Callable[[], Array]],
    response: Array,
    agreement: float,
) -> str | None:
    """The scene that a picture clearly shows, among scenes of its size.

    Args:
        agreement: with the scene that it should show; the other one is greater by a margin.
        pixels: (3, rows, columns).
        cubes: returns the cube (bands, rows, columns) of each scene.
        response: (3, bands).
    """
    thinned = _thin(pixels)
    picture = np.sqrt(pixels.astype(float))[thinned]
    correlations = {
        scene: _correlate_channels(picture, np.sqrt(project(read()[thinned], response)))
        for scene, read in cubes.items()
    }
    best = max(correlations, key=correlations.__getitem__, default=None)
    is_clear = best is not None and correlations[best] > max(CLEAR, agreement + MARGIN)
    return best if is_clear else None


def _thin(pixels: NDArray[Any]) -> tuple[slice, slice, slice]:
    """The rows and columns of a picture that are compared."""
    step = STEP if min(pixels.shape[1:]) >= SMALL else 1
    return slice(None), slice(None, None, step), slice(None, None, step)


def _correlate_channels(first: Array, second: Array) -> float:
    return float(np.mean([_correlate(a, b) for a, b in zip(first, second, strict=True)]))


def _correlate(first: Array, second: Array) -> float:
    with np.errstate(invalid="ignore", divide="ignore"):
        coefficients = np.corrcoef(first.ravel(), second.ravel())
    return float(np.nan_to_num(coefficients[0, 1]))


def _describe(pixels: NDArray[Any]) -> str:
    """What is wrong with a picture that does not agree with its cube."""
    colours = pixels.reshape(3, -1)
    if (colours == colours[:, :1]).all():
        shade = {0: "black", 255: "white"}.get(int(colours[0, 0]), "of one colour")
        return f"is {shade} everywhere"
    return "does not show the scene of the cube"


def _find_order(picture: Array, signal: Array) -> str | None:
    """The order of the channels of a picture if another one than R, G, B is clearly right."""
    colours, expected = _remove_brightness(picture), _remove_brightness(signal)
    correlations = {
        order: _correlate_channels(colours[list(order)], expected)
        for order in itertools.permutations(range(3))
    }
    best = max(correlations, key=correlations.__getitem__)
    stated = correlations[0, 1, 2]
    if stated >= 0 or correlations[best] < stated + CHANNEL_MARGIN:
        return None
    return ", ".join(CHANNELS[best.index(channel)] for channel in range(3))


def _remove_brightness(image: Array) -> Array:
    """Each channel relative to its mean, without what all channels have in common."""
    relative = image / np.maximum(image.mean(axis=(1, 2), keepdims=True), 1e-12)
    return relative - relative.mean(axis=0)
