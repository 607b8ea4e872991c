"""Checks of the values of a cube before it is stored."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from respectra.plan_types import DatasetPlan

Array = NDArray[np.float32]

GREATEST_VALUE = 10.0  # of reflectance or normalised radiance, with room for highlights
FULL_SCALES = (255, 1023, 4095, 10_000, 16_383, 65_535)  # counts that often mean 1


def check_size_and_range(scene: str, cube: Array, plan: DatasetPlan) -> None:
    """Compare a cube with the size and the range that the YAML of the data set states.

    Args:
        scene: name of the scene.
        cube: (bands, rows, columns).
        plan: with `size` and `range`; without a range, values that look like counts are refused.

    Raises:
        ValueError: with the scene, what is wrong, and the key to set.
    """
    size = plan["size"]
    if size is not None and tuple(cube.shape[1:]) != tuple(size):
        is_transposed = tuple(cube.shape[:0:-1]) == tuple(size)
        hint = "; rows and columns are swapped: set read.axes" if is_transposed else ""
        raise ValueError(
            f"{scene}: the cube has {cube.shape[1]}×{cube.shape[2]} pixels, "
            f"the YAML of the data set states size: {size[0]}×{size[1]}{hint}"
        )
    if plan["range"] is None:
        if counts := describe_counts(cube):
            raise ValueError(f"{scene}: {counts}")
    else:
        low, high = plan["range"]
        if cube.min() < low or cube.max() > high:
            raise ValueError(
                f"{scene}: the cube has values from {cube.min():g} to {cube.max():g}, "
                f"the YAML of the data set states range: {low:g} to {high:g}; "
                "check read.maximum"
            )


def describe_counts(cube: Array) -> str | None:
    """Ask what the values of a cube mean if they look like counts of a sensor.

    Counts are whole numbers above 1, or numbers above 10: reflectance and normalised radiance are
    about 1 at most, and errors such as the PSNR refer to 1.

    Returns:
        A sentence with the keys that answer; None if the values are no counts.
    """
    finite = cube[np.isfinite(cube)]
    highest = float(finite.max()) if finite.size else 0.0
    is_whole = highest > 1 and bool((finite == np.round(finite)).all())
    if not is_whole and not highest > GREATEST_VALUE:
        return None
    lowest, kind = float(finite.min()), "whole numbers" if is_whole else "numbers"
    full = next((value for value in FULL_SCALES if highest <= value), None)
    divisor = f", such as {full}" if full else ""
    return (
        f"the values are {kind} from {lowest:g} to {highest:g}, which look like counts; set "
        f"read.maximum in the YAML of the data set to the value that means 1{divisor}, or set "
        f"range: [0, {full or math.ceil(highest)}] if they are radiance in these units"
    )


def describe_faults(cube: Array, wavelengths_nm: Sequence[float] = ()) -> str | None:
    """Describe the invalid values of a cube: NaN, infinity, zeros and negative values.

    Args:
        cube: (bands, rows, columns).
        wavelengths_nm: the centres of the bands; a band without any finite value is named by them.

    Returns:
        A phrase such as 'has 3 zeros'; None if all values are finite and positive.

    Example:
        >>> describe_faults(np.array([[[0.5, np.nan]]], dtype=np.float32))
        'has 1 values that are not finite'
        >>> describe_faults(np.array([[[0.5, 0.0, -1.0]]], dtype=np.float32))
        'has 1 negative values and 1 zeros'
    """
    finite = np.isfinite(cube)
    if not finite.all():
        empty = np.flatnonzero(~finite.any(axis=(1, 2)))
        if len(empty) and len(wavelengths_nm) == len(cube):
            bands = ", ".join(f"{wavelengths_nm[int(i)]:g}" for i in empty)
            return (
                f"has no finite value at {bands} nm (leave these bands out with "
                f"read.leave_out_bands: [{bands}]), "
                f"{np.count_nonzero(~finite)} values that are not finite in total"
            )
        return f"has {np.count_nonzero(~finite)} values that are not finite"
    negative, zero = np.count_nonzero(cube < 0), np.count_nonzero(cube == 0)
    parts = [f"{negative} negative values"] * bool(negative) + [f"{zero} zeros"] * bool(zero)
    return f"has {' and '.join(parts)}" if parts else None
