"""Whether a picture and a cube lie the same way: archives differ in the order of their axes."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from respectra.camera.response import project

Array = NDArray[np.floating]

TURNS: dict[str, Callable[[Array], Array]] = {  # of (…, rows, columns)
    "as it is": lambda x: x,
    "mirrored left to right": lambda x: x[..., ::-1],
    "mirrored top to bottom": lambda x: x[..., ::-1, :],
    "turned by 180°": lambda x: x[..., ::-1, ::-1],
    "transposed": lambda x: np.swapaxes(x, -1, -2),
    "turned by 90° to the left": lambda x: np.swapaxes(x, -1, -2)[..., ::-1, :],
    "turned by 90° to the right": lambda x: np.swapaxes(x, -1, -2)[..., ::-1],
    "mirrored at the other diagonal": lambda x: np.swapaxes(x, -1, -2)[..., ::-1, ::-1],
}
CLEARLY = 0.1  # by so much another turn's correlation is the greater one where a picture is turned


def measure_agreement(scene: str, pixels: NDArray[np.uint8], cube: Array, response: Array) -> float:
    """How well a picture and a cube agree: the correlation of what the camera would see with it.

    Args:
        scene: its name, for the error.
        pixels: (3, rows, columns).
        cube: (bands, rows, columns).
        response: (3, bands).

    Returns:
        -1 to 1, over all channels and every fourth pixel; 0 where one of them is of one value.

    Raises:
        ValueError: the picture agrees clearly better when it is turned or mirrored.
    """
    step = (slice(None), slice(None, None, 4), slice(None, None, 4))
    thin = project(cube[step], response)
    # A square root, as bright lights outweigh all else otherwise.
    seen, thin = np.sqrt(pixels.astype(float)), np.sqrt(thin)

    def correlation(turned: Array) -> float:
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(np.nan_to_num(np.corrcoef(turned[step].ravel(), thin.ravel())[0, 1]))

    fitting = {name: turn(seen) for name, turn in TURNS.items()}
    found = {n: correlation(x) for n, x in fitting.items() if x.shape[1:] == cube.shape[1:]}
    best = max(found, key=found.__getitem__)
    if found[best] > found["as it is"] + CLEARLY:
        raise ValueError(
            f"{scene}: the cube and its picture do not lie the same way: {best}, the picture "
            f"agrees better ({found[best]:.2f} against {found['as it is']:.2f}); "
            "state the cube's axes in the data set's file"
        )
    return found["as it is"]
