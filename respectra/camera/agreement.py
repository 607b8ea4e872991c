"""Detection of pictures that are turned or mirrored against their cubes.

Archives differ in the order of their axes.
"""

from collections.abc import Callable

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
STEP = 4  # every fourth row and column is compared
MARGIN = 0.1  # the correlation of a turned picture is greater by at least this


def measure_agreement(scene: str, pixels: NDArray[np.uint8], cube: Array, response: Array) -> float:
    """The correlation of a picture with the projection of a cube.

    Args:
        scene: name of the scene, for the error message.
        pixels: (3, rows, columns).
        cube: (bands, rows, columns).
        response: (3, bands).

    Returns:
        -1 to 1, over all channels and every fourth row and column; 0 if one of the two is
        constant.

    Raises:
        ValueError: the correlation is clearly greater if the picture is turned or mirrored.
    """
    thinned = (slice(None), slice(None, None, STEP), slice(None, None, STEP))
    # The square root reduces the influence of bright lights.
    signal = np.sqrt(project(cube[thinned], response))
    picture = np.sqrt(pixels.astype(float))

    def correlate(turned: Array) -> float:
        with np.errstate(invalid="ignore", divide="ignore"):
            coefficients = np.corrcoef(turned[thinned].ravel(), signal.ravel())
        return float(np.nan_to_num(coefficients[0, 1]))

    turned_pictures = {name: turn(picture) for name, turn in TURNS.items()}
    correlations = {
        name: correlate(turned)
        for name, turned in turned_pictures.items()
        if turned.shape[1:] == cube.shape[1:]
    }
    best = max(correlations, key=correlations.__getitem__)
    if correlations[best] > correlations[UPRIGHT] + MARGIN:
        raise ValueError(
            f"{scene}: the picture and the cube have different orientations: the correlation is "
            f"{correlations[UPRIGHT]:.2f}, and {correlations[best]:.2f} if the picture is {best}; "
            "set read.axes in the YAML of the data set"
        )
    return correlations[UPRIGHT]
