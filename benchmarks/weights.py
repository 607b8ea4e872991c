"""Score weights on synthetic and on real scenes: the numbers of respectra/pretrained/CARD.md.

    python benchmarks/weights.py synthetic-varied_srgb mst_plus_plus edsr --real FOLDER

`linear` is fitted to the training scenes of the same data set, seen by the same camera. The real
scenes are photographed with that camera; no training and no choice has used them.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from respectra.camera.observations import Observations
from respectra.camera.observe import make_generator, photograph_cube
from respectra.camera.response import load_response
from respectra.config import Config
from respectra.datasets.folder import read
from respectra.datasets.store import Store
from respectra.metrics import mrae_scale_free, sam
from respectra.model import load_model
from respectra.pictures import read_rgb
from respectra.plans import cells

Array = NDArray[np.floating]
Reconstruct = Callable[[NDArray[np.uint8]], Array]  # (rows, columns, 3) → (bands, rows, columns)
Pair = tuple[NDArray[np.uint8], Array]  # a picture and its true cube


def fit_linear(store: Store, observations: Observations) -> Reconstruct:
    """Fit a 3-by-bands matrix to all training pixels, as the method `linear` does."""
    bands = len(store.wavelengths_nm)
    gram, moment = np.zeros((3, 3)), np.zeros((3, bands))
    for scene in store.scenes("train"):
        rgb = observations.rgb(scene, "unit").reshape(3, -1).astype(np.float64)
        gram += rgb @ rgb.T
        moment += rgb @ store.bands_last(scene).reshape(-1, bands).astype(np.float64)
    matrix = np.linalg.lstsq(gram, moment, rcond=None)[0].T
    return lambda pixels: np.einsum("bc,hwc->bhw", matrix, pixels / 255)


def list_synthetic(store: Store, observations: Observations, split: str) -> Iterator[Pair]:
    """Yield the pictures and cubes of a split."""
    for scene in store.scenes(split):
        yield observations.pixels(scene), store.cube(scene)


def list_real(folder: str, config: Config, camera_name: str) -> Iterator[Pair]:
    """Yield the scenes of a folder, photographed with a camera."""
    camera = config.camera(camera_name)
    for scene in read(folder=folder):
        assert scene.read is not None
        cube, wavelengths = scene.read()
        response = load_response(
            config.root / camera.response.file, wavelengths,
            columns=camera.response.columns, gains=camera.response.gains,
            unit=camera.response.unit,
        )  # fmt: skip
        rng = make_generator(camera.seed, scene.name)
        file = photograph_cube(cube, response, camera.chain, rng)
        yield np.moveaxis(read_rgb(file), 0, -1), cube


def score(reconstruct: Reconstruct, pairs: list[Pair]) -> tuple[Array, Array]:
    """Return the scale-free MRAE and the SAM of every scene."""
    cubes = [(reconstruct(np.ascontiguousarray(pixels)), cube) for pixels, cube in pairs]
    return (
        np.array([mrae_scale_free(result, cube) for result, cube in cubes]),
        np.array([sam(result, cube) for result, cube in cubes]),
    )


def load(method: str, weights: str) -> Reconstruct:
    """Load a network as a function of a picture."""
    model = load_model(method, weights, device="cpu")
    return lambda pixels: model(np.asarray(pixels)).values


def main() -> None:
    """Print a table with a row for each method and set of scenes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("dataset", help="whose training scenes `linear` is fitted to")
    parser.add_argument("methods", nargs="+", help="methods, or METHOD=FILE with other weights")
    parser.add_argument("--real", help="a folder of real cubes with its table scenes.csv")
    options = parser.parse_args()
    config = Config(Path(__file__).parents[1])
    camera = config.dataset(options.dataset).camera
    data = cells.Data(options.dataset)
    store, observations = Store(data.scenes), Observations(data.observations)
    sets = {
        f"synthetic, {split}": list(list_synthetic(store, observations, split))
        for split in ("valid", "test")
    }
    if options.real:
        sets["real"] = list(list_real(options.real, config, camera))
    functions = {"linear": fit_linear(store, observations)}
    for name in options.methods:
        method, _, file = name.partition("=")
        functions[method] = load(method, file or camera)
    print("| scenes | method | scale-free MRAE | SAM (rad) | better than `linear` in SAM |")
    print("| --- | --- | --- | --- | --- |")
    for title, pairs in sets.items():
        reference = score(functions["linear"], pairs)
        for method, function in functions.items():
            errors = reference if method == "linear" else score(function, pairs)
            texts = [f"{e.mean():.3f} ({e.min():.3f} to {e.max():.3f})" for e in errors]
            better = int((errors[1] < reference[1]).sum())
            wins = "" if method == "linear" else f"{better} of {len(pairs)}"
            print(f"| {title} ({len(pairs)}) | {method} | {' | '.join(texts)} | {wins} |")


if __name__ == "__main__":
    main()
