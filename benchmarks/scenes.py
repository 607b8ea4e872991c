"""Compute statistics of the scenes of stored data sets: the numbers of docs/synthetic.md.

    snakemake --cores all results/camera/synthetic/scenes.csv
    python benchmarks/scenes.py synthetic

A statistic is computed for each scene and averaged over scenes, so that all scenes have the same
weight.
"""

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from respectra.camera.observations import Observations
from respectra.controls import linear
from respectra.datasets.store import Store
from respectra.metrics import mrae_scale_free, sam
from respectra.plans import cells

Array = NDArray[np.floating]
STATISTICS = {
    "linear_sam": "SAM of `linear`, fitted to the training scenes (rad)",
    "linear_mrae": "scale-free MRAE of `linear`, fitted to the training scenes",
    "scene_linear_sam": "SAM of `linear`, fitted to the scored scene itself (rad)",
    "variance_1": "variance in 1 principal component, all scenes",
    "variance_3": "variance in 3 principal components, all scenes",
    "variance_6": "variance in 6 principal components, all scenes",
    "scene_variance_3": "variance in 3 principal components, within a scene",
    "light_spread": "angle between the mean spectra of two scenes (rad)",
    "surface_spread": "angle between two random spectra of a scene (rad)",
    "neighbour_angle": "angle between neighbouring spectra (rad)",
    "brightness_correlation": "correlation of neighbouring pixels, brightness",
    "colour_correlation": "correlation of neighbouring pixels, colour",
    "power_slope": "slope of the brightness' power spectrum",
    "contrast": "standard deviation of log brightness",
    "roughness": "second difference along the bands, relative",
}


def measure(store: Store, observations: Observations, split: str = "valid") -> dict[str, Array]:
    """Return every statistic of a data set, one value per scene, pair of scenes or data set.

    Args:
        store: the stored cubes.
        observations: what the camera recorded of them.
        split: the scenes that `linear` is scored on; it is fitted to split `train`.
    """
    names = [row["scene"] for row in store.rows if row["split"] in ("train", split)]
    cubes = {name: store.cube(name).astype(np.float64) for name in names}
    rng = np.random.default_rng(0)
    samples = [sample_spectra(cube, rng) for cube in cubes.values()]
    scenes = [
        {**describe_texture(cube), **describe_spectra(cube, sample)}
        for cube, sample in zip(cubes.values(), samples, strict=True)
    ]
    scored = [
        {
            "linear_sam": sam(cube, cubes[name]),
            "linear_mrae": mrae_scale_free(cube, cubes[name]),
            "scene_linear_sam": score_scene_linear(observations.rgb(name, "unit"), cubes[name]),
        }
        for name, cube in linear(store, observations, split)
    ]
    shares = explained_variance(np.concatenate(samples, axis=1))
    whole = [{f"variance_{count}": shares[count - 1] for count in (1, 3, 6)}]
    means = [cube.mean((1, 2)) for cube in cubes.values()]
    pairs = [{"light_spread": float(angle(*pair))} for pair in combinations(means, 2)]
    groups = (scored, scenes, whole, pairs)
    return {
        name: np.array([numbers[name] for group in groups for numbers in group if name in numbers])
        for name in STATISTICS
    }


def sample_spectra(cube: Array, rng: np.random.Generator, count: int = 4000) -> Array:
    """Draw random spectra of a scene, (bands, count), relative to the scene's mean."""
    spectra = cube.reshape(len(cube), -1)
    return spectra[:, rng.choice(spectra.shape[1], count)] / cube.mean()


def score_scene_linear(rgb: Array, cube: Array) -> float:
    """Return the SAM of the 3-by-bands matrix that fits a scene best."""
    colours, spectra = rgb.reshape(3, -1).astype(np.float64), cube.reshape(len(cube), -1)
    return sam((spectra @ np.linalg.pinv(colours) @ colours).reshape(cube.shape), cube)


def describe_texture(cube: Array) -> dict[str, float]:
    """Describe how brightness and colour change between neighbouring pixels."""
    brightness = np.log(cube.mean(0))
    colour = np.log(cube[-10:].mean(0) / cube[:10].mean(0))
    return {
        "neighbour_angle": float(angle(cube[:, :, 1:], cube[:, :, :-1]).mean()),
        "brightness_correlation": neighbour_correlation(brightness),
        "colour_correlation": neighbour_correlation(colour),
        "power_slope": power_slope(brightness),
        "contrast": float(brightness.std()),
    }


def describe_spectra(cube: Array, sample: Array) -> dict[str, float]:
    """Describe how much the spectra of one scene differ, and how rough they are."""
    mean = cube.mean((1, 2))
    return {
        "scene_variance_3": explained_variance(sample)[2],
        "surface_spread": float(angle(sample[:, ::2], sample[:, 1::2]).mean()),
        "roughness": float(np.abs(np.diff(mean, 2)).mean() / mean.mean()),
    }


def angle(first: Array, second: Array) -> Array:
    """Return the angle between spectra that lie along the first axis, in radians."""
    norms = np.linalg.norm(first, axis=0) * np.linalg.norm(second, axis=0)
    return np.arccos(np.clip((first * second).sum(0) / norms, -1, 1))


def explained_variance(spectra: Array) -> list[float]:
    """Return the share of the variance of (bands, pixels) in the first components, cumulated."""
    values = np.linalg.eigvalsh(np.cov(spectra))[::-1]
    return list(np.cumsum(values) / values.sum())


def neighbour_correlation(image: Array) -> float:
    """Return the correlation between pixels that are neighbours in a row or in a column."""
    across = np.corrcoef(image[:, 1:].ravel(), image[:, :-1].ravel())[0, 1]
    down = np.corrcoef(image[1:].ravel(), image[:-1].ravel())[0, 1]
    return float((across + down) / 2)


def power_slope(image: Array) -> float:
    """Return the exponent of the radial power spectrum.

    It is fitted from 3 periods per side to half of the Nyquist frequency.
    """
    side = min(image.shape)
    window = np.outer(np.hanning(side), np.hanning(side))
    square = image[:side, :side]
    power = np.abs(np.fft.fft2((square - square.mean()) * window)) ** 2
    frequency = np.fft.fftfreq(side) * side
    radius = np.hypot(*np.meshgrid(frequency, frequency)).round().astype(int)
    radial = np.bincount(radius.ravel(), power.ravel()) / np.bincount(radius.ravel())
    band = np.arange(3, side // 4)
    return float(np.polyfit(np.log(band), np.log(radial[band]), 1)[0])


def main() -> None:
    """Print a table with a column for each data set: the mean and the range over scenes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "datasets", nargs="+", help="names of data sets that are stored and photographed"
    )
    parser.add_argument(
        "--results", type=Path, default=Path(cells.RESULTS), help="the folder of all products"
    )
    parser.add_argument("--split", default="valid", help="the scenes that `linear` is scored on")
    options = parser.parse_args()
    columns = [
        measure(
            Store(options.results / "datasets" / name / "scenes.csv"),
            Observations(options.results / "camera" / name / "observations"),
            options.split,
        )
        for name in options.datasets
    ]
    print(f"| | {' | '.join(options.datasets)} |")
    print(f"| --- |{' --- |' * len(columns)}")
    for key, title in STATISTICS.items():
        numbers = [
            f"{values.mean():.3f}"
            + (f" ({values.min():.3f} to {values.max():.3f})" if len(values) > 1 else "")
            for values in (column[key] for column in columns)
        ]
        print(f"| {title} | {' | '.join(numbers)} |")


if __name__ == "__main__":
    main()
