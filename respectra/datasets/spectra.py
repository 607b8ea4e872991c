"""Measured reflectances and lamps, which come with colour-science (BSD-3-Clause)."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
SURFACES = ("cie2017", "cie1995", "cqs")  # groups of surfaces that a data set has by default
LEAST = 1.0e-3  # a varied surface reflects at least so much
WAVES = 4  # cosines along the bands, in a random change of a spectrum
Lights = tuple[str, ...] | tuple[tuple[str, ...], ...]  # names, or families of names


@cache
def reflectances(
    wavelengths_nm: tuple[float, ...], groups: tuple[str, ...] = SURFACES
) -> tuple[Array, Array]:
    """Measured surfaces and their colours in daylight.

    Args:
        wavelengths_nm: the bands' centres.
        groups: any of `cie2017`: the 99 colour evaluation samples of CIE 224:2017 (skin, textiles,
            paints, plastics, prints and natural things, each a measured object); `cie1995`: the
            CIE test colour samples; `cqs`: the 15 samples of the colour quality scale;
            `rawtoaces`: the 190 patches that cameras are characterised with in the Academy's
            rawtoaces; `memory`: the 30 patches of the chart of preferred memory colours;
            `colourchecker`: the 24 patches of a ColorChecker, averaged over 30 charts.

    Returns:
        (surfaces, bands), 0 to 1, and their (a*, b*), (surfaces, 2).

    Raises:
        ValueError: there is no such group.
    """
    measured = [_read_group(group, wavelengths_nm) for group in groups]
    surfaces = np.clip(np.concatenate(measured), 0, 1)
    return surfaces, find_colours(surfaces, wavelengths_nm)


def _read_group(group: str, wavelengths_nm: tuple[float, ...]) -> Array:
    import colour
    from colour.quality.cfi2017 import load_TCS_CIE2017
    from colour.quality.datasets import SDS_TCS, SDS_VS

    tables = {
        "cie2017": lambda: load_TCS_CIE2017(colour.SpectralShape(380, 780, 5)),
        "rawtoaces": colour.characterisation.read_training_data_rawtoaces_v1,
    }
    charts = {
        "cie1995": SDS_TCS["CIE 1995"],
        "cqs": SDS_VS["NIST CQS 9.0"],
        "memory": colour.SDS_COLOURCHECKERS["PMC"],
        "colourchecker": colour.SDS_COLOURCHECKERS["BabelColor Average"],
    }
    if group in tables:
        samples = tables[group]()
        columns = samples.values.T
        return np.stack([np.interp(wavelengths_nm, samples.wavelengths, c) for c in columns])
    if group not in charts:
        names = ", ".join([*tables, *charts])
        raise ValueError(f"surfaces: there is no group {group}; choose some of {names}")
    return np.stack([resample(patch, wavelengths_nm) for patch in charts[group].values()])


def find_colours(surfaces: Array, wavelengths_nm: tuple[float, ...]) -> Array:
    """Return the colours (a*, b*) of surfaces in daylight.

    Args:
        surfaces: (surfaces, bands), 0 to 1.
        wavelengths_nm: the bands' centres.
    """
    import skimage.color

    daylight, observer = _observe(wavelengths_nm)
    tristimulus = (surfaces * daylight) @ observer.T / (observer @ daylight)[1]
    return skimage.color.xyz2lab(tristimulus[None])[0, :, 1:]


@cache
def _observe(wavelengths_nm: tuple[float, ...]) -> tuple[Array, Array]:
    """Daylight, (bands,), and the curves of the standard observer, (3, bands)."""
    import colour

    xyz = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    daylight = resample(colour.SDS_ILLUMINANTS["D65"], wavelengths_nm)
    return daylight, np.stack([np.interp(wavelengths_nm, xyz.wavelengths, c) for c in xyz.values.T])


def vary_surfaces(
    surfaces: Array, rng: np.random.Generator, *, mixing: float, waves: float
) -> Array:
    """Mix surfaces in pairs and change each smoothly, so that none is as it was measured.

    Args:
        surfaces: (surfaces, bands), 0 to 1.
        rng: draws partners, shares and waves.
        mixing: greatest share of the second surface of a pair; the share is uniform.
        waves: the strength of `draw_waves`.

    Returns:
        (surfaces, bands), 0.001 to 1.
    """
    count, bands = surfaces.shape
    share = rng.uniform(0, mixing, (count, 1))
    mixed = (1 - share) * surfaces + share * surfaces[rng.integers(count, size=count)]
    varied = mixed * draw_waves(count, bands, waves, rng)
    return np.maximum(varied / np.maximum(varied.max(1, keepdims=True), 1), LEAST)


def draw_waves(count: int, bands: int, strength: float, rng: np.random.Generator) -> Array:
    """Smooth random curves around 1: exponentials of four cosines of low frequency.

    Args:
        count: of the curves.
        bands: of each curve.
        strength: standard deviation of the amplitude of the slowest cosine, half a period over the
            bands; that of cosine k is divided by k.
        rng: draws the amplitudes.

    Returns:
        (count, bands).
    """
    order = np.arange(1, WAVES + 1)
    amplitudes = strength / order * rng.standard_normal((count, WAVES))
    return np.exp(amplitudes @ np.cos(np.outer(order, np.linspace(0, np.pi, bands))))


@cache
def illuminant(name: str, wavelengths_nm: tuple[float, ...]) -> Array:
    """A measured lamp or a CIE illuminant of colour-science, scaled to a mean of 1.

    Raises:
        ValueError: colour-science has neither of that name.
    """
    import colour

    distribution = colour.SDS_LIGHT_SOURCES.get(name) or colour.SDS_ILLUMINANTS.get(name)
    if distribution is None:
        raise ValueError(f"synthetic: colour-science has no light source {name}")
    power = resample(distribution, wavelengths_nm)
    return power / power.mean()


def draw_lights(
    lights: Lights, wavelengths_nm: tuple[float, ...], rng: np.random.Generator, *, waves: float
) -> Array:
    """Draw the two lights of a scene.

    Args:
        lights: names, of which two different ones are drawn; or families of names, each equally
            likely, from which each light is drawn in turn.
        wavelengths_nm: the bands' centres.
        rng: draws the lights and their waves.
        waves: strength of the `draw_waves` that each light is multiplied by; 0 draws none.

    Returns:
        (2, bands), each with a mean of 1.
    """
    if isinstance(lights[0], str):
        names = list(rng.choice(lights, 2, replace=False))
    else:
        names = [rng.choice(lights[rng.integers(len(lights))]) for _ in range(2)]
    powers = np.stack([illuminant(str(name), wavelengths_nm) for name in names])
    if waves:
        powers = powers * draw_waves(2, len(wavelengths_nm), waves, rng)
        powers /= powers.mean(1, keepdims=True)
    return powers


def resample(distribution, wavelengths_nm: Sequence[float]) -> Array:  # type: ignore[no-untyped-def]
    """Interpolate a spectral distribution of colour-science at the bands' centres."""
    return np.interp(wavelengths_nm, distribution.wavelengths, distribution.values)
