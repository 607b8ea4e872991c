"""Estimation of a camera's settings from its pictures: JPEG quality and photon noise.

The quality follows from the quantisation tables of the files. Little of the photon noise remains
after compression, so it is estimated by simulation: the cubes are photographed with several numbers
of electrons, and the estimate is the number at which the residuals are as large as those of the
real pictures. Only coefficients that noise moved over a quantisation step contribute; they are few,
so one scene of 128×128 gives an imprecise estimate, and a dozen of 482×512 give the number within
about 5 %.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.camera.jpeg import compress
from respectra.camera.observe import develop
from respectra.camera.response import project
from respectra.pictures import read_quantization, read_rgb

Array = NDArray[np.floating]
REPEATS = 3  # photographs averaged at each number of electrons
ELECTRONS = np.geomspace(60, 16_000, 13)  # the simulated numbers; each step is a factor of 1.6
RESAMPLES = 400  # bootstrap samples of the scenes, for the interval
INTERVAL = (0.025, 0.975)  # quantiles of the interval of 95 %


@dataclass(frozen=True)
class Estimate:
    """The estimate of photon noise and the JPEG qualities of the files.

    Attributes:
        electrons: electrons at a signal of 1.
        low: lower end of the interval of 95 %.
        high: upper end of the interval of 95 %.
        qualities: the JPEG qualities of the files, ascending.
        scenes: number of scenes.
    """

    electrons: float
    low: float
    high: float
    qualities: tuple[int, ...]
    scenes: int

    def __str__(self) -> str:
        """One line of text."""
        qualities = ", ".join(map(str, self.qualities))
        return (
            f"{self.electrons:.0f} electrons at a signal of 1 "
            f"(95 %: {self.low:.0f} to {self.high:.0f}), quality {qualities}, "
            f"from {self.scenes} scenes"
        )


def read_quality(path: str | Path) -> int:
    """The quality, 1 to 100, of a baseline JPEG.

    Raises:
        ValueError: the file is not a JPEG, or no quality has its quantisation tables.
    """
    tables = read_quantization(path)
    if not tables:
        raise ValueError(f"{path}: is not a JPEG; only a JPEG has a quality")
    qualities = [quality for quality in range(1, 101) if _make_tables(quality) == tables]
    if not qualities:
        raise ValueError(
            f"{path}: no quality from 1 to 100 of libjpeg has its quantisation tables; "
            "the picture was written by other software"
        )
    return qualities[-1]


def _make_tables(quality: int) -> dict[int, list[int]]:
    black = np.zeros((3, 16, 16), np.uint8)
    return read_quantization(compress(black, quality=quality, subsampling="4:2:0"))


def estimate_electrons(
    cubes: Mapping[str, Callable[[], Array]],
    pictures: Mapping[str, str | Path],
    response: Array,
    chain: Sequence[Mapping[str, Any]],
    *,
    seed: int = 0,
) -> Estimate:
    """Estimate how many electrons a camera collects, from cubes and the JPEGs of their scenes.

    Args:
        cubes: for each scene a function that returns its cube (bands, rows, columns).
        pictures: for each scene its JPEG.
        response: (3, bands).
        chain: the parts of the camera; the electrons of `noise:photons` are estimated, and the
            quality of `jpeg:compress` is replaced by that of the files.
        seed: of the simulated photographs and of the interval.

    Raises:
        ValueError: there is no scene, or the chain has no photon noise.
    """
    if not pictures:
        raise ValueError("estimate: there is no picture; at least one scene needs one")
    if not any(part["is"] == "noise:photons" for part in chain):
        raise ValueError(
            "estimate: the camera's chain has no noise:photons; "
            "add it, so that its electrons can be estimated"
        )
    qualities = {scene: read_quality(path) for scene, path in pictures.items()}
    residuals = np.empty(len(pictures))
    curves = np.empty((len(pictures), len(ELECTRONS)))
    for number, (scene, path) in enumerate(sorted(pictures.items())):
        settings = [_set_quality(part, qualities[scene]) for part in chain]
        rng = np.random.default_rng([seed, number])
        signal = project(cubes[scene](), response)
        residuals[number], curves[number] = _measure_residuals(signal, path, settings, rng)
    rng = np.random.default_rng(seed)
    samples = rng.integers(len(residuals), size=(RESAMPLES, len(residuals)))
    spread = [_invert(residuals[sample].mean(), curves[sample].mean(0)) for sample in samples]
    low, high = np.quantile(spread, INTERVAL)
    return Estimate(
        _invert(residuals.mean(), curves.mean(0)),
        float(low),
        float(high),
        tuple(sorted(set(qualities.values()))),
        len(residuals),
    )


def _set_quality(part: Mapping[str, Any], quality: int) -> dict[str, Any]:
    return {**part, "quality": quality} if part["is"] == "jpeg:compress" else dict(part)


def _measure_residuals(
    signal: Array, path: str | Path, chain: list[dict[str, Any]], rng: np.random.Generator
) -> tuple[float, Array]:
    """The residual of a real picture, and those of simulated ones at each of `ELECTRONS`.

    A residual is the mean squared difference to the picture without noise, over the values that
    are not clipped.
    """
    clean = _simulate(signal, chain, None, rng)
    usable = (clean > 0) & (clean < 255)

    def residual(picture: NDArray[Any]) -> float:
        return float(np.square(picture - clean)[usable].mean())

    real = residual(read_rgb(path))
    simulated = [
        residual(_simulate(signal, chain, electrons, rng))
        for electrons in np.repeat(ELECTRONS, REPEATS)
    ]
    return real, np.reshape(simulated, (-1, REPEATS)).mean(1)


def _simulate(
    signal: Array, chain: list[dict[str, Any]], electrons: float | None, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The picture with a number of electrons; without photon noise if it is None."""
    parts = [
        {**part, "electrons": electrons} if part["is"] == "noise:photons" else part
        for part in chain
        if electrons is not None or part["is"] != "noise:photons"
    ]
    return read_rgb(develop(signal, parts, rng)).astype(np.float64)


def _invert(residual: float, curve: Array) -> float:
    """The number of electrons at which the curve has the value of the residual.

    Both decrease with the number of electrons; the interpolation is linear in their logarithms.
    """
    order = np.argsort(curve)
    logarithm = np.interp(np.log(residual), np.log(curve[order]), np.log(ELECTRONS[order]))
    return float(np.exp(logarithm))
