"""Spectra at the bands that two data sets have in common."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.datasets.common_bands import ROUNDING_NM, describe_bands
from respectra.datasets.store import Store
from respectra.reconstructions import Reconstructions, write_reconstructions

Array = NDArray[np.floating]
TRAINED = "trained"  # folder of the manifest with the bands that methods are trained on


def interpolate_bands(
    values: Array, wavelengths_nm: Sequence[float], bands: Sequence[float], *, axis: int = 0
) -> Array:
    """Interpolate spectra linearly between neighbouring bands.

    Args:
        values: spectra along one axis.
        wavelengths_nm: the centres of their bands, ascending.
        bands: the centres of the new bands, inside the range of `wavelengths_nm`.
        axis: of the bands.

    Returns:
        The spectra at the new bands, with the data type of `values`.

    Raises:
        ValueError: a new band is outside the range; nothing is extrapolated.

    Example:
        >>> interpolate_bands(np.array([1.0, 3.0, 7.0]), [400, 410, 420], [405, 420]).tolist()
        [2.0, 7.0]
    """
    given, new = np.asarray(wavelengths_nm, float), np.asarray(bands, float)
    if new.min() < given[0] - ROUNDING_NM or new.max() > given[-1] + ROUNDING_NM:
        raise ValueError(
            f"{describe_bands(list(new))}, reach beyond {describe_bands(list(given))}; nothing is "
            "extrapolated"
        )
    left = np.clip(np.searchsorted(given, new, side="right") - 1, 0, len(given) - 2)
    share = np.clip((new - given[left]) / (given[left + 1] - given[left]), 0.0, 1.0)
    spectra = np.moveaxis(values, axis, -1)
    between = spectra[..., left] * (1 - share) + spectra[..., left + 1] * share
    return np.moveaxis(between.astype(values.dtype), -1, axis)


def apply_method(
    step: Callable[..., None],
    *,
    plan: Any,
    scenes: str | Path,
    save: str | Path,
    **arguments: Any,
) -> None:
    """Reconstruct a split: on its bands, or on those of the training, brought to the common ones.

    Args:
        step: `reconstruct_split` or `apply_control`.
        plan: of the step; its key `common_bands` says that the scenes are of another data set.
        scenes: the manifest of the split.
        save: a file of reconstructions.
        arguments: further arguments of the step.
    """
    manifest = Path(scenes).parent / "cubes" / TRAINED / "scenes.csv"
    if not plan.get("common_bands") or not manifest.is_file():
        step(plan=plan, scenes=scenes, save=save, **arguments)
        return
    given, bands = Store(manifest).wavelengths_nm, Store(scenes).wavelengths_nm
    with TemporaryDirectory(dir=Path(save).parent) as folder:
        file = Path(folder) / "trained.h5"
        step(plan=plan, scenes=manifest, save=file, **arguments)
        trained = Reconstructions(file)
        with write_reconstructions(save, bands) as write:
            for scene in trained.list_scenes():
                write(scene, interpolate_bands(trained.cube(scene), given, bands))
