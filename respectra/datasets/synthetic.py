"""Scenes from measured reflectances under measured light, laid out as real photographs are.

No download: the spectra come with colour-science (BSD-3-Clause), the photographs with scikit-image
(BSD-3-Clause; the photographs are public domain or CC0). A photograph lends its shapes, shading and
texture; its colours only choose among the surfaces. Nothing here knows a camera.
"""

from collections.abc import Mapping, Sequence
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2
from scipy.ndimage import gaussian_filter

from respectra.datasets.illumination import illuminate
from respectra.datasets.scenes import Scene

Array = NDArray[np.floating]
FLOOR = 1.0e-4  # stray light: no band of a real scene is black


def make(
    *,
    photographs: Mapping[str, Mapping[str, int]],
    lights: Sequence[str],
    chart_lights: Mapping[str, str],
    size: int,
    seed: int,
    wavelengths_nm: Sequence[float],
) -> list[Scene]:
    """The synthetic data set.

    Args:
        photographs: for each split, how many scenes are laid out as which photograph. A photograph
            belongs to one split, so that no layout is seen twice.
        lights: measured illuminants to draw from, by their names in colour-science.
        chart_lights: for each further split, the lamp above a colour chart that no other scene has.
        size: rows and columns of a scene.
        seed: the same seed gives the same bytes.
        wavelengths_nm: the bands' centres, 400 to 700 nm.

    Returns:
        Scenes of (bands, size, size), radiance, scaled to a maximum of 1.
    """
    scenes: list[Scene] = []
    for split, counts in photographs.items():
        for photograph, count in counts.items():
            for i in range(count):
                number = len(scenes)
                draw = partial(
                    _scene, photograph, tuple(lights), size, [seed, number], tuple(wavelengths_nm)
                )
                scenes.append(Scene(f"{photograph}_{i + 1:02d}", split, draw))
    for split, light in chart_lights.items():
        draw = partial(_chart, light, size, [seed, len(scenes)], tuple(wavelengths_nm))
        scenes.append(Scene(f"chart_{split}", split, draw))
    return scenes


def _scene(
    photograph: str,
    lights: tuple[str, ...],
    size: int,
    seed: list[int],
    wavelengths_nm: tuple[float, ...],
) -> tuple[Array, list[float]]:
    """Materials, mixtures, shading, two lights and highlights, rendered twice as fine as stored."""
    rng = np.random.default_rng(seed)
    picture = _window(_photograph(photograph), 2 * size, rng)
    lightness, chroma = picture[..., 0], _turned(picture[..., 1:], rng.uniform(0, 2 * np.pi))
    weights = _materials(picture, rng)

    # Each material has two surfaces near its colour; texture and a slow drift mix them.
    surfaces, colours = reflectances(wavelengths_nm)
    detail = lightness - gaussian_filter(lightness, 4)
    mix = 0.5 + detail / 20 + 0.35 * _drift(lightness.shape, rng)
    mix = np.clip(mix, 0, 1)[..., None]
    reflectance = np.zeros((*lightness.shape, len(wavelengths_nm)))
    for material in range(weights.shape[-1]):
        share = weights[..., material, None]
        colour = (share * chroma).sum((0, 1)) / max(share.sum(), 1e-9)
        nearest = np.argsort(np.linalg.norm(colours - colour, axis=1))[:12]
        one, other = surfaces[rng.choice(nearest, 2, replace=False)]
        reflectance += share * (mix * one + (1 - mix) * other)

    # Shading follows the photograph within each material; the shadows see more of the second light.
    linear = ((gaussian_filter(lightness, 1) + 16) / 116) ** 3
    level = (weights * ((weights * linear[..., None]).sum((0, 1)) / weights.sum((0, 1)))).sum(-1)
    shading = np.clip(linear / np.maximum(level, 1e-3), 0.15, 2.5) * (
        1 + 0.3 * _drift(linear.shape, rng)
    )
    key, fill = (illuminant(name, wavelengths_nm) for name in rng.choice(lights, 2, replace=False))
    shadow = np.clip(0.35 - 0.25 * (shading - 1) + 0.2 * _drift(linear.shape, rng), 0.05, 0.8)
    light = (1 - shadow)[..., None] * key + shadow[..., None] * fill

    # Highlights are mirror images of the key light, where the photograph has its own.
    gloss = np.clip((lightness - np.quantile(lightness, 0.985)) / 15, 0, 1) ** 2
    highlight = 1.5 * gaussian_filter(gloss, 1)[..., None] * key
    radiance = shading[..., None] * reflectance * light + highlight
    return _stored(radiance), list(wavelengths_nm)


def _chart(
    light: str, size: int, seed: list[int], wavelengths_nm: tuple[float, ...]
) -> tuple[Array, list[float]]:
    """The 24 patches of a colour chart on a dark board, unevenly lit by one lamp."""
    rng = np.random.default_rng(seed)
    import colour

    chart = colour.SDS_COLOURCHECKERS["BabelColor Average"]
    patches = np.stack([_sampled(sd, wavelengths_nm) for sd in chart.values()])
    fine = 2 * size
    board = np.full((fine, fine, len(wavelengths_nm)), 0.04)
    step, gap = fine // 6, fine // 40
    top = (fine - 4 * step) // 2
    for i, patch in enumerate(patches):
        row, column = top + (i // 6) * step, (i % 6) * step
        board[row + gap : row + step - gap, column + gap : column + step - gap] = patch
    board *= 1 + 0.02 * rng.standard_normal((fine, fine, 1))
    uneven = 1 + 0.25 * _drift((fine, fine), rng)
    lit = illuminate(np.moveaxis(board, -1, 0), illuminant(light, wavelengths_nm))
    return _stored(np.moveaxis(lit, 0, -1) * uneven[..., None]), list(wavelengths_nm)


def _stored(radiance: Array) -> NDArray[np.float32]:
    """Half as fine, so that edges mix; scaled to 1; (bands, rows, columns)."""
    rows, columns, bands = radiance.shape
    mean = radiance.reshape(rows // 2, 2, columns // 2, 2, bands).mean((1, 3))
    mean = np.maximum(mean / mean.max(), FLOOR)
    return np.moveaxis(mean, -1, 0).astype(np.float32)


def _window(photograph: Array, size: int, rng: np.random.Generator) -> Array:
    """A square of a photograph, perhaps mirrored."""
    row = rng.integers(photograph.shape[0] - size + 1)
    column = rng.integers(photograph.shape[1] - size + 1)
    window = photograph[row : row + size, column : column + size]
    return window[:, ::-1] if rng.random() < 0.5 else window


def _turned(chroma: Array, angle_rad: float) -> Array:
    """Another hue for every region: few photographs, but surfaces of every colour."""
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    return chroma @ np.array([[cosine, sine], [-sine, cosine]])


def _materials(picture: Array, rng: np.random.Generator, count: int = 9) -> Array:
    """Soft memberships (rows, columns, count) of regions of like colour."""
    smooth = gaussian_filter(picture, (1.5, 1.5, 0)).reshape(-1, 3) * [0.4, 1, 1]
    _, label = kmeans2(smooth, count, minit="++", seed=rng)
    hard = np.eye(count)[label].reshape(*picture.shape[:2], count)
    return gaussian_filter(hard, (0.8, 0.8, 0))


def _drift(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """A slow change over the picture, about −1 to 1."""
    noise = gaussian_filter(rng.standard_normal(shape), shape[0] / 8, mode="wrap")
    return noise / np.abs(noise).max()


@cache
def _photograph(name: str) -> Array:
    """A photograph as CIE L*a*b*."""
    import skimage.color
    import skimage.data

    if not hasattr(skimage.data, name):
        raise ValueError(f"synthetic: scikit-image has no photograph {name}")
    return skimage.color.rgb2lab(getattr(skimage.data, name)()[..., :3])


@cache
def reflectances(wavelengths_nm: tuple[float, ...]) -> tuple[Array, Array]:
    """Measured surfaces and their colours in daylight.

    The 99 colour evaluation samples of CIE 224:2017 (skin, textiles, paints, plastics, prints and
    natural things, each a measured object), the CIE test colour samples and the 15 samples of the
    colour quality scale.

    Returns:
        (surfaces, bands), 0 to 1, and their (a*, b*), (surfaces, 2).
    """
    import colour
    import skimage.color
    from colour.quality.cfi2017 import load_TCS_CIE2017
    from colour.quality.datasets import SDS_TCS, SDS_VS

    samples = load_TCS_CIE2017(colour.SpectralShape(380, 780, 5))
    measured = [
        np.interp(wavelengths_nm, samples.wavelengths, column) for column in samples.values.T
    ]
    for group in (SDS_TCS["CIE 1995"], SDS_VS["NIST CQS 9.0"]):
        measured += [_sampled(sd, wavelengths_nm) for sd in group.values()]
    surfaces = np.clip(np.stack(measured), 0, 1)
    xyz = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    daylight = _sampled(colour.SDS_ILLUMINANTS["D65"], wavelengths_nm)
    observer = np.stack([np.interp(wavelengths_nm, xyz.wavelengths, c) for c in xyz.values.T])
    white = observer @ daylight
    tristimulus = (surfaces * daylight) @ observer.T / white[1]
    return surfaces, skimage.color.xyz2lab(tristimulus[None])[0, :, 1:]


@cache
def illuminant(name: str, wavelengths_nm: tuple[float, ...]) -> Array:
    """A measured light source of colour-science, scaled to a mean of 1.

    Raises:
        ValueError: there is none of that name.
    """
    import colour

    found = colour.SDS_LIGHT_SOURCES.get(name)
    if found is None:
        raise ValueError(f"synthetic: colour-science has no light source {name}")
    power = _sampled(found, wavelengths_nm)
    return power / power.mean()


def _sampled(distribution, wavelengths_nm: Sequence[float]) -> Array:  # type: ignore[no-untyped-def]
    return np.interp(wavelengths_nm, distribution.wavelengths, distribution.values)
