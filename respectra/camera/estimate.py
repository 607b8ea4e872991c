"""What a camera was set to, from its pictures: JPEG quality and photons.

The quality stands in the files. Photon noise mostly does not survive compression, so it is found
by doing the same again: the cubes are photographed with many numbers of electrons, and the number
whose residuals are as large as those of the real pictures is the estimate. What survives are
coefficients that noise pushed over a step of the quantisation; they are few, so a scene of 128×128
says little: a dozen of 482×512 give the number within some 5 %.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from respectra.camera import jpeg
from respectra.camera.observe import develop
from respectra.camera.response import project

Array = NDArray[np.floating]
REPEATS = 3  # photographs averaged at each number of electrons
ELECTRONS = np.geomspace(60, 16_000, 13)  # the numbers tried; each step is a factor of 1.6
DRAWS = 400  # of scenes with replacement, for the interval


@dataclass(frozen=True)
class Estimate:
    """Photons at a signal of 1, with an interval of 95 %, and what the files say of compression."""

    electrons: float
    low: float
    high: float
    qualities: tuple[int, ...]
    scenes: int

    def __str__(self) -> str:
        """The estimate for people."""
        qualities = ", ".join(map(str, self.qualities))
        return (
            f"{self.electrons:.0f} electrons at a signal of 1 "
            f"(95 %: {self.low:.0f} to {self.high:.0f}), quality {qualities}, "
            f"from {self.scenes} scenes"
        )


def quality(path: str | Path) -> int:
    """The quality, 1 to 100, that a baseline JPEG was written with.

    Raises:
        ValueError: the file is no JPEG, or its table is that of no quality.
    """
    jpeg.decode(path)
    with Image.open(path) as picture:
        tables = getattr(picture, "quantization", None)
    if not tables:
        raise ValueError(f"{path}: is no JPEG; only those have a quality")
    found = [q for q in range(1, 101) if _tables(q) == {k: list(v) for k, v in tables.items()}]
    if not found:
        raise ValueError(f"{path}: its quantisation tables are those of no quality")
    return found[-1]


def _tables(asked: int) -> dict[int, list[int]]:
    file = jpeg.compress(np.zeros((3, 16, 16), np.uint8), quality=asked, subsampling="4:2:0")
    with Image.open(io.BytesIO(file)) as picture:
        return {k: list(v) for k, v in picture.quantization.items()}  # type: ignore[attr-defined]


def electrons(
    cubes: Mapping[str, Callable[[], Array]],
    pictures: Mapping[str, str | Path],
    response: Array,
    chain: Sequence[Mapping[str, Any]],
    *,
    seed: int = 0,
) -> Estimate:
    """How many electrons a camera collected, from cubes and the JPEGs it made of them.

    Args:
        cubes: for each scene a function that gives its cube (bands, rows, columns).
        pictures: for each scene its JPEG.
        response: (3, bands).
        chain: the camera's parts; its `noise:photons` is what is estimated, its JPEG quality is
            taken from the files.
        seed: of the photographs made to compare with, and of the interval.

    Raises:
        ValueError: there is no scene, or the chain has no photon noise.
    """
    if not pictures:
        raise ValueError("estimate: there is no picture to look at")
    if not any(part["is"] == "noise:photons" for part in chain):
        raise ValueError("estimate: the camera's chain has no noise:photons to estimate")
    qualities = {scene: quality(path) for scene, path in pictures.items()}
    seen, tried = [], []
    for number, (scene, path) in enumerate(sorted(pictures.items())):
        signal = project(cubes[scene](), response)
        settings = [_with(part, qualities[scene]) for part in chain]
        rng = np.random.default_rng([seed, number])
        clean = _pixels(signal, settings, None, rng)
        used = (clean > 0) & (clean < 255)
        seen.append(_residual(jpeg.decode(path), clean, used))
        made = (_pixels(signal, settings, e, rng) for e in np.repeat(ELECTRONS, REPEATS))
        found = [_residual(picture, clean, used) for picture in made]
        tried.append(np.reshape(found, (-1, REPEATS)).mean(1))
    residuals, curves = np.array(seen), np.array(tried)
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(residuals), size=(DRAWS, len(residuals)))
    spread = [_invert(residuals[d].mean(), curves[d].mean(0)) for d in draws]
    low, high = np.quantile(spread, [0.025, 0.975])
    return Estimate(
        _invert(residuals.mean(), curves.mean(0)),
        float(low),
        float(high),
        tuple(sorted(set(qualities.values()))),
        len(residuals),
    )


def _with(part: Mapping[str, Any], found: int) -> dict[str, Any]:
    return {**part, "quality": found} if part["is"] == "jpeg:compress" else dict(part)


def _pixels(
    signal: Array, chain: list[dict[str, Any]], number: float | None, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The picture with a number of electrons, or without noise."""
    parts = [
        {**part, "electrons": number} if part["is"] == "noise:photons" else part
        for part in chain
        if number is not None or part["is"] != "noise:photons"
    ]
    return jpeg.decode(develop(signal, parts, rng)).astype(np.float64)


def _residual(picture: NDArray[Any], clean: Array, used: NDArray[np.bool_]) -> float:
    """Mean squared difference where nothing is cut off."""
    return float(np.square(picture - clean)[used].mean())


def _invert(residual: float, curve: Array) -> float:
    """The number of electrons at which the curve meets the residual: both fall as it grows."""
    order = np.argsort(curve)
    logarithm = np.interp(np.log(residual), np.log(curve[order]), np.log(ELECTRONS[order]))
    return float(np.exp(logarithm))
