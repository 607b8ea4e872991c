"""Scenes of measured reflectances under measured light, laid out as photographs are.

No download: the spectra come with colour-science (BSD-3-Clause), the photographs with scikit-image
(BSD-3-Clause; the photographs are public domain or CC0). A photograph gives a scene its shapes, its
brightness and its texture; its colours only choose among the surfaces. No camera is involved.
docs/synthetic.md compares the statistics of these scenes with those of real ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2
from scipy.ndimage import gaussian_filter

from respectra.arguments import Count, Fraction, NotNegative, Whole
from respectra.datasets.scenes import Scene
from respectra.datasets.spectra import (
    SURFACES,
    Lights,
    draw_lights,
    find_colours,
    illuminant,
    reflectances,
    resample,
    vary_surfaces,
)

Array = NDArray[np.floating]
FLOOR = 1.0e-4  # stray light: no band of a real scene is black
CONTRAST = (0.5, 1.0)  # least and greatest, unless a data set states others
CREVICES = 0.001  # share of the pixels that little light reaches
GREY_WORLD = 0.5  # share of a photograph's mean colour that is taken away
SATURATION = 1.6  # of the surfaces, relative to the photograph's colours, unless it is drawn
SHRINK = 2  # rows of a photograph per row of a scene


@dataclass(frozen=True)
class Variety:
    """What the surfaces and the lights of a scene are drawn from.

    Attributes:
        lights: illuminants, or families of them.
        surfaces: groups of measured surfaces, see `reflectances`.
        saturation: the least and the greatest saturation of a scene.
        contrast: the least and the greatest contrast of a scene, see `make_scenes`.
        mixing, surface_waves: of `vary_surfaces`; with 0 and 0 surfaces are as they were measured.
        light_waves: strength of `draw_waves`; with 0 every light is as it was measured.
    """

    lights: Lights
    surfaces: tuple[str, ...] = SURFACES
    saturation: tuple[float, float] = (SATURATION, SATURATION)
    contrast: tuple[float, float] = CONTRAST
    mixing: float = 0.0
    surface_waves: float = 0.0
    light_waves: float = 0.0


def make_scenes(
    *,
    photographs: Mapping[str, Mapping[str, Count]],
    lights: Sequence[str] | Mapping[str, Sequence[str]],
    chart_lights: Mapping[str, str],
    size: Count,
    seed: Whole,
    surfaces: Sequence[str] = SURFACES,
    saturation: tuple[NotNegative, NotNegative] = (SATURATION, SATURATION),
    contrast: tuple[NotNegative, NotNegative] = CONTRAST,
    mixing: Fraction = 0.0,
    surface_waves: NotNegative = 0.0,
    light_waves: NotNegative = 0.0,
    wavelengths_nm: Sequence[float],
) -> list[Scene]:
    """The synthetic data set.

    Args:
        photographs: for each split, the number of scenes laid out as each photograph. A photograph
            belongs to one split, so that no two splits share a layout.
        lights: illuminants by their names in colour-science, equally likely; or families of them,
            by any names: families are equally likely, and the lights within each.
        chart_lights: for each further split, the lamp above a colour chart that no other scene has.
        size: rows and columns of a scene.
        seed: the same seed gives the same bytes.
        surfaces: groups of measured surfaces, see `respectra.datasets.spectra.reflectances`.
        saturation: the least and the greatest; each scene's is drawn between them.
        contrast: the least and the greatest standard deviation of the logarithm of brightness,
            before the brightest places are toned down; each scene's is drawn between them.
        mixing: greatest share of a second surface that each surface of a scene is mixed with.
        surface_waves: strength of a smooth random change of each surface of a scene.
        light_waves: the same of each light.
        wavelengths_nm: the bands' centres, 400 to 700 nm.

    Returns:
        Scenes of (bands, size, size), radiance, scaled to a maximum of 1.
    """
    scenes: list[Scene] = []
    wavelengths = tuple(wavelengths_nm)
    families: Lights = tuple(lights)
    if isinstance(lights, Mapping):
        families = tuple(tuple(names) for names in lights.values())
    variety = Variety(
        families, tuple(surfaces), saturation, contrast, mixing, surface_waves, light_waves
    )
    for split, counts in photographs.items():
        for photograph, count in counts.items():
            for i in range(count):
                draw = [seed, len(scenes)]
                read = partial(render_scene, photograph, variety, size, draw, wavelengths)
                scenes.append(Scene(f"{photograph}_{i + 1:02d}", split, read))
    for split, lamp in chart_lights.items():
        read = partial(render_chart, lamp, size, [seed, len(scenes)], wavelengths)
        scenes.append(Scene(f"chart_{split}", split, read))
    return scenes


def render_scene(
    photograph: str,
    variety: Variety,
    size: int,
    seed: list[int],
    wavelengths_nm: tuple[float, ...],
) -> tuple[Array, list[float]]:
    """A window of a photograph, its regions made of measured surfaces under two measured lights.

    Args:
        photograph: its name in `skimage.data`.
        variety: what the surfaces, the key light and the fill light are drawn from.
        size: rows and columns.
        seed: numbers that the scene's randomness comes from.
        wavelengths_nm: the bands' centres.

    Returns:
        The cube, (bands, size, size) with a maximum of 1, and the wavelengths.
    """
    rng = np.random.default_rng(seed)
    window = _crop_window(_read_photograph(photograph), size, rng)
    angle_rad = rng.uniform(0, 2 * np.pi)
    least, greatest = variety.saturation
    saturation = rng.uniform(least, greatest) if least < greatest else least
    lightness = window[..., 0]
    chroma = _rotate_hues(window[..., 1:], angle_rad, saturation)
    surfaces, colours = reflectances(wavelengths_nm, variety.surfaces)
    if variety.mixing or variety.surface_waves:
        surfaces = vary_surfaces(surfaces, rng, mixing=variety.mixing, waves=variety.surface_waves)
        colours = find_colours(surfaces, wavelengths_nm)
    regions = _segment(window, rng)
    reflectance = _lay_surfaces(lightness, chroma, regions, surfaces, colours, rng)

    # The fill light reaches everything, but dark places receive little else.
    key, fill = draw_lights(variety.lights, wavelengths_nm, rng, waves=variety.light_waves)
    darkness = (np.median(lightness) - gaussian_filter(lightness, 3)) / 100
    drift = _draw_drift(lightness.shape, rng)
    shadow = np.clip(0.2 + 0.5 * darkness + 0.15 * drift, 0.02, 0.7)[..., None]
    light = (1 - shadow) * key + shadow * fill

    # Highlights have the spectrum of the key light, whatever the surface.
    gloss = np.clip((lightness - np.quantile(lightness, 0.985)) / 15, 0, 1)[..., None] ** 2
    spectra = (1 - gloss) * reflectance * light + gloss * key
    brightness = _draw_brightness(lightness, variety.contrast, rng)
    return _expose(brightness[..., None] * spectra), list(wavelengths_nm)


def _draw_brightness(
    lightness: Array, contrast: tuple[float, float], rng: np.random.Generator
) -> Array:
    """The photograph's brightness at another contrast, unevenly lit, black in a few crevices.

    Lamps in a photograph are toned down, because the brightest value of a scene becomes 1.
    """
    logarithm = np.log(((lightness + 16) / 116) ** 3 + 0.01)
    deviations = (logarithm - logarithm.mean()) / logarithm.std()
    brightness = np.exp(rng.uniform(*contrast) * 2 * np.tanh(deviations / 2))
    depth = gaussian_filter(lightness, 2) - lightness
    crevice = depth > np.quantile(depth, 1 - CREVICES)
    brightness[crevice] = brightness.min() / 4
    return brightness * (1 + 0.2 * _draw_drift(lightness.shape, rng))


def render_chart(
    lamp: str, size: int, seed: list[int], wavelengths_nm: tuple[float, ...]
) -> tuple[Array, list[float]]:
    """The 24 patches of a colour chart on a dark board, unevenly lit by one lamp.

    Args:
        lamp: its name in colour-science.
        size: rows and columns.
        seed: numbers that the scene's randomness comes from.
        wavelengths_nm: the bands' centres.

    Returns:
        The cube, (bands, size, size) with a maximum of 1, and the wavelengths.
    """
    rng = np.random.default_rng(seed)
    import colour

    chart = colour.SDS_COLOURCHECKERS["BabelColor Average"]
    patches = np.stack([resample(distribution, wavelengths_nm) for distribution in chart.values()])
    board = np.full((size, size, len(wavelengths_nm)), 0.06)
    step, gap = size // 6, size // 64
    top = (size - 4 * step) // 2
    for i, patch in enumerate(patches):
        row, column = top + (i // 6) * step, (i % 6) * step
        board[row + gap : row + step - gap, column + gap : column + step - gap] = patch
    board *= 1 + 0.01 * rng.standard_normal((size, size, 1))
    uneven = 1 + 0.25 * _draw_drift((size, size), rng)
    radiance = board * illuminant(lamp, wavelengths_nm) * uneven[..., None]
    return _expose(radiance), list(wavelengths_nm)


def _lay_surfaces(
    lightness: Array,
    chroma: Array,
    regions: Array,
    surfaces: Array,
    colours: Array,
    rng: np.random.Generator,
) -> Array:
    """Spectral reflectances, (rows, columns, bands), each with a mean of 1 over the bands.

    Every region has two surfaces near its colour; texture and a slow drift mix them.
    """
    surfaces = surfaces / surfaces.mean(1, keepdims=True)
    texture = lightness - gaussian_filter(lightness, 2)
    mixture = 0.5 + texture / 15 + 0.35 * _draw_drift(lightness.shape, rng)
    mixture = np.clip(mixture, 0, 1)[..., None]
    reflectance = np.zeros((*lightness.shape, surfaces.shape[1]))
    for share in np.moveaxis(regions, -1, 0)[..., None]:
        colour = (share * chroma).sum((0, 1)) / max(share.sum(), 1e-9)
        nearest = np.argsort(np.linalg.norm(colours - colour, axis=1))[:3]
        first, second = surfaces[rng.choice(nearest, 2, replace=False)]
        reflectance += share * (mixture * first + (1 - mixture) * second)
    return reflectance


def _segment(window: Array, rng: np.random.Generator, count: int = 9) -> Array:
    """Memberships (rows, columns, count) of regions of similar colour, mixed at their edges.

    A majority vote of each pixel's neighbours removes the outlines that the colours between two
    regions would form.
    """
    smooth = gaussian_filter(window, (0.7, 0.7, 0)).reshape(-1, 3) * [0.4, 1, 1]
    _, label = kmeans2(smooth, count, minit="++", seed=rng)
    votes = gaussian_filter(np.eye(count)[label].reshape(*window.shape[:2], count), (1.5, 1.5, 0))
    return gaussian_filter(np.eye(count)[votes.argmax(-1)], (0.6, 0.6, 0))


def _expose(radiance: Array) -> NDArray[np.float32]:
    """(rows, columns, bands) → (bands, rows, columns) with a maximum of 1."""
    scaled = np.maximum(radiance / radiance.max(), FLOOR)
    return np.moveaxis(scaled, -1, 0).astype(np.float32)


def _crop_window(photograph: Array, size: int, rng: np.random.Generator) -> Array:
    """A square of a photograph, shrunk, mirrored in half of the cases."""
    side = SHRINK * size
    row = rng.integers(photograph.shape[0] - side + 1)
    column = rng.integers(photograph.shape[1] - side + 1)
    window = photograph[row : row + side, column : column + side]
    blocks = window.reshape(size, SHRINK, size, SHRINK, -1).mean((1, 3))
    return blocks[:, ::-1] if rng.random() < 0.5 else blocks


def _rotate_hues(chroma: Array, angle_rad: float, saturation: float) -> Array:
    """Other hues for all regions: few photographs, but surfaces of every colour.

    The mean colour moves towards grey, where the mean of a scene with many objects is.
    """
    balanced = saturation * (chroma - GREY_WORLD * chroma.mean((0, 1)))
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    return balanced @ np.array([[cosine, sine], [-sine, cosine]])


def _draw_drift(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """A slow change over the picture, about −1 to 1."""
    noise = gaussian_filter(rng.standard_normal(shape), shape[0] / 8, mode="wrap")
    return noise / np.abs(noise).max()


@cache
def _read_photograph(name: str) -> Array:
    """A photograph as CIE L*a*b*."""
    import skimage.color
    import skimage.data

    if not hasattr(skimage.data, name):
        raise ValueError(f"synthetic: scikit-image has no photograph {name}")
    return skimage.color.rgb2lab(getattr(skimage.data, name)()[..., :3])
