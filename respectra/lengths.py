"""The length of a training phase on a data set, and the sizes of the parts of its batches."""

import math
from collections.abc import Sequence

from respectra.plan_types import PhasePlan, PhaseSettings


def count_iterations(phase: PhasePlan, sizes: Sequence[tuple[int, int]]) -> int:
    """Return the iterations of a phase on a data set.

    An epoch is a pass over all patches of the grid; those that do not fill a batch are dropped.
    Without a stride, an epoch has as many patches as there are scenes.

    Args:
        phase: `iterations`, or `epochs` with perhaps a greatest number of `iterations`.
        sizes: rows and columns of each scene that the phase is trained on.

    Example:
        >>> phase = {"iterations": None, "epochs": 100, "patch": 64, "stride": 32, "batch": 32}
        >>> count_iterations(phase, [(1392, 1300)] * 251)
        1284800
    """
    if phase["epochs"] is None:
        assert phase["iterations"] is not None  # a phase states one of the two
        return phase["iterations"]
    patches = count_patches(phase, sizes)
    batch = phase["batch"]
    if phase["stride"] is not None and patches >= batch:
        patches -= patches % batch
    iterations = max(1, math.floor(phase["epochs"] * patches / batch + 0.5))
    return min(iterations, phase["iterations"] or iterations)


def count_patches(phase: PhasePlan, sizes: Sequence[tuple[int, int]]) -> int:
    """Return the patches of an epoch; arguments as in `count_iterations`."""
    stride = phase["stride"]
    if stride is None:
        return len(sizes)
    grids = (count_windows(rows, columns, read_patch(phase), stride) for rows, columns in sizes)
    return sum(rows * columns for rows, columns in grids if rows > 0 and columns > 0)


def read_patch(phase: PhaseSettings) -> tuple[int, int]:
    """Return rows and columns of a patch."""
    patch = phase["patch"]
    return (patch, patch) if isinstance(patch, int) else (patch[0], patch[1])


def count_windows(rows: int, columns: int, size: tuple[int, int], stride: int) -> tuple[int, int]:
    """Return the number of patches on a grid, along the rows and along the columns.

    Args:
        rows: of the image.
        columns: of the image.
        size: rows and columns of a patch.
        stride: distance between neighbouring patches in pixels.

    Example:
        >>> count_windows(482, 512, (128, 128), 8)
        (45, 49)
    """
    return (rows - size[0]) // stride + 1, (columns - size[1]) // stride + 1


def divide_parts(batch: int, accumulate: int, processes: int) -> list[int]:
    """Return the sizes of the parts in which a batch is computed, by one or several processes.

    Args:
        batch: patches in a batch.
        accumulate: parts of the batch.
        processes: that share each part equally.

    Raises:
        ValueError: a part cannot be divided.

    Example:
        >>> divide_parts(20, 3, 1)
        [7, 7, 6]
    """
    part = math.ceil(batch / accumulate)
    sizes = [min(part, batch - start) for start in range(0, batch, part)]
    if any(size % processes for size in sizes):
        counts = [n for n in range(1, part + 1) if all(size % n == 0 for size in sizes)]
        parts = f" in {len(sizes)} parts" if len(sizes) > 1 else ""
        raise ValueError(
            f"a batch of {batch}{parts} cannot be divided among "
            f"{processes} processes; possible are {', '.join(map(str, counts))}"
        )
    return sizes
