"""Physically plausible spectra: cubes that project exactly to the rgb of the camera."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from respectra.camera.observations import Observations, find_clipped
from respectra.camera.response import project
from respectra.datasets.store import Store
from respectra.plan_types import PlausiblePlan
from respectra.reconstructions import Reconstructions, write_reconstructions

Array = NDArray[np.floating]


def make_plausible(
    *,
    plan: PlausiblePlan,
    reconstructions: str | Path,
    scenes: str | Path,
    observations: str | Path,
    split: str,
    save: str | Path,
) -> None:
    """Change a method's reconstructions so that they give back their rgb.

    Args:
        plan: which rgb: `camera`, the noise-free linear rgb, which is the projection of the true
            cube, of a scene whose cube is known, else the observation; `observation`, always the
            observation. Whether the values of observations are linear.
        reconstructions: of the method.
        scenes: the data set's manifest.
        observations: the camera's folder.
        split: which scenes.
        save: a file of reconstructions.

    Raises:
        ValueError: a scene needs its observation, whose values are not linear.
    """
    store, pictures = Store(scenes), Observations(observations)
    files, response = Reconstructions(reconstructions), pictures.response.astype(np.float64)
    with write_reconstructions(save, store.wavelengths_nm) as write:
        for scene in store.scenes(split):
            cube: Array = files.cube(scene).astype(np.float64)
            if plan["rgb"] == "camera" and store.has_cube(scene):
                cube = match_rgb(cube, project(store.cube(scene), response), response)
            elif plan["linear"]:
                cube = match_observation(cube, pictures.pixels(scene), response)
            else:
                raise ValueError(
                    f"{scene}: its camera has a colour matrix or a gamma, so the values of its "
                    "picture are no projection of a cube; use a variant with the rgb of the camera"
                )
            write(scene, cube.astype(np.float32))


def match_rgb(cube: Array, rgb: Array, response: Array) -> Array:
    """Return the cube nearest to a cube that projects to an rgb.

    The rgb decides the part of a spectrum in the row space of the response. That part is replaced;
    the rest, which the camera does not see, stays. If a true cube has this rgb, the squared error
    of no pixel increases.

    Args:
        cube: (bands, rows, columns).
        rgb: (3, rows, columns), in the unit of the cube's projection.
        response: (3, bands).

    Returns:
        (bands, rows, columns). Values can be negative.

    Example:
        >>> cube = match_rgb(np.ones((2, 1, 1)), np.full((1, 1, 1), 4.0), np.array([[1.0, 1.0]]))
        >>> cube.ravel().round(6).tolist()
        [2.0, 2.0]

    References:
        [lin2020physically]
    """
    missing = rgb - np.tensordot(response, cube, 1)  # negative values count too
    return cube + np.tensordot(np.linalg.pinv(response), missing, 1)


def match_observation(cube: Array, pixels: NDArray[np.uint8], response: Array) -> Array:
    """Return the cube nearest to a cube that projects to an observation.

    An observation has no absolute brightness, which stays that of the cube: one gain, fitted by
    least squares, brings the observation to the unit of the cube. Clipped pixels do not change,
    because their rgb is only known to be at least as great.

    Args:
        cube: (bands, rows, columns).
        pixels: (rows, columns, 3), linear values of 0 to 255.
        response: (3, bands).
    """
    rgb = np.moveaxis(pixels, -1, 0) / 255
    projected = np.tensordot(response, cube, 1)
    known = ~find_clipped(pixels)
    energy = float(np.square(rgb[:, known]).sum())
    gain = float((rgb[:, known] * projected[:, known]).sum()) / energy if energy else 0.0
    if not gain > 0:
        return cube
    return np.where(known, match_rgb(cube, gain * rgb, response), cube)
